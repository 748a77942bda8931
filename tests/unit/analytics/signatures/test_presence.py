"""Presence by status: printed examples, R-checked parts reused, confounding by cancer type, bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.errors import EmptyGroupError, InvalidColumnError, NoRowsError
from analytics.signatures.presence import compare_presence


def frame_of(present_mutated, n_mutated, present_other, n_other):
    status = [True] * n_mutated + [False] * n_other
    present = [i < present_mutated for i in range(n_mutated)] + [i < present_other for i in range(n_other)]
    return pd.DataFrame({"SBS7a": present}), pd.Series(status, name="in_group")


def test_rates_difference_and_fishers_p_of_a_two_by_two_table():
    presence, status = frame_of(52, 199, 170, 994)
    row = compare_presence(presence, status).iloc[0]
    assert (row["n_mutated"], row["n_other"], row["present_mutated"], row["present_other"]) == (
        199,
        994,
        52,
        170,
    )
    assert row["percent_mutated"] == pytest.approx(26.13, abs=0.005)
    assert row["percent_other"] == pytest.approx(17.10, abs=0.005)
    assert row["difference_percent"] == pytest.approx(row["percent_mutated"] - row["percent_other"])
    assert row["difference_percent_ci_low"] < row["difference_percent"] < row["difference_percent_ci_high"]
    assert row["p"] == pytest.approx(stats.fisher_exact([[52, 147], [170, 824]]).pvalue)


def test_unknown_presence_or_status_is_in_no_denominator():
    presence, status = frame_of(5, 20, 6, 40)
    presence = presence.astype(object)
    presence.iloc[0, 0] = None
    status = status.astype(object)
    status.iloc[-1] = None
    row = compare_presence(presence, status).iloc[0]
    assert (row["n_mutated"], row["n_other"], row["present_mutated"]) == (19, 39, 4)


def test_a_difference_made_by_cancer_type_alone_disappears_within_it():
    # Mutation and signature are both common in melanoma and rare elsewhere, and unrelated within each.
    cells = [
        ("melanoma", True, 40, 50),
        ("melanoma", False, 40, 50),
        ("lung", True, 1, 10),
        ("lung", False, 40, 400),
    ]
    rows = [(kind, mutated, i < present) for kind, mutated, present, n in cells for i in range(n)]
    table = pd.DataFrame(rows, columns=["kind", "in_group", "SBS7a"])
    row = compare_presence(table[["SBS7a"]], table["in_group"], strata=table["kind"]).iloc[0]
    assert row["p"] < 1e-6
    assert row["mh_odds_ratio"] == pytest.approx(1.0)
    assert row["mh_p"] == pytest.approx(1.0)
    assert row["n_informative_strata"] == 2


def test_q_values_run_over_the_family_and_untested_features_have_a_reason():
    presence, status = frame_of(9, 20, 3, 40)
    presence["never"] = False
    presence["always"] = True
    presence["unknown"] = pd.Series([None] * 60, dtype=object)
    presence["SBS2"] = presence["SBS7a"].to_numpy()[::-1]
    table = compare_presence(presence, status, family="COSMIC").set_index("feature")
    assert table.loc["never", "reason"] == "present in no sample"
    assert table.loc["always", "reason"] == "present in every sample"
    assert "nothing to compare" in table.loc["unknown", "reason"]
    assert table["p"].notna().sum() == 2
    tested = table.loc[["SBS7a", "SBS2"]]
    np.testing.assert_allclose(tested["q_bh"], stats.false_discovery_control(tested["p"]))
    assert (table["family"] == "COSMIC").all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda p, s: (p[[]], s), NoRowsError, "no feature"),
        (lambda p, s: (p, s.map({True: True})), EmptyGroupError, "other group"),
        (lambda p, s: (p.astype(int) * 3, s), InvalidColumnError, "not true, false"),
    ],
)
def test_bad_input_gets_one_sentence(change, error, words):
    with pytest.raises(error, match=words):
        compare_presence(*change(*frame_of(5, 10, 5, 20)))
