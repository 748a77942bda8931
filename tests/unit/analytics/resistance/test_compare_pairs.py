"""Shared, private or too shallow to say, and who is moved."""

import numpy as np
import pandas as pd
import pytest
from resistance_builders import call, calls, no_segments, segment, tumour

from analytics.errors import MissingColumnError
from analytics.resistance.evidence.samples import Place
from analytics.resistance.pairs.compare import PairSettings, compare_pair
from analytics.resistance.pairs.compared import SampleShelf, compare_pairs
from analytics.resistance.pairs.power import detection_power


def presence(comparison):
    return comparison.mutations.set_index("variant_key")["presence"].to_dict()


def test_a_mutation_absent_where_it_would_have_been_seen_is_private_and_elsewhere_nobody_can_say():
    first = calls(*tumour(1, 40, 0.8, 120))
    second = calls(
        *tumour(2, 40, 0.8, 120), call("clonal", 48, 120), call("hardly", 3, 120), call("unread", None, None)
    )
    found = presence(compare_pair(first, second))
    assert found["clonal"] == "private_to_second"
    assert found["hardly"] == "too_shallow_to_say"
    assert found["unread"] == "too_shallow_to_say"
    assert found["c0"] == "shared"


def test_in_a_shallow_or_impure_sample_nothing_is_called_absent():
    deep = [*tumour(3, 60, 0.8, 120), call("clonal", 48, 120)]
    shallow = compare_pair(calls(*tumour(4, 60, 0.8, 6)), calls(*deep))
    impure = compare_pair(calls(*tumour(5, 60, 0.1, 60)), calls(*deep))
    assert presence(shallow)["clonal"] == "too_shallow_to_say"
    assert presence(impure)["clonal"] == "too_shallow_to_say"
    assert impure.purity_ratio > 4 and any("unlike purity" in w for w in impure.warnings)


def test_as_published_every_absence_counts():
    first, second = calls(*tumour(3, 40, 0.8, 6)), calls(*tumour(4, 40, 0.8, 120), call("x", 4, 120))
    found = compare_pair(first, second, PairSettings(use_power=False))
    assert presence(found)["x"] == "private_to_second"


@pytest.mark.parametrize("depth", [5, 8, 12, 20, 40])
def test_false_absences_are_as_rare_as_the_power_promises(depth):
    """2,000 shared clonal mutations, each called in the second sample from three reads on. Power of 80 % allows a fifth
    of them to be missed and called private; where the power is below, none may be."""
    rng = np.random.default_rng(8)
    n = 2000
    depths = np.maximum(rng.poisson(depth, n), 1)
    alts = rng.binomial(depths, 0.35)
    reads = enumerate(zip(alts, depths, strict=True))
    second = [call(f"c{i}", int(a), int(d)) for i, (a, d) in reads if a >= 3]
    comparison = compare_pair(calls(*tumour(9, n, 0.7, 130)), calls(*second))
    private = list(presence(comparison).values()).count("private_to_first")
    assert private / n < 0.2
    if detection_power(depth, 0.35) < 0.5:
        assert private / n < 0.05, "only the sites that a deep carrier promises to be deep"


def test_samples_that_share_nothing_are_not_compared_in_silence():
    one, other = calls(*tumour(1, 40, 0.8, 100, "a")), calls(*tumour(2, 40, 0.8, 100, "b"))
    found = compare_pair(one, other)
    assert not found.is_comparable and "share 0 mutations of 40" in found.warnings[0]


def test_a_subclone_that_grows_is_rising_and_purity_alone_moves_nobody():
    rng = np.random.default_rng(10)
    first = [
        *tumour(21, 150, 0.8, 200),
        *(call(f"g{i}", int(a), 200) for i, a in enumerate(rng.binomial(200, 0.12, 12))),
    ]
    second = [
        *tumour(22, 150, 0.5, 200),
        *(call(f"g{i}", int(a), 200) for i, a in enumerate(rng.binomial(200, 0.25, 12))),
    ]
    rows = compare_pair(calls(*first), calls(*second)).mutations.set_index("variant_key")
    grown = rows.index.str.startswith("g")
    assert (rows.loc[grown, "shift_word"] == "rising").all()
    assert (rows.loc[~grown, "shift_word"] != "no change shown").mean() < 0.03


