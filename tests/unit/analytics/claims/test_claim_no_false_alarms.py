"""Numbers that were computed and then rounded never contradict one another."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from claim_builders import hazard_ratio, number, p_claim, relation
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import CoxPHFitter
from lifelines.statistics import logrank_test
from scipy import stats

from analytics.claims.consistency import find_inconsistencies

Z = stats.norm.ppf(0.975)


def printed_p(p: float, decimals: int) -> str:
    return f"<{10.0**-decimals:.{decimals}f}" if p < 10.0**-decimals else f"={p:.{decimals}f}"


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    log_hr=st.floats(-2.5, 2.5),
    se=st.floats(0.03, 1.5),
    decimals=st.integers(1, 4),
    p_decimals=st.integers(1, 4),
)
def test_a_rounded_wald_result_raises_nothing(
    log_hr: float, se: float, decimals: int, p_decimals: int
) -> None:
    hr, low, high = (math.exp(log_hr + k * se) for k in (0, -Z, Z))
    p = 2 * stats.norm.sf(abs(log_hr) / se)
    text = " ".join(f"{value:.{decimals}f}" for value in (hr, low, high))
    assert find_inconsistencies([hazard_ratio(text, printed_p(p, p_decimals))]) == ()


def survival(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(80, 400))
    mutated = rng.random(n) < rng.uniform(0.1, 0.5)
    times = rng.exponential(12 / np.exp(rng.uniform(-0.9, 0.9) * mutated))
    censored = rng.uniform(2, 40, n)
    return pd.DataFrame(
        {
            "os_months": np.minimum(times, censored),
            "is_event": times <= censored,
            "mutated": mutated.astype(float),
        }
    )


@pytest.mark.parametrize("seed", range(25))
def test_a_cox_model_of_real_rows_rounded_to_two_digits_raises_nothing(seed: int) -> None:
    data = survival(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = CoxPHFitter().fit(data, "os_months", "is_event").summary.loc["mutated"]
    text = " ".join(
        f"{row[name]:.2f}" for name in ("exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%")
    )
    assert find_inconsistencies([hazard_ratio(text, printed_p(row["p"], 3))]) == ()
    group = data["mutated"] == 1
    log_rank = logrank_test(
        data["os_months"][group], data["os_months"][~group], data["is_event"][group], data["is_event"][~group]
    )
    beside = hazard_ratio(text, printed_p(log_rank.p_value, 3), p_estimate_key="os.log_rank")
    found = find_inconsistencies([beside])
    straddles = (row["p"] < 0.05) != (log_rank.p_value < 0.05)
    assert [f.rule_id for f in found] in ([], ["interval_against_significance"]) if straddles else not found


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    n_1=st.integers(5, 80), n_2=st.integers(5, 300), rate_1=st.floats(0, 1), rate_2=st.floats(0, 1),
    decimals=st.sampled_from([0, 1, 2, 2, 2]), extra=st.integers(0, 100),
    test=st.sampled_from(["fisher", "pearson", "yates"]),
)  # fmt: skip
def test_rounded_rates_and_their_p_raise_nothing(
    n_1: int, n_2: int, rate_1: float, rate_2: float, decimals: int, extra: int, test: str
) -> None:
    k_1, k_2 = round(rate_1 * n_1), round(rate_2 * n_2)
    table = [[k_1, n_1 - k_1], [k_2, n_2 - k_2]]
    if test == "fisher" or 0 in (k_1 + k_2, n_1 + n_2 - k_1 - k_2):
        p = stats.fisher_exact(table).pvalue
    else:
        p = stats.chi2_contingency(table, correction=test == "yates").pvalue
    total = n_1 + n_2 + extra
    claims = [
        p_claim("X.p", printed_p(p, 3)),
        number("X.a", f"{100 * k_1 / n_1:.{decimals}f}", "proportion", n_total=total),
        number("X.b", f"{100 * k_2 / n_2:.{decimals}f}", "proportion", n_total=total),
    ]
    assert (
        find_inconsistencies(claims, [relation("compares", "X.p", ("X.a", "group_1"), ("X.b", "group_2"))])
        == ()
    )


@settings(max_examples=200, derandomize=True, deadline=None)
@given(counts=st.lists(st.integers(0, 3000), min_size=2, max_size=9), decimals=st.integers(0, 3))
def test_counts_their_total_and_their_rounded_shares_raise_nothing(counts: list[int], decimals: int) -> None:
    total = sum(counts)
    if total == 0:
        return
    whole = number("X.t", str(total))
    parts = [number(f"X.n{i}", str(k)) for i, k in enumerate(counts)]
    shares = [
        number(f"X.s{i}", f"{100 * k / total:.{decimals}f}", "proportion", numerator=k, denominator=total)
        for i, k in enumerate(counts)
    ]
    hundred = number("X.all", "100", "proportion")
    of = [
        relation("ratio_equals", f"X.s{i}", (f"X.n{i}", "numerator"), ("X.t", "denominator"))
        for i in range(len(counts))
    ]
    sums = [
        relation("sum_equals", "X.t", *((part.claim_id, "part") for part in parts)),
        relation("sum_equals", "X.all", *((share.claim_id, "part") for share in shares)),
    ]
    assert find_inconsistencies([whole, *parts, *shares, hundred], [*of, *sums]) == ()


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    treated=st.integers(20, 200),
    responders=st.floats(0.1, 0.9),
    events=st.floats(0.1, 1),
    decimals=st.integers(0, 1),
)
def test_a_share_of_the_implied_responders_raises_nothing(
    treated: int, responders: float, events: float, decimals: int
) -> None:
    n_responders = max(round(responders * treated), 1)
    n_events = round(events * n_responders)
    claims = [
        number("X.share", f"{100 * n_events / n_responders:.{decimals}f}", "proportion"),
        number("X.n", str(n_events)),
        number("X.of", f"{100 * n_responders / treated:.{decimals}f}", "proportion", denominator=treated),
    ]
    of = relation("ratio_equals", "X.share", ("X.n", "numerator"), ("X.of", "denominator"))
    assert find_inconsistencies(claims, [of]) == ()
