"""The result tables of scans: columns, SQL types, what they mean."""

from __future__ import annotations

from analytics.results.schema import Columns, ResultTable, Words
from analytics.results.verdict_words import BurdenWord, PredictiveWord
from analytics.scan.columns import RESPONSE_COLUMNS, SURVIVAL_COLUMNS

_WORDS = ("gene", "family", "method", "because", "reason", "verdict")


def _typed(columns: dict[str, str]) -> Columns:
    def type_of(name: str) -> str:
        if name == "warnings":
            return "strings"
        return "string" if name.rsplit("_", 1)[-1] in _WORDS else "double"

    return {name: (type_of(name), meaning) for name, meaning in columns.items()}


_SCAN: Columns = {"scan_id": ("string", "See scan_specs")}
_COLUMNS: dict[str, Columns] = {
    "scan_specs": {
        "scan_id": ("string", "The scan, a file under catalog/scans: one registered family of hypotheses"),
        "title": ("string", "Title"),
        "question": ("string", "The question in words"),
        "endpoint": ("string", "Endpoint: a survival time, or a response rule such as orr"),
        "results_table": ("string", "Table that holds its genes"),
        "definition": ("string", "What counts as mutated: nonsynonymous, truncating, hotspot or driver"),
        "definition_words": ("string", "The same in words"),
        "gene_list": ("strings", "Genes or gene set that it is limited to, if any"),
        "cohorts": ("strings", "Cohorts"),
        "filters": ("strings", "Which rows are asked for, 'column: value' each"),
        "strata": ("strings", "Strata of every test"),
        "null_strata": ("strings", "Within which the burden null draws its carriers"),
        "covariates": ("strings", "Adjusted for"),
        "burden": ("string", "Scale of the burden that is adjusted for"),
        "origins": ("strings", "Where the clocks start; several are one family (vocabulary.clock_families)"),
        "control": ("strings", "Cohorts without checkpoint blockade whose effects stand beside"),
        "control_filters": ("strings", "Which of their rows are asked for, 'column: value' each"),
        "n": ("bigint", "People"),
        "n_taken_out_as_repeats": ("bigint", "Rows left out because the person is counted in another cohort"),
        "n_genes": ("bigint", "Genes with at least one carrier"),
        "family_size": ("bigint", "Hypotheses that the false discovery rate counts"),
        "primary_test": ("string", "Column whose p the false discovery rate is about"),
        "null_draws": ("bigint", "Draws of the burden null"),
        "seed": ("bigint", "Seed of the draws"),
        "prespecified": ("date", "Date of registration before the data were seen; null is exploratory"),
        "registered_on": ("date", "Date on which the spec was written down"),
        "notes": ("strings", "What a reader must know about the whole scan, a sentence each"),
        "spec_sha256": ("string", "Checksum of the spec file"),
        "run_id": ("string", "Run that computed it, see stats.runs"),
    },
    "scan_flow": {
        **_SCAN,
        "step_number": ("bigint", "Order of the step, from 0"),
        "step": ("string", "What is asked of a row"),
        "n": ("bigint", "Rows kept after the step"),
        "n_left_out": ("bigint", "Rows that the step left out"),
        "reason": ("string", "Why they were left out"),
    },
    "scan_members": {
        **_SCAN,
        "role": ("string", "scan, or control: without checkpoint blockade"),
        "cohort_id": ("string", "Cohort"),
        "patient_id": ("string", "Patient as the source names him or her"),
        "person_id": ("string", "Person across cohorts"),
        "sample_id": ("string", "Sample whose calls count"),
        "panel_id": ("string", "Panel that says which genes were looked at"),
        "is_member": ("boolean", "Counted in the scan"),
        "left_at": ("string", "Step at which the row was left out; null for members"),
        "time_months": ("double", "Follow-up of the endpoint; null for a response"),
        "is_event": ("boolean", "Event of the endpoint, or the response"),
        "source_file_id": ("string", "File of the endpoint, see marts.source_files"),
        "source_row": ("bigint", "Row in that file"),
    },
    "scan_results": {**_SCAN, **_typed(SURVIVAL_COLUMNS)},
    "scan_response_results": {**_SCAN, **_typed(RESPONSE_COLUMNS)},
}

_MEANINGS = {
    "scan_specs": "A scan of every gene: one registered family of hypotheses.",
    "scan_members": "One person of a scan or of its control, with the file and row of the follow-up.",
    "scan_flow": "One step from all patients of the cohorts to those who are scanned.",
    "scan_results": "A gene in a scan of survival, with every test and every guard.",
    "scan_response_results": "A gene in a scan of response, with every test and every guard.",
}
_VERDICTS: Words = {"burden_verdict": tuple(BurdenWord), "control_verdict": tuple(PredictiveWord)}
_CLOSED: dict[str, Words] = {
    "scan_specs": {"results_table": ("scan_results", "scan_response_results")},
    "scan_members": {"role": ("scan", "control")},
    "scan_results": _VERDICTS,
    "scan_response_results": _VERDICTS,
}
TABLES = tuple(
    ResultTable(
        name,
        _MEANINGS[name],
        columns,
        {column: words for column, words in _CLOSED.get(name, {}).items() if column in columns},
    )
    for name, columns in _COLUMNS.items()
)
