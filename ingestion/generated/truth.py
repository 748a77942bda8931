"""What was planted in the generated cohorts, in a form that a test or a user can read back.

The records are written beside the mirror folder's host (``truth.json``), where no address
reaches, so that nothing but a test can look the answer up.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

HOST = "synthetic.invalid"
DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True)
class PatientTruth:
    """One patient of one cohort. Times are months before any rounding; None where the cohort has no such value.

    ``mutated`` lists those of `truth_genes` of ``effects`` that carry a non-synonymous mutation the assay covers;
    it is empty, and ``tmb_mut_per_mb`` None, for a patient who was not sequenced.
    """

    cohort_id: str
    patient_id: str
    person_id: str
    sample_id: str
    cancer_type: str
    arm: str
    panel_id: str
    is_profiled: bool
    mutated: tuple[str, ...]
    tmb_mut_per_mb: float | None
    os_months: float | None
    os_event: bool | None
    pfs_months: float | None
    pfs_event: bool | None
    entry_months: float
    best_response: str | None


@dataclass(frozen=True)
class Overlap:
    """Two patients that are one person; ``found_by``: patient number, declared rule or mutation fingerprint."""

    cohort_id: str
    patient_id: str
    other_cohort_id: str
    other_patient_id: str
    found_by: str


@dataclass(frozen=True)
class ResistanceTruth:
    """One planted event of a paired patient. ``loss``: deletion, copy_neutral or none."""

    cohort_id: str
    patient_id: str
    gene: str
    variant_classification: str
    loss: str
    present_at: str
    is_biallelic: bool
    is_acquired: bool
    note: str


@dataclass(frozen=True)
class PairMutationTruth:
    """One non-synonymous mutation of a patient with a baseline and a relapse sample: in which tumours it is, whatever
    was called: shared, private_to_first or private_to_second. ``is_called_first`` is false where the baseline is too
    shallow for the call: the tumour has it, the file does not."""

    cohort_id: str
    patient_id: str
    gene: str
    start_position: int
    presence: str
    is_called_first: bool


@dataclass(frozen=True)
class ExposureTruth:
    """Expected substitutions of one sample from one signature, above 0; a signature that is not there has no record."""

    cohort_id: str
    sample_id: str
    signature: str
    n_mutations: float


@dataclass(frozen=True)
class PlantedRow:
    """Doubtful rows on purpose: which file (or member), the rule of `raw_schema.REJECTION_RULES`, how many rows."""

    file: str
    rule_id: str
    n_rows: int
    what: str


@dataclass(frozen=True)
class Truth:
    """Everything that was planted. Hazard ratios are per mutated gene and per unit of log2(TMB + 1)."""

    seed: int
    n_persons: int
    hazard_ratios_icb: dict[str, float]
    hazard_ratios_control: dict[str, float]
    hazard_ratio_log2_tmb_icb: float
    hazard_ratio_log2_tmb_control: float
    hazard_ratio_icb_arm: float
    reference_log2_tmb: float
    response_rate_mutated: float
    response_rate_wild_type: float
    disease_control_rate_mutated: float
    disease_control_rate_wild_type: float
    predictive_gene: str
    prognostic_gene: str
    null_genes: tuple[str, ...]
    shadow_genes: tuple[str, ...]
    masked_gene: str
    sparse_gene: str
    expression_shift_log2: dict[str, float]
    expression_shift_set: tuple[str, ...]
    expression_shift_set_log2: float
    leukocyte_shift: float
    patients: tuple[PatientTruth, ...]
    overlaps: tuple[Overlap, ...]
    false_friends: tuple[Overlap, ...]
    resistance_events: tuple[ResistanceTruth, ...]
    pair_mutations: tuple[PairMutationTruth, ...]
    exposures: tuple[ExposureTruth, ...]
    planted_rows: tuple[PlantedRow, ...]
    files: dict[str, str]
    """address -> sha256 of its bytes"""

    @property
    def n_patients(self) -> int:
        return len(self.patients)

    def cohort(self, cohort_id: str) -> tuple[PatientTruth, ...]:
        """Patients of one cohort, in file order."""
        return tuple(patient for patient in self.patients if patient.cohort_id == cohort_id)

    def to_json(self) -> str:
        content: dict[str, Any] = {
            "SYNTHETIC": "planted effects of the generated cohorts; no patient is real"
        }
        return json.dumps(content | asdict(self), indent=1, sort_keys=True) + "\n"


@dataclass
class Built:
    """Files by path under the host, and what is true of them."""

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
