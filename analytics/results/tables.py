"""The tables of the ``stats`` schema: columns, SQL types and what they mean. The code that fills them and the
warehouse that holds them both follow this one list. A room that has tables of its own declares them in its
``tables.py``; they are merged here.
"""

from __future__ import annotations

import pandas as pd

from analytics.characteristics.tables import CHARACTERISTICS_TABLES
from analytics.comutation.tables import COMUTATION_TABLES
from analytics.enrichment.tables import ENRICHMENT_TABLES
from analytics.prediction.tables import TABLES as PREDICTION_TABLES
from analytics.resistance.tables import RESISTANCE_TABLES
from analytics.results.columns import STATISTIC_COLUMNS, Columns
from analytics.scan.tables import SCAN_TABLES
from analytics.signatures.tables import SIGNATURE_TABLES

#: table -> column -> (SQL type, description)
RESULT_TABLES: dict[str, Columns] = {
    "analysis_specs": {
        "analysis_id": ("string", "The question, a file under catalog/analyses"),
        "variant": ("string", "The way of doing it: as_published, default, ..."),
        "kind": ("string", "Kind of analysis: survival, comparison, landscape, ..."),
        "title": ("string", "Title"),
        "question": ("string", "The question in words"),
        "description": ("string", "What the variant does"),
        "paper_id": ("string", "Paper whose result is repeated, if any"),
        "gene": ("string", "Gene whose mutation is the biomarker"),
        "endpoints": ("string", "Endpoints, comma-separated"),
        "cohorts": ("string", "Cohorts, comma-separated"),
        "filters": ("string", "Which rows are asked for"),
        "covariates": ("string", "Adjusted for"),
        "strata": ("string", "Stratified by"),
        "estimators": ("string", "Estimators"),
        "is_prespecified": ("boolean", "Written down before the data were looked at"),
        "registered_on": ("string", "Date on which the spec was written down"),
        "spec_sha256": ("string", "Checksum of the spec file"),
        "run_id": ("string", "Run that computed it, see stats.runs"),
    },
    "analysis_flow": {
        "analysis_id": ("string", "See analysis_specs"),
        "variant": ("string", "See analysis_specs"),
        "endpoint": ("string", "Endpoint"),
        "step_number": ("bigint", "Order of the step, from 0"),
        "step": ("string", "What is asked of a row"),
        "n": ("bigint", "Rows kept after the step"),
        "n_left_out": ("bigint", "Rows that the step left out"),
        "reason": ("string", "Why they were left out"),
    },
    "analysis_members": {
        "analysis_id": ("string", "See analysis_specs"),
        "variant": ("string", "See analysis_specs"),
        "endpoint": ("string", "Endpoint"),
        "cohort_id": ("string", "Cohort"),
        "patient_id": ("string", "Patient as the source names him or her"),
        "person_id": ("string", "Person across cohorts"),
        "sample_id": ("string", "Sample whose gene status counts"),
        "status": (
            "string",
            "mutated, wild_type, not_profiled or undetermined, as the variant counts it; null where no gene is asked",
        ),
        "status_reason": (
            "string",
            "Why a person is not_profiled or undetermined, or was called otherwise as published; else null",
        ),
        "is_member": ("boolean", "Counted in the estimates over all members"),
        "left_at": ("string", "Step that left the row out, if any"),
        "row_sets": (
            "string",
            "Row sets of the statistics that the row is in, separated by '; '; of no member: those of its own cohort, "
            "whose clock is not pooled",
        ),
        "time_months": ("double", "Follow-up in months of 30.4375 days"),
        "is_event": ("boolean", "Event at the end of follow-up"),
        "source_file_id": ("string", "File of the time, see marts.source_files"),
        "source_row": ("bigint", "Row in that file"),
    },
    "survival_stats": {
        "stat_id": ("string", "Name of the statistic: analysis/variant[@cohort]/estimate key"),
        "analysis_id": ("string", "See analysis_specs"),
        "variant": ("string", "See analysis_specs"),
        "endpoint": ("string", "Endpoint"),
        "cohort_id": ("string", "Cohort of a per-cohort estimate; null when all members are in"),
        "estimate_key": ("string", "What is estimated: endpoint.estimator[.group] or flow.*"),
        "estimator": ("string", "Estimator"),
        "adjusted_for": ("string", "Covariates that stayed in the model"),
        "strata": ("string", "Strata"),
        "ties": ("string", "Tie method"),
        "row_set": ("string", "Which members were analysed, see analysis_members.row_sets"),
        "n": ("bigint", "Rows analysed"),
        "n_mutated": ("bigint", "of these mutated"),
        "events": ("bigint", "Events"),
        "events_mutated": ("bigint", "of these in the mutated"),
        "estimate": ("double", "The estimate: hazard ratio, months, count or share; null when there is none"),
        "ci_low": ("double", "95 % interval, low end"),
        "ci_high": ("double", "95 % interval, high end"),
        "standard_error": ("double", "Standard error, of the log for a hazard ratio"),
        "statistic": ("double", "Test statistic"),
        "p": ("double", "Two-sided p"),
        "p_method": ("string", "Which test the p is from"),
        "median_mutated_months": ("double", "Kaplan-Meier median of the mutated; null when not reached"),
        "median_wild_type_months": ("double", "Kaplan-Meier median of the wild-type; null when not reached"),
        "warnings": ("string", "What a reader must know, in plain sentences"),
    },
    "response_stats": {
        "stat_id": ("string", "Name of the statistic"),
        "analysis_id": ("string", "See analysis_specs"),
        "variant": ("string", "See analysis_specs"),
        "endpoint": ("string", "Endpoint of the members it was computed on"),
        "cohort_id": ("string", "Cohort of a per-cohort estimate; null when all members are in"),
        "estimate_key": ("string", "What is estimated: response.rate.group, response.fisher, ..."),
        "estimator": ("string", "Estimator"),
        "denominator": ("string", "evaluable or intention_to_treat"),
        "row_set": ("string", "Which members were counted, see analysis_members.row_sets"),
        "n": ("bigint", "People in the denominator"),
        "n_mutated": ("bigint", "of these mutated"),
        "responders": ("bigint", "Responders"),
        "responders_mutated": ("bigint", "of these mutated"),
        "estimate": ("double", "Rate, difference of rates or odds ratio"),
        "ci_low": ("double", "95 % interval, low end"),
        "ci_high": ("double", "95 % interval, high end"),
        "p": ("double", "Two-sided p"),
        "warnings": ("string", "What a reader must know, in plain sentences"),
    },
    "comparison_stats": {
        **STATISTIC_COLUMNS,
        "family": ("string", "Comparisons whose p are adjusted together"),
        "stratum": ("string", "Stratum of the comparison; null when it is over all"),
        "unit": ("string", "Unit of the values compared"),
        "n_wild_type": ("bigint", "Wild-type among those compared"),
        "n_missing": ("bigint", "Members without a value"),
        "median_mutated": ("double", "Median of the mutated"),
        "median_wild_type": ("double", "Median of the wild-type"),
        "median_difference": ("double", "Median of the mutated less that of the wild-type"),
        "statistic": ("double", "Test statistic"),
        "p_method": ("string", "Which test the p is from"),
        "q": ("double", "Benjamini-Hochberg over the family"),
        "cliffs_delta": ("double", "Effect size: chance that a mutated value is larger, less the reverse"),
        "cliffs_delta_ci_low": ("double", "Its 95 % interval, low end"),
        "cliffs_delta_ci_high": ("double", "Its 95 % interval, high end"),
        "gene_set_sha256": ("string", "Checksum of the gene set behind the feature, see marts.gene_sets"),
        "coverage": ("double", "Share of the gene set that was measured"),
    },
    "frequency_stats": {
        **STATISTIC_COLUMNS,
        "group_label": ("string", "Who is counted: mutated, a cancer type, a variant class, ..."),
        "numerator": ("bigint", "Counted with the property; null for a plain count"),
        "denominator": ("bigint", "Counted in all: profiled people, mutations, pairs, ..."),
        "unit": ("string", "What is counted: patients, mutations, pairs, amino acids, ..."),
        "q": ("double", "Benjamini-Hochberg over the family that the warning names, where there is one"),
    },
    **PREDICTION_TABLES,
    **SIGNATURE_TABLES,
    "figures": {
        "analysis_id": ("string", "See analysis_specs, or scan_<scan_id>"),
        "figure": (
            "string",
            "File stem under figures/<analysis_id>: .svg, .png, and .csv with its source data",
        ),
        "title": ("string", "What it shows"),
        "alt": ("string", "What a reader would take from it, for those who cannot see it"),
    },
    **RESISTANCE_TABLES,
    "meta_stats": {
        "stat_id": ("string", "Name of the statistic"),
        "analysis_id": ("string", "See analysis_specs"),
        "variant": ("string", "See analysis_specs"),
        "endpoint": ("string", "Endpoint"),
        "estimate_key": ("string", "endpoint.random_effects, or .without.<cohort> for leave-one-out"),
        "estimator": ("string", "How tau2 is estimated and the interval made"),
        "left_out": ("string", "Cohort left out, if any"),
        "n_cohorts": ("bigint", "Cohorts with an estimate"),
        "cohorts": ("string", "These cohorts"),
        "estimate": ("double", "Pooled hazard ratio"),
        "ci_low": ("double", "95 % interval, low end"),
        "ci_high": ("double", "95 % interval, high end"),
        "p": ("double", "Two-sided p"),
        "prediction_low": ("double", "95 % prediction interval for a new cohort, low end"),
        "prediction_high": ("double", "95 % prediction interval for a new cohort, high end"),
        "tau2": ("double", "Variance of the true log hazard ratios between cohorts"),
        "i2_percent": ("double", "Share of the variation that is between cohorts"),
        "i2_ci_low_percent": ("double", "Its 95 % interval, low end"),
        "i2_ci_high_percent": ("double", "Its 95 % interval, high end"),
        "q_p": ("double", "p of Cochran's test of heterogeneity"),
        "warnings": ("string", "What a reader must know, in plain sentences"),
    },
    "interaction_stats": {
        "stat_id": ("string", "Name of the statistic"),
        "analysis_id": ("string", "See analysis_specs"),
        "variant": ("string", "See analysis_specs"),
        "endpoint": ("string", "Endpoint"),
        "estimate_key": (
            "string",
            "arm_x_gene, gene_in_icb_arm, gene_in_control_arm or ratio_of_hazard_ratios",
        ),
        "estimator": ("string", "Estimator"),
        "compared_with": ("string", "Trials, or the analysis without checkpoint blockade"),
        "n": ("bigint", "People"),
        "events": ("bigint", "Events"),
        "estimate": ("double", "Ratio of hazard ratios, or the hazard ratio in one arm"),
        "ci_low": ("double", "95 % interval, low end"),
        "ci_high": ("double", "95 % interval, high end"),
        "p": ("double", "Two-sided p"),
        "verdict": (
            "string",
            "predictive, associated in ICB only, prognostic or undetermined; on the deciding row",
        ),
        "reason": ("string", "Why, in words"),
        "warnings": ("string", "What a reader must know, in plain sentences"),
    },
    **ENRICHMENT_TABLES,
    **CHARACTERISTICS_TABLES,
    **COMUTATION_TABLES,
    **SCAN_TABLES,
    "claim_checks": {
        "claim_id": ("string", "See marts.published_claims"),
        "paper_id": ("string", "Paper"),
        "row_id": ("string", "Row of the paper's table of claims, e.g. A6"),
        "verdict": ("string", "exact, within rounding, different, ...: earned by this run"),
        "sentence": ("string", "Why, in words"),
        "printed": ("string", "As printed"),
        "computed_estimate": ("double", "What the warehouse computes, in the claim's unit"),
        "computed_ci_low": ("double", "95 % interval, low end"),
        "computed_ci_high": ("double", "95 % interval, high end"),
        "computed_p": ("double", "Two-sided p"),
        "computed_n": ("bigint", "Rows analysed"),
        "computed_n_mutated": ("bigint", "of these mutated"),
        "estimator": ("string", "Estimator of the computed value"),
        "stat_id": ("string", "Statistic that it was checked with"),
        "p_stat_id": ("string", "Statistic that the p was checked with"),
        "default_stat_id": ("string", "The honest default beside it"),
        "default_estimate": ("double", "Its estimate, in the claim's unit"),
        "largest_difference_in_last_digits": (
            "double",
            "Largest difference in units of the last printed digit",
        ),
        "missing_sources": ("string", "What is not at hand, if anything"),
        "rule_ids": ("string", "Rules that found a contradiction among the printed numbers"),
        "rule_findings": ("string", "What they found"),
    },
    "left_out_cohorts": {
        "cohort_id": ("string", "A cohort of the catalogue that is in no table of this version"),
        "sentence": ("string", "Why: what is wrong, where, and the remedy"),
        "run_id": ("string", "Run that left it out, see stats.runs"),
    },
    "runs": {
        "run_id": ("string", "Run"),
        "started_at": ("timestamp", "UTC"),
        "outcome": (
            "string",
            "published; refused (by the gate); unfinished (it failed, was stopped, or made only a part)",
        ),
        "published_version": ("string", "The version that it published"),
        "commit_sha": ("string", "Commit of the code, if it is a checkout"),
        "has_uncommitted_changes": ("boolean", "The code differed from that commit"),
        "version": ("string", "Version of icb-warehouse"),
        "python": ("string", "Python version"),
        "packages": ("string", "Versions of the packages that compute"),
        "catalog": ("string", "public or demo"),
        "read_from": ("string", "https, or the mirror's folder"),
    },
}

