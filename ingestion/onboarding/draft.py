"""A cohort file in the making: what has been proposed so far, what has to be asked, and what the tables say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ingestion.onboarding.columns import ColumnGuess


@dataclass
class Draft:
    """Collects the parts of a proposal.

    ``patients`` : identifiers of the clinical tables. ``endpoints`` : name -> origin of its clock.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    columns: list[ColumnGuess] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    patients: set[str] = field(default_factory=set)
    panel: str | None = None
    endpoints: dict[str, str] = field(default_factory=dict)
