"""Which columns name a row of each published table, and which columns say nothing about what came out.

The keys of ``marts`` are those that dbt tests (``unique_key``); a test holds the two equal. Tables of ``stats`` with a
``stat_id`` are named by it and need no line here.
"""

from __future__ import annotations

#: schema.table -> the columns that together name one row.
KEYS: dict[str, tuple[str, ...]] = {
    "marts.analysis_frame": ("cohort_id", "patient_id", "endpoint"),
    "marts.available_data": ("cohort_id", "kind"),
    "marts.burdens": ("cohort_id", "sample_id", "measure", "numerator_rule"),
    "marts.call_sets": ("cohort_id", "genome_build"),
    "marts.cohort_receipts": ("cohort_id", "line_number"),
    "marts.cohorts": ("cohort_id",),
    "marts.contradictions": (
        "cohort_id",
        "patient_id",
        "sample_id",
        "attribute",
        "rule",
        "value_other",
        "other_source_file_id",
        "other_source_row",
    ),
    "marts.copy_number": ("cohort_id", "sample_id", "hugo_symbol_raw", "entrez_gene_id"),
    "marts.copy_number_samples": ("cohort_id", "sample_id"),
    "marts.copy_number_segments": ("source_file_id", "source_row"),
    "marts.expression": ("cohort_id", "sample_id", "gene_raw"),
    "marts.gene_calls": ("cohort_id", "sample_id", "hugo_symbol"),
    "marts.gene_lengths": ("hugo_symbol",),
    "marts.gene_names": ("gene_name",),
    "marts.gene_identifiers": ("source_file_id", "source_row"),
    "marts.gene_panels": ("panel_id", "hugo_symbol"),
    "marts.gene_places": ("hugo_symbol", "genome_build"),
    "marts.gene_sets": ("gene_set_id", "gene_raw"),
    "marts.hotspots": ("hugo_symbol", "residue"),
    "marts.immune_features": ("cohort_id", "sample_id", "feature", "source"),
    "marts.mutation_class_counts": ("cohort_id", "sample_id", "variant_classification"),
    "marts.mutation_spectra": ("cohort_id", "sample_id", "channel"),
    "marts.mutations": ("source_file_id", "source_row"),
    "marts.patient_features": ("cohort_id", "patient_id", "feature"),
    "marts.patient_summary": ("cohort_id", "patient_id"),
    "marts.patients": ("cohort_id", "patient_id"),
    "marts.person_aliases": ("cohort_id", "patient_id"),
    "marts.persons": ("person_id",),
    "marts.profiling": ("cohort_id", "sample_id"),
    "marts.published_claim_relations": ("relation_id", "subject_claim_id", "object_claim_id", "role"),
    "marts.published_claim_requirements": ("requirement_id", "row_id", "claim_id"),
    "marts.published_claims": ("claim_id",),
    "marts.published_exposures": ("cohort_id", "sample_id", "signature"),
    "marts.response_outcomes": ("cohort_id", "patient_id"),
    "marts.sample_attributes": ("cohort_id", "sample_id", "attribute"),
    "marts.rna_samples": ("cohort_id", "sample_id"),
    "marts.sample_pairs": ("pair_id",),
    "marts.samples": ("cohort_id", "sample_id"),
    "marts.signature_profiles": ("reference_id", "signature", "channel"),
    "marts.signature_samples": ("cohort_id", "sample_id", "table_kind"),
    "marts.source_files": ("source_file_id",),
    "marts.structural_variant_samples": ("cohort_id", "sample_id"),
    "marts.structural_variants": ("source_file_id", "source_row"),
    "marts.survival_outcomes": ("cohort_id", "patient_id", "endpoint"),
    "marts.timeline_events": ("source_file_id", "source_row"),
    "marts.tmb": ("cohort_id", "sample_id"),
    "marts.treatments": ("cohort_id", "patient_id"),
    "marts.undetermined_copy_number": ("source_file_id", "source_row", "sample_id", "hugo_symbol"),
    "marts.undetermined_genes": ("source_file_id", "source_row", "sample_id", "hugo_symbol"),
    "marts.unread_columns": ("cohort_id", "file_id", "source_file_id", "column_name", "reason"),
    "stats.analysis_flow": ("analysis_id", "variant", "endpoint", "step_number"),
    "stats.analysis_members": ("analysis_id", "variant", "endpoint", "cohort_id", "patient_id", "sample_id"),
    "stats.analysis_specs": ("analysis_id", "variant"),
    "stats.claim_checks": ("claim_id",),
    "stats.comutation_results": ("analysis_id", "variant", "endpoint", "gene", "other_gene"),
    "stats.figures": ("analysis_id", "figure"),
    "stats.member_rows": ("member_id", "role", "mart", "source_file_id", "source_row"),
    "stats.statistic_rows": ("stat_id", "member_id", "role", "mart", "source_file_id", "source_row"),
    "stats.pair_mutations": ("analysis_id", "variant", "pair_id", "variant_key"),
    "stats.resistance_outcomes": ("analysis_id", "variant", "cohort_id", "patient_id"),
    "stats.scan_flow": ("scan_id", "step_number"),
    "stats.scan_members": ("scan_id", "role", "cohort_id", "patient_id", "sample_id"),
    "stats.scan_response_results": ("scan_id", "gene"),
    "stats.scan_results": ("scan_id", "gene"),
    "stats.scan_specs": ("scan_id",),
    "stats.set_members": ("set_id", "member_id"),
    "stats.signature_exposures": ("analysis_id", "variant", "cohort_id", "sample_id", "signature"),
}

#: Tables without a ``stat_id`` that hold estimates all the same: what names one, and where its values stand.
ESTIMATES = {
    "stats.claim_checks": {
        "stat_id": "claim_id",
        "estimate": "computed_estimate",
        "ci_low": "computed_ci_low",
        "ci_high": "computed_ci_high",
        "p": "computed_p",
        "verdict": "verdict",
    }
}

#: Columns that differ between any two runs.
LEFT_OUT_COLUMNS = frozenset({"run_id"})
#: Tables about the run itself; only their rows are counted.
LEFT_OUT_TABLES = frozenset({"stats.runs"})


def likely_keys(table: str, columns: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """The keys to try for a table, best first: the declared one, the statistic's name, the raw row."""
    candidates = (KEYS.get(table, ()), ("stat_id",), ("source_file_id", "source_row"))
    return tuple(key for key in candidates if key and columns.issuperset(key))
