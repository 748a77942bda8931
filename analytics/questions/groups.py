"""The groups that an estimate compares, by name: in keys of estimates, in tables, figures and reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """A group of people: its name in estimate keys, and its name for readers."""

    key: str
    label: str

    @property
    def word(self) -> str:
        """The key in a sentence: 'wild-type'."""
        return self.key.replace("_", "-")


@dataclass(frozen=True)
class Contrast:
    """A group and the group that it is compared with."""

    group: Group
    reference: Group

    @classmethod
    def of_gene(cls, gene: str | None) -> Contrast:
        """Mutated against wild-type."""
        prefix = f"{gene} " if gene else ""
        return cls(Group("mutated", f"{prefix}mutated"), Group("wild_type", f"{prefix}wild-type"))
