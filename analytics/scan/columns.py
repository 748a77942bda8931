"""What every column of a scan's table means. Nothing else belongs here."""

_COX = {
    "coef": "log hazard ratio, carriers against wild-type",
    "se": "standard error of the log hazard ratio",
    "ci_low": "lower end of its confidence interval (Wald; profile penalised likelihood under Firth)",
    "ci_high": "upper end of its confidence interval",
    "wald_chi2": "Wald test, chi-square with 1 df",
    "wald_p": "p of the Wald test",
    "score_chi2": "score test at the model without the gene, 1 df, never penalised",
    "score_p": "p of the score test",
    "lr_chi2": "likelihood-ratio test, 1 df (penalised likelihood under Firth)",
    "lr_p": "p of the likelihood-ratio test",
    "method": "estimator: maximum likelihood or Firth, with Efron ties",
    "firth_because": "why Firth's penalty was used",
    "reason": "why there is no estimate",
}
_MODEL_COUNTS = {
    "n": "patients in this model (complete cases)",
    "events": "events in this model",
    "n_carriers": "carriers in this model",
    "events_carriers": "events among carriers in this model",
}
_LOGRANK = {
    "observed": "events among carriers",
    "expected": "events expected among carriers, summed over strata",
    "variance": "hypergeometric variance of observed minus expected",
    "z": "(observed - expected) / sqrt(variance); positive: carriers fare worse",
    "chi2": "stratified log-rank test, 1 df",
    "p": "p of the log-rank test",
    "reason": "why there is no test",
}
_NULL = {
    "n": "patients of known burden in the burden null",
    "n_carriers": "carriers among them",
    "z": "log-rank z, stratified by the null strata",
    "mean_z": "mean of z over the draws: what burden alone makes of this gene's number of carriers",
    "sd_z": "standard deviation of z over the draws",
    "percentile": "per cent of draws below the observed z (ties half)",
    "p_lower": "one-sided p towards fewer events among carriers",
    "p_upper": "one-sided p towards more events among carriers",
    "p_two_sided": "twice the smaller one-sided p",
    "p_standardised": "two-sided p of (z - mean_z) / sd_z as a standard normal",
    "false_positive_rate": "share of draws with nominal log-rank p < 0.05",
    "draws": "number of draws",
    "reason": "why there is no null distribution",
}
_CHANGE = {
    "n": "people in both models",
    "coef": "log hazard ratio with burden in the model less that without, on the same people",
    "se": "its standard error, from each person's influence on both",
    "ci_low": "lower end of its confidence interval",
    "ci_high": "upper end of its confidence interval",
    "reason": "why there is none; it is asked of genes shown without burden that the null does not exclude",
}
_COHORT = {
    "cohorts": "cohorts in which carriers are compared with others",
    "q": "Cochran's Q of the cohorts' one-step log hazard ratios",
    "q_p": "p of Q (cohorts - 1 df)",
    "i2_percent": "I-squared in per cent",
    "reason": "why there is no Q",
}
_PH = {
    "ph_chi2": "score test of proportional hazards (univariable stratified model, 1 - KM time), 1 df",
    "ph_p": "its p",
    "ph_reason": "why there is no such test",
}

_PERMUTATION = {
    "p": "two-sided permutation p of the stratified log-rank test (twice the smaller tail), where events are few",
    "draws": "random sets of carriers drawn within the strata",
    "reason": "why there is no permutation p",
}
_RMST = {
    "difference_months": "carriers minus the others, without strata, where hazards are not proportional",
    "ci_low": "lower end of its interval, months",
    "ci_high": "upper end of its interval, months",
    "p": "its two-sided p",
    "horizon_months": "up to which survival is counted: the shorter of the two follow-ups",
    "reason": "why there is no difference",
}
_CONTROL = {
    "n": "profiled people",
    "n_carriers": "carriers among them",
    "events_carriers": "events among these carriers",
    "coef": "log hazard ratio, univariable and stratified",
    "se": "its standard error",
    "ratio_coef": "log of the hazard ratio under checkpoint blockade over the one without (the arm x gene interaction "
    "when the control is the other arm)",
    "ratio_ci_low": "lower end of its confidence interval",
    "ratio_ci_high": "upper end of its confidence interval",
    "ratio_p": "its two-sided p",
    "ratio_q": "Benjamini-Hochberg adjusted control_ratio_p",
    "verdict": "predictive, consistent with predictive, conflicting, prognostic or undetermined "
    "(analytics/verdicts); a difference must hold in the family",
    "reason": "why, or why there is no verdict",
}


def _block(prefix: str, model: str, columns: dict[str, str]) -> dict[str, str]:
    return {f"{prefix}_{name}": f"{model}: {meaning}" for name, meaning in columns.items()}


