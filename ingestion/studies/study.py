"""One cBioPortal study while it is read: its members, what they are, and how its entry in the catalogue reads them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.catalog.cohorts import Cohort
from ingestion.catalog.columns import Pick
from ingestion.catalog.source_files import SourceFile
from ingestion.parsing.mutation_tables import SAMPLE_SYNONYMS
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.table_model import ParsedTable, find_column
from ingestion.studies.study_files import StudyLayout

PATIENT_KEY, SAMPLE_KEY = "PATIENT_ID", "SAMPLE_ID"
_TCGA_SAMPLE = re.compile(r"TCGA-\w\w-\w{4}-\d\d")
#: A TCGA barcode up to the sample's number; any other identifier as it is.
_TCGA_TO_SAMPLE = r"^(TCGA-\w\w-\w{4}-\d\d(?=[A-Z])|.+)"


@dataclass
class Study:
    """A study and the tables that its rows go to.

    ``clinical_samples`` are the identifiers of the sample files, every row of them: a cohort may keep some only.
    """

    members: Mapping[str, bytes]
    layout: StudyLayout
    cohort: Cohort
    file: SourceFile
    address: str
    out: RawTables
    clinical_samples: Collection[str] = field(default_factory=frozenset)

    def ref(self, member: str) -> SourceRef:
        return SourceRef(self.cohort.cohort_id, self.file.id, self.address, member)

    @property
    def where(self) -> str:
        return f"{self.address} (study {self.layout.study_id})"

    def clinical_pick(self, table: ParsedTable, role: str) -> Pick:
        """The rule for a clinical file's ``patient`` or ``sample``: the declared one; its column may have the portal's
        name in this file."""
        declared = self.file.patient_id if role == "patient" else self.file.sample_id
        return _on_columns(declared, table.columns, (PATIENT_KEY if role == "patient" else SAMPLE_KEY,))

    @property
    def sample_rule(self) -> Pick:
        """How an identifier of a sample is read outside the clinical files (mutations, lists, matrix).

        The declared ``sample_id``, else TCGA's barcodes cut to the sample where the clinical file has them so (the
        portal does the same), else as it stands.
        """
        if self.file.sample_id is not None:
            return self.file.sample_id
        is_tcga = any(_TCGA_SAMPLE.fullmatch(sample) for sample in self.clinical_samples)
        return Pick(columns=(SAMPLE_KEY,), pattern=_TCGA_TO_SAMPLE if is_tcga else None)

    def table_part(self) -> SourceFile:
        """The study's entry as one of its tables other than the clinical ones.

        # lines are comments in every table of a study; rules for clinical columns do not apply to the others.
        """
        format_ = self.file.format.model_copy(update={"comment": self.file.format.comment or "#"})
        clinical_only = {"keep_rows": {}, "lists_profiled": False, "patient_id": None, "sample_id": None}
        return self.file.model_copy(update={"format": format_, **clinical_only})

    def mutation_part(self) -> SourceFile:
        """The study's entry as its mutation table, whose samples are read by the same rule as the clinical ones."""
        rule = self.sample_rule
        # Where no rule is declared an error names the column that a MAF has.
        names = (
            (*rule.columns, *SAMPLE_SYNONYMS) if self.file.sample_id else (*SAMPLE_SYNONYMS, *rule.columns)
        )
        columns = tuple(dict.fromkeys(names))
        genome = self.layout.reference_genome
        # A row that says no genome is on the study's.
        of_study = {"ncbi_build": genome} if genome else {}
        return self.table_part().model_copy(
            update={
                "sample_id": rule.model_copy(update={"columns": columns}),
                "mutation_constants": of_study | self.file.mutation_constants,
            }
        )


def _on_columns(declared: Pick | None, columns: Sequence[str], standard: tuple[str, ...]) -> Pick:
    if declared is None:
        return Pick(columns=standard)
    if any(find_column(columns, name) is not None for name in declared.columns):
        return declared
    return declared.model_copy(update={"columns": standard})
