"""Columns that result tables share. The list of the tables is in ``tables``."""

from __future__ import annotations

#: column -> (SQL type, description)
Columns = dict[str, tuple[str, str]]

#: How every table of named statistics begins; ``stats.every_stat``, lineage and claim checks read these.
STATISTIC_COLUMNS: Columns = {
    "stat_id": ("string", "Name of the statistic: analysis/variant[@cohort]/estimate key"),
    "analysis_id": ("string", "See analysis_specs"),
    "variant": ("string", "See analysis_specs"),
    "endpoint": ("string", "Members it was computed on, see analysis_members"),
    "cohort_id": ("string", "Cohort of a per-cohort estimate; null when all members are in"),
    "estimate_key": ("string", "What is estimated"),
    "estimator": ("string", "Estimator"),
    "feature": ("string", "Measure, immune feature, gene or gene set that is looked at, if any"),
    "row_set": ("string", "Which members were analysed, see analysis_members.row_sets"),
    "n": ("bigint", "Members analysed"),
    "n_mutated": ("bigint", "of these mutated"),
    "events": ("bigint", "Events, if any are counted"),
    "estimate": ("double", "The estimate; null when there is none"),
    "ci_low": ("double", "95 % interval, low end"),
    "ci_high": ("double", "95 % interval, high end"),
    "p": ("double", "Two-sided p"),
    "warnings": ("string", "What a reader must know, in plain sentences"),
}
