"""How often something is present among mutated and other samples: signatures, pathways, other genes.

Each row has both rates with exact intervals, the difference with Newcombe's, Fisher's test, and a q-value
over the family. What does NOT belong here: deciding what is present (`ExposureResult.presence`, the tri-state
gene status), numbers compared by rank (`analytics.immune.comparisons`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.engine.multiplicity import benjamini_hochberg
from analytics.errors import EmptyGroupError, InvalidColumnError, NoRowsError
from analytics.response.rates import exact_rate, newcombe_difference
from analytics.response.stratified_tables import mantel_haenszel, strata_counts
from analytics.response.two_by_two import fisher_exact_test


def compare_presence(
    presence: pd.DataFrame,
    in_group: pd.Series,
    *,
    family: str = "signatures",
    strata: pd.Series | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Compare every true/false/missing column of `presence` [sample, feature] by status.

    `in_group` is true/false/missing on the same index; missing in either is left out of that row.
    `mh_odds_ratio` and `mh_p` (Mantel-Haenszel, NaN without `strata`) hold cancer type or assay fixed: a
    signature that is common where the mutation is common differs crudely without any link between them.

    Columns: family, feature, n_mutated, n_other, present_mutated, present_other, percent_* with exact
    bounds, difference_percent with bounds, odds_ratio with bounds, p, q_bh, mh_odds_ratio with bounds, mh_p, reason.
    Raises NoRowsError, EmptyGroupError (nobody in a group), InvalidColumnError (other values).
    """
    if presence.shape[1] == 0:
        raise NoRowsError("There is no feature to compare: give one column per feature.")
    status = _tri_state(in_group.reindex(presence.index), str(in_group.name or "in_group"))
    for flag, word in ((1.0, "mutated"), (0.0, "other")):
        if not (status == flag).any():
            raise EmptyGroupError(f"No sample is in the {word} group: check the sample identifiers.")
    rows = [
        {
            "feature": str(name),
            **_compare_one(_tri_state(presence[name], str(name)), status, strata, conf_level),
        }
        for name in presence.columns
    ]
    table = pd.DataFrame(rows)
    table.insert(0, "family", family)
    table["q_bh"] = benjamini_hochberg(table["p"].to_numpy(dtype=float))
    return table


def _tri_state(values: pd.Series, name: str) -> pd.Series:
    known = values.dropna()
    if not bool(known.isin([True, False]).all()):
        raise InvalidColumnError(
            f"Column '{name}' is not true, false or missing: turn it into a boolean first."
        )
    return values.astype(object).map({True: 1.0, False: 0.0}).astype(float)


def _compare_one(
    present: pd.Series, status: pd.Series, strata: pd.Series | None, conf_level: float
) -> dict[str, object]:
    known = present.notna() & status.notna()
    x, y = present[known], status[known]
    n_mutated, n_other = int((y == 1).sum()), int((y == 0).sum())
    a, b = int(x[y == 1].sum()), int(x[y == 0].sum())
    names = ("percent_mutated", "percent_other", "difference_percent", "odds_ratio")
    row: dict[str, object] = {
        "n_mutated": n_mutated,
        "n_other": n_other,
        "present_mutated": a,
        "present_other": b,
        **{f"{name}{part}": np.nan for name in names for part in ("", "_ci_low", "_ci_high")},
        "p": np.nan,
        "mh_odds_ratio": np.nan,
        "mh_ci_low": np.nan,
        "mh_ci_high": np.nan,
        "mh_p": np.nan,
        "n_informative_strata": 0,
        "reason": None,
    }
    if min(n_mutated, n_other) == 0:
        row["reason"] = f"{n_mutated} mutated and {n_other} other samples are known: nothing to compare"
        return row
    for name, yes, n in (("percent_mutated", a, n_mutated), ("percent_other", b, n_other)):
        rate = exact_rate(yes, n, conf_level)
        _put(row, name, 100 * rate.rate, 100 * rate.ci_low, 100 * rate.ci_high)
    gap = newcombe_difference(a, n_mutated, b, n_other, conf_level)
    _put(row, "difference_percent", 100 * gap.difference, 100 * gap.ci_low, 100 * gap.ci_high)
    if a + b in (0, n_mutated + n_other):
        row["reason"] = "present in no sample" if a + b == 0 else "present in every sample"
        return row
    fisher = fisher_exact_test(((a, n_mutated - a), (b, n_other - b)), conf_level)
    _put(row, "odds_ratio", fisher.odds_ratio, fisher.ci_low, fisher.ci_high)
    row["p"] = fisher.p
    if strata is not None:
        within = strata.reindex(x.index)
        held = mantel_haenszel(*strata_counts(x, y, within), conf_level)
        row |= {
            "mh_odds_ratio": held.odds_ratio,
            "mh_ci_low": held.ci_low,
            "mh_ci_high": held.ci_high,
            "mh_p": held.p,
            "n_informative_strata": held.n_informative,
        }
    return row


def _put(row: dict[str, object], name: str, value: float, low: float, high: float) -> None:
    row[name], row[f"{name}_ci_low"], row[f"{name}_ci_high"] = value, low, high
