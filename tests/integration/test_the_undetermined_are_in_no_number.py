"""Planted in a copy of the demo: people in all four states of a gene, through every kind of analysis and a scan. Every
number must be that of the same cohorts in which the undetermined and the never profiled had never been; but for what
treatment does to everybody randomised, which asks no gene.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from graph_runs import ROOT, Run

from analytics.questions.kind import kinds
from analytics.questions.specs import Question
from analytics.results.tables import STATISTIC_TABLES
from warehouse.catalog.analyses import load_analysis, run_analysis
from warehouse.packing.packed import packed_of
from warehouse.questions.scans.registered import load_scan, run_scan

CATALOG = ROOT / "catalog" / "demo"
#: One file of each kind, and what makes it quicker.
SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    "survival": ("demo_igf1r", {}),
    "comparison": ("demo_ttn_burden", {}),
    "comutation": ("demo_ttn_comutation", {}),
    "enrichment": ("demo_igf1r_enrichment", {}),
    "landscape": ("demo_igf1r_landscape", {}),
    "nomogram": ("demo_nomogram", {"n_bootstrap": 500, "n_permutations": 500, "n_refits": 100}),
    "resistance": ("demo_resistance", {"parts": ("intrinsic",)}),
    "signatures": ("demo_signatures", {}),
}
#: How an endpoint ends of which everybody randomised is counted.
RANDOMISED = ", all randomised"
SAMPLE_WIDE, OF_GENE = "planted: the sample cannot be judged", "planted: a class that is in no vocabulary"


def spec_of(kind: str) -> Question:
    """The spec without the ways that call everybody wild-type."""
    name, changes = SPECS[kind]
    spec = load_analysis(CATALOG / "analyses" / f"{name}.yaml")
    honest = {n: v for n, v in spec.variants.items() if v.unprofiled == "left_out"}  # type: ignore[attr-defined]
    return spec.model_copy(update={**changes, "variants": honest})


def genes_of(spec: Question) -> list[str]:
    sets = getattr(spec, "gene_sets", {})
    return [spec.gene] if spec.gene else [g for s in sets.values() for g in s.genes]


def chosen(con: duckdb.DuckDBPyConnection, genes: list[str]) -> pd.DataFrame:
    """Four of ten patients by their names: sample-wide undetermined, of a gene (nobody with a call of it), never
    profiled. The rest are as they were. Nobody who is in two cohorts: a scan takes one row of a person for all genes,
    whichever of them it can judge."""
    return con.execute(
        """
        select s.cohort_id, s.patient_id, s.sample_id,
            case hash(s.patient_id) % 10 when 0 then 'sample' when 1 then 'gene' when 2 then 'gene' else 'never' end
            as state
        from marts.samples as s
        where s.is_index and hash(s.patient_id) % 10 < 4
            and s.person_id not in (select person_id from marts.patients group by person_id having count(*) > 1)
            and not (
            hash(s.patient_id) % 10 in (1, 2) and exists (
                select 1 from marts.mutations as m where m.cohort_id = s.cohort_id and m.sample_id = s.sample_id
                    and list_contains(?, m.hugo_symbol)
            )
        )
        """,
        [genes],
    ).df()


def plant(con: duckdb.DuckDBPyConnection, genes: list[str], people: pd.DataFrame) -> None:
    con.register("people", people)
    of = "(cohort_id, sample_id) in (select (cohort_id, sample_id) from people where state = '{}')"
    for table in ("marts.profiling", "marts.patient_summary", "marts.analysis_frame"):
        con.execute(
            f"update {table} set is_undetermined = true, undetermined_reason = '{SAMPLE_WIDE}' "
            f"where {of.format('sample')}"
        )
        con.execute(
            f"update {table} set is_profiled = false, is_undetermined = false, undetermined_reason = null, "
            f"panel_id = null where {of.format('never')}"
        )
    con.execute(
        f"update marts.profiling set is_judged = false where {of.format('sample')} or {of.format('never')}"
    )
    con.execute(
        "delete from marts.burdens where numerator_rule = 'non-synonymous calls counted here' and "
        + of.format("sample")
    )
    con.execute(
        "insert into marts.gene_calls (cohort_id, patient_id, person_id, sample_id, hugo_symbol, n_nonsynonymous, "
        "n_truncating, is_doubtful, doubt_reason) "
        f"select cohort_id, patient_id, person_id, sample_id, genes.gene, 0, 0, true, '{OF_GENE}' "
        f"from marts.profiling cross join (select unnest(?) as gene) as genes where {of.format('gene')}",
        [genes],
    )


def take_out(con: duckdb.DuckDBPyConnection, _: list[str], people: pd.DataFrame) -> None:
    con.register("people", people)
    for table in ("marts.patients", "marts.patient_summary", "marts.analysis_frame"):
        con.execute(
            f"delete from {table} where (cohort_id, patient_id) in (select (cohort_id, patient_id) from people)"
        )


Change = Callable[[duckdb.DuckDBPyConnection, list[str], pd.DataFrame], None]


def changed(run: Run, folder: Path, genes: list[str], change: Change) -> duckdb.DuckDBPyConnection:
    copy = folder / f"{change.__name__}.duckdb"
    shutil.copy(run.published, copy)
    con = duckdb.connect(str(copy))
    con.execute("begin")  # what is planted is never written
    for table in packed_of(con, con.execute("select current_database()").fetchall()[0][0]):
        con.execute(f"create temp table unpacked as select * from {table}")
        con.execute(f"drop view {table}")
        con.execute(f"create table {table} as select * from unpacked")
        con.execute("drop table unpacked")
    change(con, genes, chosen(con, genes))
    return con


def numbers(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    kept = frame[[*keys, *(c for c in frame.select_dtypes("number") if c not in ("source_row", *keys))]]
    return kept.sort_values(keys, ignore_index=True)


def of_asked(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that ask the gene: without those of everybody randomised."""
    return table if "endpoint" not in table else table[~table["endpoint"].str.endswith(RANDOMISED)]


