"""From members and expression to rows: planted sets are found, sets below coverage and groups too small say why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.enrichment.estimate import Enrichment, enrich
from analytics.enrichment.spec import EnrichmentSpec
from analytics.immune.gene_sets import GeneSet
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

SPEC = EnrichmentSpec.model_validate(
    {
        "analysis_id": "x",
        "kind": "enrichment",
        "title": "t",
        "question": "q",
        "biomarker": "ALK",
        "cohorts": ["a"],
        "collection": "c",
        "permutations": 200,
        "registered_on": "2026-11-21",
        "variants": {"default": {"description": "d"}},
    }
)


def people(n_mutated: int, n: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cohort_id": "a",
            "sample_id": [f"S{i}" for i in range(n)],
            "in_group": [i < n_mutated for i in range(n)],
        }
    )


def expression(n: int = 40, shift: float = 0.0) -> pd.DataFrame:
    values = np.random.default_rng(11).normal(size=(n, 300))
    values[:8, :20] += shift
    return pd.DataFrame(values, index=[f"S{i}" for i in range(n)], columns=[f"G{i}" for i in range(300)])


def sets() -> list[GeneSet]:
    return [
        GeneSet("planted", tuple(f"G{i}" for i in range(20)), "s", "1"),
        GeneSet("nothing", tuple(f"G{i}" for i in range(100, 130)), "s", "1"),
        GeneSet("absent", tuple(f"H{i}" for i in range(20)), "s", "1"),
        GeneSet("small", ("G1", "G2"), "s", "1"),
    ]


def enriched(
    members: pd.DataFrame, matrices: dict[str, pd.DataFrame], named: RowSets | None = None
) -> Enrichment:
    scope = Scope("x", "default", "expression")
    return enrich(scope, named or RowSets(), SPEC, members, matrices, sets(), Contrast.of_gene("ALK"))


def test_a_planted_set_is_enriched_and_another_is_not() -> None:
    found = enriched(people(8), {"a": expression(shift=1.0)})
    rows = {row.feature: row for row in found.rows}
    planted = rows["planted"]
    assert planted.key == "gsea.nes.planted"
    assert planted.estimate is not None and planted.estimate > 1.5
    assert planted.q is not None and planted.q < 0.05
    assert rows["nothing"].p is not None and rows["nothing"].p > 0.05
    assert (planted.n, planted.counts.n_in_group) == (40, 8)
    assert (planted.counts.group_label, planted.counts.reference_label) == ("ALK mutated", "ALK wild-type")
    assert planted.leading_edge and set(planted.leading_edge) <= {f"G{i}" for i in range(20)}
    assert found.result is not None and set(found.result.running) == {"planted", "nothing"}


def test_a_set_below_coverage_or_size_is_a_row_with_the_reason() -> None:
    rows = {row.feature: row for row in enriched(people(8), {"a": expression()}).rows}
    assert "only 0 of 20 genes are measured" in rows["absent"].warnings[0]
    assert "15 to 500 are needed" in rows["small"].warnings[0]
    assert rows["absent"].estimate is None and rows["small"].estimate is None
    assert rows["absent"].estimator == rows["small"].estimator == "gsea"


def test_groups_too_small_to_rank_leave_a_reason_for_every_set() -> None:
    named, members = RowSets(), people(1)
    found = enriched(members, {"a": expression()}, named)
    assert found.result is None and not named.holds(found.rows[0].row_set, members.index).any()
    assert all("Only 1 cases have expression" in row.warnings[0] for row in found.rows)
    assert len(found.rows) == 4


def test_only_members_with_expression_are_counted() -> None:
    named, members = RowSets(), people(8, n=60)
    found = enriched(members, {"a": expression()}, named)
    assert {row.n for row in found.rows} == {40}
    counted = named.holds(found.rows[0].row_set, members.index)
    assert members.loc[counted, "sample_id"].tolist() == [f"S{i}" for i in range(40)]
