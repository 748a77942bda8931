"""A whole comparison over frames of its own: what is said of values, of features that nobody has, of lists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.comparison.kind import KIND
from analytics.comparison.source import ListedSet, MeasureValues, SetCoverage
from analytics.comparison.spec import ComparisonSpec
from analytics.results.gathered import Provenance

N = 60


def spec(**measures):
    return ComparisonSpec.model_validate(
        {
            "analysis_id": "q", "kind": "comparison", "title": "T", "question": "?", "biomarker": "ALK",
            "cohorts": ["a"], "registered_on": "2026-11-21", "icb_only": False, "measures": measures,
            "variants": {"default": {"description": "d"}},
        }
    )  # fmt: skip


def long(feature, values, unit="score"):
    return pd.DataFrame(
        {
            "cohort_id": "a", "sample_id": [f"S{i}" for i in range(len(values))], "feature": feature,
            "value": np.asarray(values, dtype=float), "unit": unit,
        }
    )  # fmt: skip


class Frames:
    """A source that answers with what it was given."""

    def __init__(self, listed=(), **values):
        self.values, self.listed = values, listed

    def analysis_frame(self, gene, endpoint, cohort_ids, other_genes=()):
        columns = {
            "cohort_id": "a", "patient_id": [f"P{i}" for i in range(N)], "person_id": [f"P{i}" for i in range(N)],
            "precedence": 1, "sample_id": [f"S{i}" for i in range(N)], "n_mutations": [int(i < 20) for i in range(N)],
            "status": ["mutated"] * 20 + ["wild_type"] * (N - 20), "status_reason": None, "is_icb_treated": True,
            "n_calls": 5, "n_nonsynonymous": 10.0, "time_months": 1.0, "event": True, "entry_months": 0.0,
            "origin": "diagnosis", "clock_family": "diagnosis", "is_baseline": True, "source_file_id": "f",
            "source_row": 1,
        }  # fmt: skip
        return pd.DataFrame(columns)

    def measure_values(self, name, measure, gene, cohort_ids):
        return self.values[name]

    def listed_sets(self, names, collection):
        return [s for s in self.listed if not names or s.gene_set_id in names]


def run(source, asked):
    tables = KIND.run(source, asked, Provenance("", "")).tables
    return {
        name: tables[name].set_index("estimate_key", drop=False)
        for name in ("comparison_stats", "frequency_stats")
        if name in tables
    }


FEATURES = {"source": "features", "title": "Features", "names": ["low", "nobody"], "summary_key": "summed"}


@pytest.fixture
def shifted():
    rng = np.random.default_rng(1)
    return rng.normal(size=N) + np.where(np.arange(N) < 20, 2.0, 0.0)


def test_a_feature_that_nobody_has_is_a_row_with_the_reason_and_the_summary_counts_it(shifted):
    values = MeasureValues(long("low", shifted), reasons={"nobody": "No cohort of a has the feature nobody."})
    found = run(Frames(features=values), spec(features=FEATURES))
    row = found["comparison_stats"].loc["features.nobody.wilcoxon"]
    assert (row["estimator"], row["n"], row["n_missing"]) == ("wilcoxon", 0, N)
    assert row["warnings"] == ["No cohort of a has the feature nobody."]
    summary = found["frequency_stats"].loc["summed"]
    assert (summary["numerator"], summary["denominator"], summary["estimate"]) == (1, 1, 1.0)
    assert (summary["group_label"], summary["n_in_group"]) == ("ALK mutated", 20)
    assert summary["warnings"] == [
        "1 of 1 differ at q < 0.05 (1 higher in the mutated).",
        "1 could not be tested, the first because: No cohort of a has the feature nobody.",
    ]


def test_a_measure_that_cannot_be_had_is_one_row_that_says_why():
    found = run(Frames(features=MeasureValues(unavailable="There are none.")), spec(features=FEATURES))
    table = found["comparison_stats"]
    assert table["estimate_key"].tolist() == ["features.wilcoxon"]
    assert table["warnings"].iloc[0] == ["There are none."]


def test_a_note_stands_on_every_row_and_a_few_values_are_said_to_be_few(shifted):
    values = MeasureValues(
        long("low", shifted).iloc[10:35], note="As listed in 2024.", notes={"low": "Not scored in b."}
    )
    row = run(Frames(features=values), spec(features=FEATURES))["comparison_stats"].iloc[0]
    assert row["warnings"] == [
        "As listed in 2024.", "Not scored in b.", "25 of 60 members have a value (10 mutated)."
    ]  # fmt: skip


def test_a_scored_set_carries_its_checksum_and_coverage_and_the_size_of_its_list(shifted):
    asked = {"source": "gene_sets", "title": "Sets", "names": ["low", "gone"], "collection": "c"}
    values = MeasureValues(long("low", shifted), coverage={"low": SetCoverage("abc", 0.9)})
    listed = [ListedSet("low", "v1", 12, "0123456789abcdef")]
    found = run(Frames(listed, sets=values), spec(sets=asked))
    row = found["comparison_stats"].loc["sets.low.wilcoxon"]
    assert (row["gene_set_sha256"], row["coverage"]) == ("abc", 0.9)
    sizes = found["frequency_stats"]
    assert sizes.loc["gene_set.n.low", ["estimate", "unit"]].tolist() == [12, "genes"]
    assert sizes.loc["gene_set.n.low", "warnings"] == ["As listed: v1; sha256 0123456789ab."]
    assert sizes.loc["gene_set.n.gone", "warnings"] == ["The lists have no such set."]


def test_medians_of_unlike_units_put_together_are_left_out(shifted):
    frame = long("low", shifted)
    frame["unit"] = np.where(np.arange(N) % 2 == 0, "score", "share")
    row = run(Frames(features=MeasureValues(frame)), spec(features=FEATURES))["comparison_stats"].iloc[0]
    assert row[["median_in_group", "median_in_reference", "median_difference"]].isna().all()
    assert not pd.isna(row["cliffs_delta"])
