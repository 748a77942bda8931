"""From members and expression to rows: planted sets are found, sets below coverage and groups too small say why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.enrichment.estimate import enrich
from analytics.enrichment.spec import EnrichmentSpec
from analytics.immune.gene_sets import GeneSet

SPEC = EnrichmentSpec.model_validate(
    {
        "analysis_id": "x",
        "kind": "enrichment",
        "title": "t",
        "question": "q",
        "gene": "ALK",
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
            "is_mutated": [i < n_mutated for i in range(n)],
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


def test_a_planted_set_is_enriched_and_another_is_not() -> None:
    found = enrich(SPEC, people(8), {"a": expression(shift=1.0)}, sets())
    rows = {row["feature"]: row for row in found.rows}
    assert rows["planted"]["estimate"] > 1.5 and rows["planted"]["q"] < 0.05
    assert rows["nothing"]["p"] > 0.05
    assert (rows["planted"]["n"], rows["planted"]["n_mutated"]) == (40, 8)
    assert set(rows["planted"]["leading_edge"].split(",")) <= {f"G{i}" for i in range(20)}
    assert found.result is not None and set(found.result.running) == {"planted", "nothing"}


def test_a_set_below_coverage_or_size_is_a_row_with_the_reason() -> None:
    rows = {row["feature"]: row for row in enrich(SPEC, people(8), {"a": expression()}, sets()).rows}
    assert "only 0 of 20 genes are measured" in rows["absent"]["warnings"]
    assert "15 to 500 are needed" in rows["small"]["warnings"]
    assert "estimate" not in rows["absent"] and "estimate" not in rows["small"]


def test_groups_too_small_to_rank_leave_a_reason_for_every_set() -> None:
    found = enrich(SPEC, people(1), {"a": expression()}, sets())
    assert found.result is None and len(found.used) == 0
    assert all("Only 1 cases have expression" in row["warnings"] for row in found.rows)
    assert len(found.rows) == 4


def test_only_members_with_expression_are_counted() -> None:
    found = enrich(SPEC, people(8, n=60), {"a": expression()}, sets())
    assert len(found.used) == 40
