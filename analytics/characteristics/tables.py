"""The result table of cohort characteristics."""

from __future__ import annotations

from analytics.results.columns import STATISTIC_COLUMNS, Columns

CHARACTERISTICS_TABLES: dict[str, Columns] = {
    "characteristics": {
        **STATISTIC_COLUMNS,
        "variable": ("string", "Characteristic: age_years, sex, stage, ..."),
        "level": ("string", "Value of a categorical variable; null on the row of the variable itself"),
        "unit": ("string", "Unit of a numeric variable; people for counts"),
        "n_wild_type": ("bigint", "Wild-type among n"),
        "n_missing_mutated": ("bigint", "Mutated people without a value"),
        "n_missing_wild_type": ("bigint", "Wild-type people without a value"),
        "share": ("double", "Share of the level among all with a value (0-1)"),
        "share_mutated": ("double", "Share of the level among the mutated with a value"),
        "share_wild_type": ("double", "Share of the level among the wild-type with a value"),
        "median_mutated": ("double", "Median of a numeric variable"),
        "q1_mutated": ("double", "Its lower quartile"),
        "q3_mutated": ("double", "Its upper quartile"),
        "median_wild_type": ("double", "Median of a numeric variable"),
        "q1_wild_type": ("double", "Its lower quartile"),
        "q3_wild_type": ("double", "Its upper quartile"),
        "standardised_difference": (
            "double",
            "Mutated less wild-type in pooled standard deviations; for categories the distance of their shares",
        ),
        "statistic": ("double", "Test statistic"),
        "p_method": ("string", "Which test the p is from"),
    },
}
