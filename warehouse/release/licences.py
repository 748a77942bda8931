"""Which cohorts and references may be given to others, by the words of their licences.

A licence is a text of the catalogue: parts with semicolons between them, each about a part of the files. All must
be free for the whole to leave: one part of which nobody has said under which licence it is holds the cohort back, until
a person says that it may leave, and why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingestion.errors import IngestionError

#: Licences under which data may be passed on with their terms.
_FREE = re.compile(
    r"\b(ODbL|PDDL|ODC-By|CC0|CC[ -]BY(?:[ -]SA)?(?![ -]N)|public domain|Apache|BSD|MIT|L?GPL|GDC open access)\b"
    r"|\bGPL-",
    re.IGNORECASE,
)
#: Terms that forbid to pass on, or to pass on what was changed: harmonised tables are.
_FORBIDS = re.compile(
    r"\bNC\b|\bND\b|non-?commercial|no-?deriv|all rights reserved|academic use", re.IGNORECASE
)
#: Words of a part of which no licence is known, whatever else stands in it.
_NOT_KNOWN = re.compile(
    r"no licence stated|not stated|supplement|published (studies|papers)|unknown|request", re.IGNORECASE
)


class ReleaseError(IngestionError):
    """Nothing may be released, or not as asked."""


@dataclass(frozen=True)
class Gate:
    """Whether what one owner (a cohort or a reference) brought may leave.

    Attributes
    ----------
    owner_id : cohort or reference.
    may_leave : its rows are in the release.
    why : one sentence.
    """

    owner_id: str
    licence: str
    may_leave: bool
    why: str


def gates(licences: Mapping[str, str], included: Mapping[str, str]) -> tuple[Gate, ...]:
    """What may leave, by owner.

    Parameters
    ----------
    licences : owner -> words of its licence.
    included : owner of unknown licence -> why it may leave all the same.

    Raises
    ------
    ReleaseError
        ``included`` names nobody of the version, one whose licence forbids it, or gives no reason.
    """
    for owner_id, reason in included.items():
        if owner_id not in licences:
            raise ReleaseError(
                f"no cohort or reference of this version is called '{owner_id}'",
                where="--include",
                remedy='icb sql "select cohort_id, licence from marts.cohorts" lists them',
            )
        if _FORBIDS.search(licences[owner_id]):
            raise ReleaseError(
                f"the licence of {owner_id} forbids it ({licences[owner_id]})",
                where="--include",
                remedy="leave it out; others can build it from its source",
            )
        if not reason.strip():
            raise ReleaseError(
                f"nobody says why {owner_id} may leave", where="--include", remedy="write 'cohort: reason'"
            )
    return tuple(_gate(owner, licences[owner], included.get(owner)) for owner in sorted(licences))


def _gate(owner_id: str, licence: str, reason: str | None) -> Gate:
    parts = [part.strip() for part in licence.split(";") if part.strip()]
    if any(_FORBIDS.search(part) for part in parts):
        return Gate(owner_id, licence, False, "Its licence forbids to pass on harmonised tables.")
    unknown = _unknown(parts)
    if not unknown:
        return Gate(owner_id, licence, True, "Its licence allows it, with its terms.")
    if reason is not None:
        return Gate(owner_id, licence, True, f"Included by hand: {reason.strip().rstrip('.')}.")
    return Gate(owner_id, licence, False, f"No licence is known of: {', '.join(unknown) or 'all of it'}.")


def _unknown(parts: Sequence[str]) -> list[str]:
    if not parts:
        return ["all of it"]
    return [part for part in parts if _NOT_KNOWN.search(part) or not _FREE.search(part)]
