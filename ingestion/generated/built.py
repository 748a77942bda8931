"""What one cohort module hands over: its files, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingestion.generated.truth import (
    ExposureTruth,
    Overlap,
    PairMutationTruth,
    PatientTruth,
    PlantedRow,
    ResistanceTruth,
)

HOST = "synthetic.invalid"
DAYS_PER_MONTH = 30.4375


@dataclass
class Built:
    """Files by path under the host, and what is true of them. Modules fill it; ``generate`` joins them."""

    files: dict[str, bytes] = field(default_factory=dict)
    patients: list[PatientTruth] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    false_friends: list[Overlap] = field(default_factory=list)
    resistance_events: list[ResistanceTruth] = field(default_factory=list)
    pair_mutations: list[PairMutationTruth] = field(default_factory=list)
    exposures: list[ExposureTruth] = field(default_factory=list)
    planted_rows: list[PlantedRow] = field(default_factory=list)

    def plant(self, file: str, rule_id: str, n_rows: int, what: str) -> None:
        self.planted_rows.append(PlantedRow(file, rule_id, n_rows, what))

    def join(self, other: Built) -> None:
        """Add another module's output.

        Raises
        ------
        ValueError : both have written the same path.
        """
        clash = set(self.files) & set(other.files)
        if clash:
            raise ValueError(f"two cohort modules write the same files: {sorted(clash)}")
        self.files |= other.files
        lists = (
            "patients", "overlaps", "false_friends", "resistance_events", "pair_mutations", "exposures", "planted_rows",
        )  # fmt: skip
        for name in lists:
            getattr(self, name).extend(getattr(other, name))