_IDENTITY = {
    "gene": "gene name as given",
    "family": "name of the registered family of hypotheses",
    "n_profiled": "patients whose panel covers the gene and of whom it is mutated or wild-type",
    "n_undetermined": "patients whose panel covers the gene and who are in no model of it: a row that could be the "
    "gene is not understood",
    "n_carriers_profiled": "carriers among them",
    "n_carriers_not_profiled": "carriers whose panel is not said to cover the gene; left out of everything",
}
_ACROSS = {
    "primary_p": "p of the primary test named in the settings",
    "primary_q": "Benjamini-Hochberg adjusted primary p within the family",
    "identical_group": "number shared by genes with the same carriers and coverage, -1 for the others",
}
_SHRUNKEN = {
    "shrunken_coef": "log hazard (odds) ratio of the primary model, shrunken by a normal prior (empirical Bayes)",
    "shrunken_sd": "its posterior standard deviation",
    "coding_length_bp": "coding length as given",
    "matched_genes": "tested genes of most similar coding length the gene is ranked among",
    "matched_percentile": "per cent of them with a smaller |z| (log-rank; Mantel-Haenszel for a response)",
    "matched_p": "share of them, the gene included, with a |z| as large",
    "matched_reason": "why there is no rank",
}
_VERDICT = {
    "burden_verdict": "is it more than mutation burden, in fixed words (analytics/verdicts)",
    "warnings": "what to know of the numbers, in fixed phrases",
}

SURVIVAL_COLUMNS: dict[str, str] = {
    **_IDENTITY,
    "n": "profiled patients with a usable outcome",
    "events": "events among them",
    "n_carriers": "carriers among them",
    "events_carriers": "events among these carriers",
    **_block("logrank", "stratified log-rank", _LOGRANK),
    "logrank_q": "Benjamini-Hochberg adjusted logrank_p",
    **_block("uni", "stratified Cox, gene alone", {**_COX, **_PH}),
    "uni_q": "Benjamini-Hochberg adjusted uni_lr_p",
    **_block("permutation", "permutation", _PERMUTATION),
    **_block("rmst", "restricted mean survival", _RMST),
    **_block("adj", "stratified Cox with covariates", {**_MODEL_COUNTS, **_COX}),
    "adj_q": "Benjamini-Hochberg adjusted adj_lr_p",
    **_block(
        "burden", "Cox with covariates and burden without the gene's own mutations", {**_MODEL_COUNTS, **_COX}
    ),
    "burden_q": "Benjamini-Hochberg adjusted burden_lr_p",
    **_block("null", "burden null", _NULL),
    "null_q": "Benjamini-Hochberg adjusted null_p_standardised",
    **_block("change", "change by burden", _CHANGE),
    **_block("cohort", "heterogeneity", _COHORT),
    **_block("control", "without checkpoint blockade", _CONTROL),
    **_ACROSS,
    **_SHRUNKEN,
    **_VERDICT,
}

_LOGIT = {name: meaning.replace("hazard", "odds") for name, meaning in _COX.items()}
_MANTEL_HAENSZEL = {
    "observed": "responders among carriers",
    "expected": "responders expected among carriers, summed over strata",
    "variance": "hypergeometric variance of observed minus expected",
    "z": "(observed - expected) / sqrt(variance); positive: carriers respond more often",
    "chi2": "Mantel-Haenszel test without continuity correction, 1 df",
    "p": "its p",
    "reason": "why there is no test",
}
_LOGIT["method"] = "estimator: maximum likelihood or Firth"
_LOGIT["coef"] = "log odds ratio of response, carriers against wild-type"

RESPONSE_COLUMNS: dict[str, str] = {
    **_IDENTITY,
    "n": "profiled patients with a known response",
    "responders": "responders among them",
    "n_carriers": "carriers among them",
    "responders_carriers": "responders among these carriers",
    "rate_carriers": "response rate of carriers",
    "rate_wild_type": "response rate of the others",
    "fisher_p": "Fisher's exact test of the pooled table, two-sided",
    "fisher_reason": "why there is no exact test",
    "fisher_q": "Benjamini-Hochberg adjusted fisher_p",
    **_block("mh", "Mantel-Haenszel over strata", _MANTEL_HAENSZEL),
    "mh_q": "Benjamini-Hochberg adjusted mh_p",
    **_block(
        "uni", "logistic regression with an intercept per stratum, gene alone", {**_MODEL_COUNTS, **_LOGIT}
    ),
    "uni_q": "Benjamini-Hochberg adjusted uni_lr_p",
    **_block(
        "adj", "logistic regression with an intercept per stratum and covariates", {**_MODEL_COUNTS, **_LOGIT}
    ),
    "adj_q": "Benjamini-Hochberg adjusted adj_lr_p",
    **_block(
        "burden",
        "logistic regression with covariates and burden without the gene's own mutations",
        {**_MODEL_COUNTS, **_LOGIT},
    ),
    "burden_q": "Benjamini-Hochberg adjusted burden_lr_p",
    **_block("null", "burden null", {n: m.replace("log-rank", "Mantel-Haenszel") for n, m in _NULL.items()}),
    "null_q": "Benjamini-Hochberg adjusted null_p_standardised",
    **_block("change", "change by burden", {n: m.replace("hazard", "odds") for n, m in _CHANGE.items()}),
    **_block("cohort", "heterogeneity", {n: m.replace("hazard", "odds") for n, m in _COHORT.items()}),
    **_ACROSS,
    **_SHRUNKEN,
    **_VERDICT,
}