def test_a_sample_without_the_needed_columns_is_an_error_that_names_them():
    with pytest.raises(MissingColumnError, match="t_depth"):
        compare_pair(calls(call("a", 1, 2)).drop(columns="t_depth"), calls(call("a", 1, 2)))


def shelf(mutations, segments):
    rows = [m.assign(cohort_id="c", sample_id=s) for s, m in mutations.items()]
    parts = [s.assign(cohort_id="c", sample_id=k) for k, s in segments.items()] or [
        no_segments().assign(cohort_id=[], sample_id=[])
    ]
    return SampleShelf(
        pd.concat(rows), pd.concat(parts), {}, {"B2M": Place("1", 1000), "JAK1": Place("1", 1000)}
    )


PAIR = pd.DataFrame(
    {
        "cohort_id": ["c"], "pair_id": ["c:A>E"], "patient_id": ["1"], "person_id": ["c:1"],
        "role": ["baseline to progression"],
        "first_sample_id": ["A"], "second_sample_id": ["E"],
    }
)  # fmt: skip
B2M = {"hugo_symbol": "B2M", "is_truncating": True, "variant_classification": "Frame_Shift_Del"}


def events_of(first, second, segments):
    compared = compare_pairs(
        PAIR, shelf({"A": first, "E": second}, segments), {"mhc": ["B2M"], "jak": ["JAK1"]}, PairSettings(),
        ["baseline to progression"],
    )  # fmt: skip
    return compared.events.to_dict("records")


def test_a_loss_that_was_not_there_before_is_acquired():
    clones = (tumour(1, 60, 0.8, 120), tumour(2, 60, 0.8, 120))
    lost = call("b2m", 80, 120, **B2M)
    [event] = events_of(calls(*clones[0]), calls(*clones[1], lost), {"A": segment(0.0), "E": segment(-0.74)})[
        :1
    ]
    assert (event["hugo_symbol"], event["timing"], event["biallelic"], event["confidence"]) == (
        "B2M", "acquired", "biallelic", "high",
    )  # fmt: skip
    assert event["power"] > 0.99 and any("absent (power 100 %)" in words for words in event["evidence"])


def test_a_loss_behind_a_shallow_baseline_is_not_called_acquired():
    lost = call("b2m", 80, 120, **B2M)
    [event] = events_of(calls(*tumour(1, 60, 0.8, 4)), calls(*tumour(2, 60, 0.8, 120), lost), {})
    assert (event["timing"], event["biallelic"]) == ("cannot say when", "biallelic")
    assert any("too shallow" in words for words in event["evidence"])


def test_a_loss_in_both_samples_is_intrinsic_and_one_hit_is_no_loss():
    lost = call("b2m", 80, 120, **B2M)
    one_hit = call("jak", 48, 120, **{**B2M, "hugo_symbol": "JAK1"})
    events = events_of(
        calls(*tumour(1, 60, 0.8, 120), lost), calls(*tumour(2, 60, 0.8, 120), lost, one_hit), {}
    )
    assert {e["hugo_symbol"]: e["timing"] for e in events} == {"B2M": "intrinsic", "JAK1": "no loss shown"}
    assert {e["hugo_symbol"]: e["biallelic"] for e in events} == {"B2M": "biallelic", "JAK1": "monoallelic"}


def test_copies_lost_without_a_mutation_are_an_event_of_one_allele():
    events = events_of(
        calls(*tumour(1, 60, 0.8, 120)),
        calls(*tumour(2, 60, 0.8, 120)),
        {"A": segment(0.0), "E": segment(-0.74)},
    )
    assert {e["biallelic"] for e in events} == {"monoallelic"} and events[0]["mutation"] == ()


def test_without_pairs_the_tables_are_empty_and_nothing_fails():
    compared = compare_pairs(
        PAIR.iloc[:0], shelf({"A": calls(*tumour(1, 5, 0.8, 50))}, {}), {"mhc": ["B2M"]}, PairSettings(), []
    )
    assert compared.pairs.empty and compared.events.empty and compared.mutations.empty
