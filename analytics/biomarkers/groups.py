"""The groups that a biomarker makes, by name: in keys of estimates, in tables, figures and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Group:
    """A named group of people.

    Attributes
    ----------
    key : in keys of estimates, e.g. ``kras_g12c``; letters, digits and underscores.
    label : for people, e.g. 'KRAS G12C'.
    is_reference : what the others are compared with.
    """

    key: str
    label: str
    is_reference: bool = False

    @property
    def word(self) -> str:
        """The key in a sentence: 'wild-type'."""
        return self.key.replace("_", "-")


@dataclass(frozen=True)
class Contrast:
    """A group and the group that it is compared with.

    Attributes
    ----------
    is_one_of_several : the biomarker has further groups, so that keys of estimates name the group.
    with_reference : estimates of the reference group by itself are made here; of several contrasts once.
    """

    group: Group
    reference: Group
    is_one_of_several: bool = False
    with_reference: bool = True

    @property
    def alone(self) -> tuple[Group, ...]:
        """Groups of which estimates by themselves are made."""
        return (self.group, self.reference) if self.with_reference else (self.group,)

    @property
    def row_set_suffix(self) -> str:
        """What the names of row sets end with: of several contrasts each has its own people."""
        return f" ({self.group.key} or {self.reference.key})" if self.is_one_of_several else ""

    @classmethod
    def of_gene(cls, gene: str | None) -> Contrast:
        """Mutated against wild-type."""
        wild_type, mutated = gene_groups(gene)
        return cls(mutated, wild_type)

    @property
    def suffix(self) -> str:
        """What keys of estimates end in."""
        return f".{self.group.key}" if self.is_one_of_several else ""

    def of(self, members: pd.DataFrame) -> pd.DataFrame:
        """Who of the members is in one of both groups, with ``in_group``: whether in the group."""
        kept = members[members["status"].isin((self.group.key, self.reference.key))]
        return kept.assign(in_group=(kept["status"] == self.group.key).astype(bool))


def gene_groups(gene: str | None) -> tuple[Group, Group]:
    """Wild-type and mutated, by the name of the gene."""
    prefix = f"{gene} " if gene else ""
    return (
        Group("wild_type", f"{prefix}wild-type", is_reference=True),
        Group("mutated", f"{prefix}mutated"),
    )


def contrasts_of(groups: Sequence[Group]) -> tuple[Contrast, ...]:
    """Every group against the reference; none where the biomarker is a number."""
    reference = next((group for group in groups if group.is_reference), None)
    others = [group for group in groups if not group.is_reference]
    if reference is None:
        return ()
    return tuple(Contrast(group, reference, len(others) > 1, i == 0) for i, group in enumerate(others))
