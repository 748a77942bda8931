"""Result tables of nomograms: points and probabilities, calibration groups, and how well the score does."""

from __future__ import annotations

from analytics.results.columns import STATISTIC_COLUMNS, Columns

_POPULATION: Columns = {
    "population": ("string", "discovery (the nomogram was made in them) or validation (it was not)"),
    "horizon_months": ("double", "Months from the origin at which survival is looked at, if any"),
}

#: table -> column -> (SQL type, description)
TABLES: dict[str, Columns] = {
    "nomograms": {
        **STATISTIC_COLUMNS,
        "axis": ("string", "Covariate, total_points, baseline_hazard or coefficient"),
        "label": ("string", "The axis as printed"),
        "value": ("string", "Tick of the axis: a level or a number"),
        "points": ("double", "Points at the tick, or total points at which the estimate is predicted"),
        "horizon_months": ("double", "Months at which survival is predicted, if any"),
        "coefficient": ("double", "Cox coefficient (log hazard ratio) of a coefficient's row"),
        "standard_error": ("double", "Its standard error"),
        "center": ("double", "Mean of the column in the model's people, taken off before the coefficient"),
        "reference": ("string", "Reference level of the covariate, if it has levels"),
    },
    "calibrations": {
        **STATISTIC_COLUMNS,
        **_POPULATION,
        "group_number": ("bigint", "Group of predicted survival, lowest first"),
        "predicted_low": ("double", "Lowest predicted survival of the group"),
        "predicted_high": ("double", "Highest predicted survival of the group"),
        "predicted": ("double", "Mean predicted survival; the estimate is the observed one (Kaplan-Meier)"),
        "optimism": (
            "double",
            "Of observed less predicted, by refitting in bootstrap samples; discovery only",
        ),
        "corrected": ("double", "Observed less optimism; discovery only"),
        "n_bootstrap": ("bigint", "Bootstrap samples behind the interval"),
        "n_usable": ("bigint", "of these with a value"),
        "seed": ("bigint", "Seed of the bootstrap"),
    },
    "prediction_stats": {
        **STATISTIC_COLUMNS,
        **_POPULATION,
        "cut_off_points": ("double", "Total points at or below which the risk is called low"),
        "strata": ("string", "Strata of a test of low against high"),
        "n_low": ("bigint", "People with low points"),
        "events_low": ("bigint", "Events among them"),
        "median_low_months": (
            "double",
            "Kaplan-Meier median of those with low points; null when not reached",
        ),
        "median_high_months": (
            "double",
            "Kaplan-Meier median of those with high points; null when not reached",
        ),
        "statistic": ("double", "Test statistic"),
        "standard_error": ("double", "Standard error, of the log for a hazard ratio"),
        "p_method": ("string", "Which test the p is from"),
        "p_search_only": (
            "double",
            "p of the cut-off if the score were given and not fitted in these people",
        ),
        "p_lausen_1994": ("double", "The same by the improved Bonferroni bound"),
        "p_exact_gauss": ("double", "The same by the limiting normal distribution"),
        "p_naive": ("double", "p that ignores the search, as cut-off finders print it"),
        "apparent": ("double", "Index in the people that the model was fitted in"),
        "optimism": ("double", "of which optimism, by refitting in bootstrap samples"),
        "reference": ("double", "Brier score of knowing nobody's covariates"),
        "n_draws": ("bigint", "Bootstrap samples or permutations"),
        "n_failed": ("bigint", "of these without a finite fit"),
        "seed": ("bigint", "Seed of the draws"),
    },
}