#: Tables in which a row is a named statistic.
STATISTIC_TABLES = tuple(name for name, columns in RESULT_TABLES.items() if "estimate_key" in columns)
#: Of these the ones that a published number is compared with. Pools and interactions have one key per endpoint.
CLAIMED_TABLES = tuple(t for t in STATISTIC_TABLES if t not in ("meta_stats", "interaction_stats"))

_PANDAS = {
    "string": "string",
    "bigint": "Int64",
    "double": "float64",
    "boolean": "boolean",
    "timestamp": "datetime64[us]",
}


def as_result_table(name: str, rows: list[dict[str, object]] | pd.DataFrame) -> pd.DataFrame:
    """Rows under the columns and types of a result table; columns that a row lacks are null.

    Raises
    ------
    KeyError
        A row has a column that the table does not: the list above must name it first.
    """
    columns = RESULT_TABLES[name]
    frame = rows.copy() if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
    unknown = sorted(set(frame.columns) - set(columns))
    if unknown:
        raise KeyError(f"stats.{name} has no columns {unknown}; add them to RESULT_TABLES.")
    frame = frame.reindex(columns=list(columns))
    return frame.astype({column: _PANDAS[sql_type] for column, (sql_type, _) in columns.items()})


def create_statement(name: str, table: str) -> str:
    """DDL of a result table under a qualified name."""
    types = {"string": "varchar"}
    columns = ", ".join(f'"{c}" {types.get(t, t)}' for c, (t, _) in RESULT_TABLES[name].items())
    return f"create or replace table {table} ({columns})"