def assert_everybody_randomised_stays(demo: Run, found: dict[str, pd.DataFrame]) -> int:
    """What is planted changes no effect of treatment among everybody randomised; how many there are."""
    if "interaction_stats" not in found:
        return 0
    rows = found["interaction_stats"]
    planted = numbers(rows[rows["endpoint"].str.endswith(RANDOMISED)], ["stat_id"])
    published = demo.query("select * from stats.interaction_stats").set_index("stat_id")
    for name in ("n", "n_in_group", "events", "events_in_group", "estimate", "ci_low", "ci_high"):
        expected = published.loc[planted["stat_id"], name].astype(float)
        np.testing.assert_allclose(planted[name].astype(float), expected, rtol=1e-9, err_msg=name)
    return len(planted)


def test_every_kind_is_asked() -> None:
    assert set(SPECS) == set(kinds())


@pytest.mark.parametrize("kind", list(SPECS))
def test_every_number_is_that_of_the_cohorts_without_them(demo: Run, tmp_path: Path, kind: str) -> None:
    spec = spec_of(kind)
    with changed(demo, tmp_path, genes_of(spec), plant) as con:
        found = run_analysis(con, spec, spec_sha256="", run_id="").tables
    with changed(demo, tmp_path, genes_of(spec), take_out) as con:
        fewer = run_analysis(con, spec, spec_sha256="", run_id="").tables
    everybody = assert_everybody_randomised_stays(demo, found)
    assert everybody == (6 if kind == "survival" else 0)
    compared = 0
    for name in [
        n for n in found if n in STATISTIC_TABLES or n in ("comutation_results", "enrichment_stats")
    ]:
        keys = [c for c in ("stat_id", "variant", "other_gene") if c in found[name]]
        one, other = (numbers(of_asked(tables[name]), keys) for tables in (found, fewer))
        pd.testing.assert_frame_equal(one, other, rtol=1e-9, obj=name)
        compared += int(one["estimate"].notna().sum()) if "estimate" in one else 0
    assert compared > 1

    members = of_asked(found["analysis_members"])
    left = members[~members["is_member"]]
    assert (members["is_member"] ^ members["left_at"].notna()).all(), "members and left out are everyone"
    for reason, step in ((SAMPLE_WIDE, "gene status determined"), (OF_GENE, "gene status determined")):
        said = members[members["status_reason"].fillna("").str.contains(reason)]
        assert len(said) and not said["is_member"].any() and (said["status"] == "undetermined").all(), reason
        assert (left.loc[said.index, "left_at"] == step).any(), reason
    flow = of_asked(found["analysis_flow"]).groupby(["variant", "endpoint"])
    everyone = members.groupby(["variant", "endpoint"]).size()
    for way, steps in flow:
        assert steps["n"].iloc[0] == everyone[way]
        assert steps["n"].iloc[-1] + steps["n_left_out"].sum() == everyone[way]


def test_a_gene_s_row_in_a_scan_is_that_of_the_cohorts_without_them(demo: Run, tmp_path: Path) -> None:
    spec = load_scan(CATALOG / "scans" / "demo_os.yaml")
    with changed(demo, tmp_path, ["IGF1R"], plant) as con:
        found = run_scan(con, spec, spec_sha256="", run_id="").tables
    with changed(demo, tmp_path, ["IGF1R"], take_out) as con:
        fewer = run_scan(con, spec, spec_sha256="", run_id="").tables
    one, other = (t["scan_results"].set_index("gene").loc["IGF1R"] for t in (found, fewer))
    assert one["n_undetermined"] > 20 and other["n_undetermined"] == 0
    for name in (
        "n_profiled",
        "n",
        "events",
        "n_carriers",
        "events_carriers",
        "logrank_z",
        "uni_coef",
        "uni_se",
    ):
        assert one[name] == pytest.approx(other[name], rel=1e-9), name
    members = found["scan_members"]
    reasons = found["scan_flow"].set_index("step")
    assert SAMPLE_WIDE in reasons.loc["gene status determined", "reason"]
    assert members["is_member"].sum() > fewer["scan_members"]["is_member"].sum(), (
        "they are in the other genes' models"
    )
