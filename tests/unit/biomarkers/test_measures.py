"""Burden, expression, scores, features, copy number, signatures, clinical attributes: cuts, shares, steps, and who has
no value."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from written_inputs import COHORT, WrittenInputs, rows

from analytics.biomarkers.errors import NotAskableError, UnknownNameError
from analytics.biomarkers.evaluate import evaluate
from analytics.immune.gene_sets import GeneSet
from analytics.immune.ssgsea import ssgsea

BURDENS = ("cohort_id", "sample_id", "n_nonsynonymous", "denominator_mb")
VALUES = ("cohort_id", "sample_id", "value", "unit")
ATTRIBUTES = ("cohort_id", "sample_id", "value_text", "value_number", "is_own_words")


def status(text: str, inputs: WrittenInputs) -> dict[str, str]:
    """sample -> its group, or its status."""
    found = evaluate(text, inputs).rows
    return {r.sample_id: r.group if r.status == "known" else r.status for r in found.itertuples()}


def reason(text: str, inputs: WrittenInputs, sample_id: str) -> str:
    found = evaluate(text, inputs).rows.set_index("sample_id")
    return str(found.loc[sample_id, "status_reason"])


def burdened(counts: dict[str, float], **about: dict[str, object]) -> WrittenInputs:
    """Samples with counts on an assay of 2 Mb."""
    return WrittenInputs(
        list(counts),
        about=about,
        burden_rows=rows(BURDENS, *[(COHORT, s, n, 2.0) for s, n in counts.items()]),
    )


# --- burden


def test_a_burden_is_cut_as_a_rate() -> None:
    inputs = burdened({"nineteen": 19, "twenty": 20})
    assert status("TMB >= 10", inputs) == {"nineteen": "tmb_lt_10", "twenty": "tmb_ge_10"}
    assert [g.label for g in evaluate("TMB >= 10", inputs).groups] == ["TMB < 10", "TMB ≥ 10"]


def test_a_rate_needs_the_size_of_the_assay() -> None:
    inputs = WrittenInputs(["s"], burden_rows=rows(BURDENS, (COHORT, "s", 500, None)))
    assert status("TMB >= 10", inputs) == {"s": "undetermined"}
    assert "size of its assay" in reason("TMB >= 10", inputs, "s")
    assert evaluate("TMB per doubling", inputs).counts()["undetermined"] == 1


def test_who_was_not_sequenced_has_no_burden_rather_than_none() -> None:
    about = {
        "unsequenced": {"is_profiled": False, "panel_id": None},
        "unbelieved": {
            "is_undetermined": True,
            "undetermined_reason": "an exome without a call of any class",
        },
    }
    inputs = WrittenInputs(["unsequenced", "unbelieved"], about=about, burden_rows=rows(BURDENS))
    assert status("TMB < 10", inputs) == {"unsequenced": "not_profiled", "unbelieved": "undetermined"}
    assert reason("TMB < 10", inputs, "unbelieved") == "an exome without a call of any class"


def test_a_burden_per_doubling_is_a_logarithm_to_the_base_of_two() -> None:
    found = evaluate("TMB per doubling", burdened({"none": 0, "seven": 14}))
    assert found.rows["value"].tolist() == [0.0, 3.0]
    assert found.scale.kind == "continuous" and found.scale.unit == "per doubling of mutations per Mb + 1"
    assert found.groups == () and found.reference is None


def test_a_burden_without_a_word_is_mutations_per_mb() -> None:
    found = evaluate("TMB", burdened({"s": 7}))
    assert found.rows["value"].tolist() == [3.5] and found.scale.unit == "per mutation per Mb"
    assert evaluate("TMB per 10", burdened({"s": 40})).rows["value"].tolist() == [2.0]


def test_the_top_share_is_taken_within_cohort_panel_and_cancer_type() -> None:
    counts = {f"small{k}": k for k in range(10)} | {f"large{k}": 100 + k for k in range(10)}
    about = {s: {"panel_id": "IMPACT341" if s.startswith("small") else "WES"} for s in counts}
    found = status("TMB top 20% within cancer_type", burdened(counts, **about))
    top = {s for s, group in found.items() if group == "tmb_top_20_percent_within_cancer_type"}
    assert top == {"small8", "small9", "large8", "large9"}
    across = status("TMB top 20% across panels", burdened(counts, **about))
    assert {s for s, group in across.items() if group.startswith("tmb_top")} == {
        f"large{k}" for k in (6, 7, 8, 9)
    }


def test_a_share_ranks_counts_where_the_size_of_the_assay_is_not_known() -> None:
    frame = rows(BURDENS, *[(COHORT, f"s{k}", k, None) for k in range(10)])
    inputs = WrittenInputs([f"s{k}" for k in range(10)], burden_rows=frame)
    assert evaluate("TMB top 20%", inputs).counts()["tmb_top_20_percent"] == 2


def test_equal_values_at_the_cut_are_not_torn_apart() -> None:
    values = [1, 2, 3, 4, 5, 6, 9, 9, 9, 10]
    found = status("TMB top 20%", burdened({f"s{k}": v for k, v in enumerate(values)}))
    assert [s for s, group in found.items() if group == "tmb_top_20_percent"] == ["s6", "s7", "s8", "s9"]


def test_the_bottom_share_is_the_top_share_of_the_opposite() -> None:
    found = status("TMB bottom 20%", burdened({f"s{k}": k for k in range(10)}))
    assert [s for s, group in found.items() if group == "tmb_bottom_20_percent"] == ["s0", "s1"]


def test_a_share_of_too_few_is_undetermined() -> None:
    inputs = burdened({f"s{k}": k for k in range(9)})
    assert set(status("TMB top 10%", inputs).values()) == {"undetermined"}
    assert reason("TMB top 10%", inputs, "s8") == "fewer than 10 samples to rank it among"


def test_a_share_of_equal_values_is_undetermined() -> None:
    assert set(status("TMB top 20%", burdened({f"s{k}": 3 for k in range(10)})).values()) == {"undetermined"}


def test_a_share_within_cancer_type_needs_a_cancer_type() -> None:
    counts = {f"s{k}": k for k in range(11)}
    inputs = burdened(counts, s0={"cancer_type": None})
    assert reason("TMB top 20% within cancer_type", inputs, "s0") == "the cancer type is not known"


def test_a_second_sample_of_a_patient_is_held_against_the_cut_of_the_others() -> None:
    again = [f"again{k}" for k in range(4)]
    counts = {f"s{k}": k for k in range(10)} | dict.fromkeys(again, 100) | {"low": 0}
    about: dict[str, object] = {s: {"is_index": False} for s in (*again, "low")}
    found = status("TMB top 20%", burdened(counts, **about))
    assert {s for s, group in found.items() if group == "tmb_top_20_percent"} == {"s8", "s9", *again}


def test_standard_deviations_of_a_burden_are_of_its_logarithm_within_panel() -> None:
    values = [0, 1, 3, 7, 15, 31]
    found = evaluate("TMB per sd", burdened({f"s{k}": v for k, v in enumerate(values)}))
    logs = [math.log2(v + 1) for v in values]
    expected = [(x - statistics.mean(logs)) / statistics.stdev(logs) for x in logs]
    assert np.allclose(found.rows["value"], expected)
    assert found.scale.unit == "per standard deviation within cohort and panel"


# --- expression


def expressed(values: dict[str, dict[str, float]], **more: object) -> WrittenInputs:
    """gene -> sample -> value."""
    frame = rows(
        ("cohort_id", "sample_id", "gene", "value", "unit"),
        *[(COHORT, s, gene, v, "log2(TPM + 1)") for gene, of in values.items() for s, v in of.items()],
    )
    samples = sorted({s for of in values.values() for s in of} | {"unmeasured"})
    return WrittenInputs(samples, expression_rows=frame, genes=[*values, "ABSENT"], **more)  # type: ignore[arg-type]


CD274 = {f"s{k}": float(v) for k, v in enumerate([1, 2, 4, 4, 9, 10])}


def test_expression_per_standard_deviation_is_within_cohort() -> None:
    found = evaluate("expr(CD274) per sd", expressed({"CD274": CD274}))
    own = found.rows.set_index("sample_id")
    mean, spread = statistics.mean(CD274.values()), statistics.stdev(CD274.values())
    for sample_id, value in CD274.items():
        assert own.loc[sample_id, "value"] == pytest.approx((value - mean) / spread)
    assert own.loc["unmeasured", "status"] == "not_profiled"
    assert found.scale.unit == "per standard deviation within cohort" and found.genes == ("CD274",)


def test_expression_is_cut_on_its_logarithmic_scale() -> None:
    found = status("expr(CD274) >= 4", expressed({"CD274": CD274}))
    assert [s for s, group in found.items() if group == "cd274_expression_ge_4"] == ["s2", "s3", "s4", "s5"]
    assert found["unmeasured"] == "not_profiled"


def test_a_median_splits_into_those_above_and_the_others() -> None:
    inputs = expressed({"CD274": CD274})
    assert evaluate("expr(CD274) above median", inputs).counts() == {
        "not_cd274_expression_above_median": 4, "cd274_expression_above_median": 2, "undetermined": 0,
        "not_profiled": 1,
    }  # fmt: skip
    assert evaluate("expr(CD274) below median", inputs).counts()["cd274_expression_below_median"] == 2


def test_too_few_samples_have_no_standard_deviation() -> None:
    inputs = expressed({"CD274": {"a": 1.0, "b": 2.0, "c": 5.0, "d": 6.0}})
    assert status("expr(CD274) per sd", inputs)["a"] == "undetermined"
    assert "fewer than 5" in reason("expr(CD274) per sd", inputs, "a")


def set_of_five(measured: int) -> WrittenInputs:
    rng = np.random.default_rng(5)
    genes = {f"G{k}": {f"s{i}": float(v) for i, v in enumerate(rng.normal(6, 2, 8))} for k in range(measured)}
    others = {f"OTHER{k}": {f"s{i}": float(v) for i, v in enumerate(rng.normal(6, 2, 8))} for k in range(20)}
    return expressed(genes | others, sets={"five": tuple(f"G{k}" for k in range(5))})


def test_expression_of_a_set_is_the_mean_of_its_genes_in_standard_deviations() -> None:
    inputs = set_of_five(4)
    matrix = inputs.expression_matrix(COHORT)[["G0", "G1", "G2", "G3"]]
    z = (matrix - matrix.mean()) / matrix.std(ddof=1)
    mean = z.mean(axis=1)
    expected = (mean - mean.mean()) / mean.std(ddof=1)
    own = evaluate("expr(set:five) per sd", inputs).rows.set_index("sample_id")["value"]
    assert np.allclose(own[expected.index], expected)


def test_a_score_is_the_projects_own_ssgsea() -> None:
    inputs = set_of_five(5)
    scores = ssgsea(
        inputs.expression_matrix(COHORT), [GeneSet("five", tuple(inputs.sets["five"]), "test", "1")]
    ).scores
    best = set(scores["five"].nlargest(2).index)
    found = status("score(set:five) top 25%", inputs)
    assert {s for s, group in found.items() if group == "five_ssgsea_score_top_25_percent"} == best


@pytest.mark.parametrize("text", ["expr(set:five) per sd", "score(set:five) above median"])
def test_a_set_of_which_less_than_80_percent_are_measured_is_not_scored(text: str) -> None:
    inputs = set_of_five(3)
    assert status(text, inputs)["s0"] == "not_profiled"
    assert "only 3 of 5 genes are measured" in reason(text, inputs, "s0")
    assert evaluate(text, inputs).notes


# --- features, signatures, copy number


def test_an_immune_feature_is_a_value_within_cohort() -> None:
    frame = rows(VALUES, *[(COHORT, f"s{k}", float(k), "fraction") for k in range(5)])
    inputs = WrittenInputs([*[f"s{k}" for k in range(5)], "none"], features={"leukocyte_fraction": frame})
    found = evaluate("feature(leukocyte_fraction) per sd", inputs).rows.set_index("sample_id")
    assert found.loc["s4", "value"] == pytest.approx(2 / statistics.stdev(range(5)))
    assert found.loc["none", "status"] == "not_profiled"


def test_a_signature_is_present_absent_or_not_to_be_said() -> None:
    frame = pd.DataFrame(
        {
            "cohort_id": COHORT, "sample_id": ["yes", "no", "few"], "is_present": [True, False, None],
            "reason": [None, None, "36 substitutions, fewer than 50"],
        }
    )  # fmt: skip
    inputs = WrittenInputs(["yes", "no", "few", "panel"], signatures={"SBS4": frame})
    assert status("signature(SBS4)", inputs) == {
        "yes": "sbs4_present", "no": "sbs4_absent", "few": "undetermined", "panel": "not_profiled",
    }  # fmt: skip
    assert reason("signature(sbs4)", inputs, "few") == "36 substitutions, fewer than 50"


def levels(*, shallow: bool) -> WrittenInputs:
    columns = ("cohort_id", "sample_id", "gene", "level", "is_in_doubt", "has_shallow_levels", "reason")
    values = {"deep": -2.0, "partial": -1.5, "one": -1.0, "neutral": 0.0, "gain": 1.0, "amp": 2.0}
    frame = rows(
        columns,
        *[(COHORT, s, "ALK", v, False, shallow, None) for s, v in values.items()],
        (COHORT, "off_panel", "ALK", None, False, shallow, "its panel does not list the gene"),
    )
    return WrittenInputs([*values, "off_panel", "unlisted"], copy_numbers=frame)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ("deep_deletion", {"deep", "partial"}), ("loss", {"deep", "partial", "one"}), ("gain", {"gain", "amp"}),
        ("amplification", {"amp"}),
    ],
)  # fmt: skip
def test_a_copy_number_change_is_a_range_of_levels(change: str, changed: set[str]) -> None:
    found = status(f"ALK:{change}", levels(shallow=True))
    assert {s for s, group in found.items() if group.startswith("alk_")} == changed
    assert found["off_panel"] == found["unlisted"] == "not_profiled"


def test_nobody_is_without_a_loss_where_shallow_losses_are_not_called() -> None:
    inputs = levels(shallow=False)
    assert set(status("ALK:loss", inputs).values()) == {"not_profiled"}
    assert status("ALK:deep_deletion", inputs)["neutral"] == "not_alk_deep_deletion"


def test_a_sample_whose_cell_is_not_understood_is_neither_changed_nor_neutral() -> None:
    columns = ("cohort_id", "sample_id", "gene", "level", "is_in_doubt", "has_shallow_levels", "reason")
    frame = rows(
        columns,
        (COHORT, "empty", "ALK", None, True, True, "the table says no level"),
        (COHORT, "amplified", "ALK", 2.0, True, True, "symbol and number are two genes"),
        (COHORT, "neutral", "ALK", 0.0, False, True, None),
    )
    inputs = WrittenInputs(["empty", "amplified", "neutral"], copy_numbers=frame)
    assert status("ALK:deep_deletion", inputs) == {
        "empty": "undetermined", "amplified": "undetermined", "neutral": "not_alk_deep_deletion",
    }  # fmt: skip
    assert reason("ALK:deep_deletion", inputs, "empty") == "the table says no level"
    assert status("ALK:amplification", inputs)["amplified"] == "alk_amplification"


# --- rearrangements


def test_a_rearranged_gene_is_no_mutated_one_and_who_was_not_looked_at_has_no_status() -> None:
    columns = ("cohort_id", "sample_id", "gene", "status", "reason")
    frame = rows(
        columns,
        (COHORT, "fused", "ALK", "rearranged", None),
        (COHORT, "plain", "ALK", "not_rearranged", None),
        (COHORT, "off_panel", "ALK", "not_profiled", "its panel does not list the gene"),
        (COHORT, "in_doubt", "ALK", "undetermined", "the gene's name cannot be read"),
    )
    inputs = WrittenInputs(["fused", "plain", "off_panel", "in_doubt", "unlisted"], rearranged=frame)
    found = status("ALK:rearranged", inputs)
    assert found == {
        "fused": "alk_rearranged",
        "plain": "not_alk_rearranged",
        "off_panel": "not_profiled",
        "in_doubt": "undetermined",
        "unlisted": "not_profiled",
    }
    assert status("ALK:fusion", inputs) == found


# --- clinical attributes


def described(name: str, *values: tuple[str, str | None, float | None]) -> WrittenInputs:
    frame = rows(ATTRIBUTES, *[(COHORT, *value, False) for value in values])
    return WrittenInputs([*[value[0] for value in values], "none"], attributes={name: frame})


def test_a_number_of_an_attribute_is_cut() -> None:
    inputs = described("AGE_YEARS", ("old", None, 65.0), ("young", None, 64.9))
    assert status("AGE_YEARS >= 65", inputs) == {
        "old": "age_years_ge_65", "young": "age_years_lt_65", "none": "not_profiled",
    }  # fmt: skip


def test_a_word_that_is_a_number_counts_and_every_other_word_is_undetermined() -> None:
    inputs = described(
        "PDL1", ("high", "50", None), ("low", "1", None), ("level", "IC2+", None), ("share", ">50", None)
    )
    assert status("PDL1 >= 50", inputs) == {
        "high": "pd_l1_ge_50", "low": "pd_l1_lt_50", "level": "undetermined", "share": "undetermined",
        "none": "not_profiled",
    }  # fmt: skip
    assert reason("PDL1 >= 50", inputs, "level") == "the source says 'IC2+', which is no number"


def test_a_word_is_asked_whatever_its_case_and_written_as_the_warehouse_spells_it() -> None:
    inputs = described("SEX", ("m", "Male", None), ("f", "Female", None))
    found = evaluate("SEX = male", inputs)
    assert found.biomarker == 'SEX = "Male"'
    assert status("SEX != MALE", inputs) == {"m": "sex_male", "f": "not_sex_male", "none": "not_profiled"}


def test_a_broader_word_does_not_say_which_of_the_narrower_ones_it_is() -> None:
    inputs = described(
        "SMOKING_HISTORY", ("former", "former", None), ("current", "current", None), ("ever", "ever", None),
        ("never", "never", None), ("unknown", "Unknown", None),
    )  # fmt: skip
    assert status('SMOKING_HISTORY = "Former"', inputs) == {
        "former": "smoking_history_former", "current": "not_smoking_history_former", "ever": "undetermined",
        "never": "not_smoking_history_former", "unknown": "undetermined", "none": "not_profiled",
    }  # fmt: skip
    assert [s for s, g in status("SMOKING_HISTORY = ever", inputs).items() if g == "smoking_history_ever"] == [
        "former", "current", "ever",
    ]  # fmt: skip


def test_a_source_that_has_other_words_of_its_own_says_neither_yes_nor_no() -> None:
    words = {
        "level": ("one", "IC2+"), "other_level": ("one", "IC1"), "both_assays": ("two", "TC1/2/3 or IC1/2/3"),
        "same_words": ("three", "IC1"), "open": ("one", "unknown"),
    }  # fmt: skip
    frame = rows(ATTRIBUTES, *[(cohort, s, word, None, True) for s, (cohort, word) in words.items()])
    about = {s: {"cohort_id": cohort} for s, (cohort, _) in words.items()}
    inputs = WrittenInputs(list(words), about=about, attributes={"PDL1": frame})
    assert status('PDL1 = "IC2+"', inputs) == {
        "level": "pd_l1_ic2", "other_level": "not_pd_l1_ic2", "both_assays": "undetermined",
        "same_words": "not_pd_l1_ic2", "open": "undetermined",
    }  # fmt: skip
    assert "no cohort says beside 'IC2+'" in reason('PDL1 = "IC2+"', inputs, "both_assays")
    shared = WrittenInputs(
        list(words), about=about, attributes={"PDL1": frame.assign(is_own_words=False)}
    )  # one vocabulary: another word is another answer
    assert status('PDL1 = "IC2+"', shared)["both_assays"] == "not_pd_l1_ic2"


def test_questions_of_unlike_kinds_are_put_together() -> None:
    inputs = described("PDL1", ("both", "60", None), ("one", "60", None), ("level", "IC2+", None))
    inputs.burden_rows = rows(
        BURDENS, (COHORT, "both", 30, 2.0), (COHORT, "one", 3, 2.0), (COHORT, "level", 3, 2.0)
    )
    inputs.about = {"none": {"is_profiled": False}}
    found = status("TMB >= 10 & PDL1 >= 50", inputs)
    assert found["both"] == "pd_l1_ge_50_and_tmb_ge_10"
    assert found["one"] == found["level"] == "not_pd_l1_ge_50_and_tmb_ge_10"
    assert found["none"] == "not_profiled"


# --- names


@pytest.mark.parametrize(
    ("text", "kind", "near"),
    [
        ("ALKK", "gene", "ALK"), ("any(KRASS)", "gene", "KRAS"), ("expr(CD27) per sd", "gene", "CD274"),
        ("any(set:fiv)", "gene set", "five"), ("SX = Male", "clinical attribute", "SEX"),
        ("SEX = Mle", "value of SEX", "Male"), ("feature(leukocyte) per sd", "immune feature", "leukocyte_fraction"),
        ("signature(SBS44)", "signature", "SBS4"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_an_error_that_names_the_near_ones(text: str, kind: str, near: str) -> None:
    inputs = described("SEX", ("m", "Male", None))
    inputs.sets = {"five": ("ALK",)}
    inputs.features = {"leukocyte_fraction": rows(VALUES)}
    inputs.signatures = {"SBS4": rows(("cohort_id", "sample_id", "is_present", "reason"))}
    with pytest.raises(UnknownNameError) as caught:
        evaluate(text, inputs)
    assert caught.value.kind == kind and near in caught.value.near
    assert str(caught.value).count(".") <= 1 and "\n" not in str(caught.value)


def test_a_gene_is_asked_by_an_earlier_symbol_and_the_note_says_so() -> None:
    inputs = WrittenInputs(["s"], aliases={"PAK7": "ALK"})
    found = evaluate("PAK7", inputs)
    assert found.biomarker == "ALK" and found.notes == ("PAK7 is ALK today.",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("AGE_YEARS", "is a clinical attribute, not a gene"),
        ("ALK >= 5", "is a gene and has nothing to compare"),
        ("AGE_YEARS = old", "is a number"),
    ],
)
def test_a_name_of_another_kind_says_how_to_ask(text: str, says: str) -> None:
    with pytest.raises(NotAskableError, match=says):
        evaluate(text, described("AGE_YEARS", ("s", None, 60.0)))
