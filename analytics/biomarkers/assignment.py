"""What comes out: which sample is in which group or has which value, and why a sample is in none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analytics.biomarkers.groups import Contrast, Group, contrasts_of

#: Of a sample: its group or value is known; it was looked at and cannot be judged; it was not looked at.
KNOWN, UNDETERMINED, NOT_PROFILED = "known", "undetermined", "not_profiled"

#: Columns of :attr:`Assignment.rows`.
COLUMNS = (
    "cohort_id", "sample_id", "group", "value", "status", "status_reason", "not_looked_at", "n_own_mutations",
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """Groups, or a number and what one step of it is, e.g. 'per standard deviation within cohort'."""

    kind: Literal["groups", "continuous"]
    unit: str | None = None


@dataclass(frozen=True)
class Assignment:
    """A biomarker over samples.

    Attributes
    ----------
    biomarker : its canonical text, names as the warehouse has them.
    label : for people.
    groups : reference first; empty for a continuous biomarker.
    scale : groups, or the unit of the values.
    rows : one row a sample, :data:`COLUMNS`. ``group`` is the key of a group and null unless ``status`` is known;
        ``value`` is a number where the scale is continuous; ``status_reason`` says why a status is not known;
        ``not_looked_at`` which part was not looked at, also where the others decide;
        ``n_own_mutations`` counts the calls of the sample that the biomarker asks for, each once: they are taken out
        of the burden that it is adjusted for.
    genes : the genes whose calls, copy number or expression it reads, sorted.
    notes : sentences for whoever reads the result.
    """

    biomarker: str
    label: str
    groups: tuple[Group, ...]
    scale: Scale
    rows: pd.DataFrame
    genes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def reference(self) -> Group | None:
        """The group that the others are compared with."""
        return next((group for group in self.groups if group.is_reference), None)

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Every group against the reference; none where the biomarker is a number."""
        return contrasts_of(self.groups)

    def counts(self) -> dict[str, int]:
        """Samples in each group, then those that are undetermined and not profiled."""
        in_groups = {group.key: int((self.rows["group"] == group.key).sum()) for group in self.groups}
        others = {
            status: int((self.rows["status"] == status).sum()) for status in (UNDETERMINED, NOT_PROFILED)
        }
        return in_groups | others

    def member_status(self) -> pd.DataFrame:
        """What ``select_members`` reads: cohort_id, sample_id, ``status`` (the group's key, or why there is none),
        ``status_reason``, ``n_mutations`` (the biomarker's own), ``value``.

        A sample of which a part was not looked at is not compared, even where the others decide its group: with that
        part unseen it could have come into this group only. Were a carrier of A kept in ``A | B`` where B was not
        looked at, and a non-carrier of A left out, a panel without B would give carriers only.
        """
        is_unseen = self.rows["not_looked_at"].notna()
        status = self.rows["status"].mask(is_unseen, NOT_PROFILED)
        known = self.rows["group"] if self.groups else pd.Series(KNOWN, index=self.rows.index)
        return pd.DataFrame(
            {
                "cohort_id": self.rows["cohort_id"],
                "sample_id": self.rows["sample_id"],
                "status": known.where(status == KNOWN, status),
                "status_reason": self.rows["status_reason"].mask(is_unseen, self.rows["not_looked_at"]),
                "n_mutations": self.rows["n_own_mutations"],
                "value": self.rows["value"],
            }
        )
