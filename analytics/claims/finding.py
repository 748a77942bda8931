"""The record of one contradiction among printed numbers. Rules that make it live in the `*_rules` modules."""

from __future__ import annotations

from dataclasses import dataclass

ERROR = "error"  # no single analysis can have produced these numbers
WARNING = "warning"  # unusual, but a different test or crossing curves could explain it
NOTE = "note"  # explained by what the claim declares, worth knowing when it is recomputed


@dataclass(frozen=True)
class ConsistencyFinding:
    """A contradiction: the claims it speaks against, the claims it was derived from, and a plain sentence.

    `claim_ids` are those whose printed value cannot stand as it is; `related_claim_ids` are the others that
    took part (the parts of a sum, the rates behind a P) and are not put in doubt one by one.
    """

    rule_id: str
    severity: str
    claim_ids: tuple[str, ...]
    related_claim_ids: tuple[str, ...]
    sentence: str

    @property
    def finding_id(self) -> str:
        """Stable id: rule and the claims it speaks against, then those it was derived from."""
        return ":".join((self.rule_id, "+".join(self.claim_ids), "+".join(self.related_claim_ids))).rstrip(
            ":"
        )
