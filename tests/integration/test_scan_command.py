"""``icb scan`` as a user types it: a scan of one's own, figures on disk, and the registry of every hypothesis."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from command_line import command
from graph_runs import Run

from warehouse.questions.registry import registry_file


@pytest.fixture(scope="module")
def demo(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The published demo with a registry of its own: what other tests ask meanwhile is written into theirs."""
    data = tmp_path_factory.mktemp("asked")
    for shared in ("published", "demo_sources"):
        (data / shared).symlink_to(demo.data / shared, target_is_directory=True)
    return replace(demo, data=data, environment=demo.environment | {"ICB_DATA": str(data)})


def registered(demo: Run) -> list[dict[str, object]]:
    path = registry_file(demo.settings)
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def test_a_scan_of_ones_own_has_the_numbers_of_the_published_one_and_says_that_it_is_exploratory(
    demo: Run,
) -> None:
    """The question of catalog/demo/scans/demo_trials_os.yaml, asked at the command line."""
    said = demo.icb(
        "scan", "--cohort", "demo_trial_alpha", "--cohort", "demo_trial_beta", "--strata", "cohort_id",
        "--control", "demo_trial_alpha", "--control", "demo_trial_beta", "--top", "500", "--format", "json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert "Exploratory" in said.stderr and "87 hypotheses" in said.stderr
    asked = {row["gene"]: row for row in json.loads(said.stdout)}
    published = demo.query("select * from stats.scan_results where scan_id = 'demo_trials_os'").set_index(
        "gene"
    )
    assert set(asked) == set(published.index)
    for gene in ("IGF1R", "TP53", "ALK"):
        assert asked[gene]["hr"] == pytest.approx(math.exp(published.loc[gene, "uni_coef"]), rel=1e-9)
        assert asked[gene]["q"] == pytest.approx(published.loc[gene, "primary_q"], rel=1e-9)
        assert asked[gene]["control_verdict"] == published.loc[gene, "control_verdict"]


@pytest.mark.parametrize(
    ("definition", "counted"),
    [
        ("truncating", "is_truncating"),
        ("nonsynonymous", "is_nonsynonymous"),
    ],
)
def test_each_definition_counts_the_carriers_that_sql_counts(
    demo: Run, definition: str, counted: str
) -> None:
    found = demo.json(
        "scan", "--cohort", "demo_msk_2018", "--definition", definition, "--gene", "TP53", "--draws", "0"
    )
    carriers = demo.value(
        f"select count(distinct m.patient_id) from marts.mutations as m "
        f"inner join marts.samples as s using (cohort_id, sample_id) "
        f"inner join marts.survival_outcomes as o on o.cohort_id = m.cohort_id and o.patient_id = m.patient_id "
        f"where m.cohort_id = 'demo_msk_2018' and s.is_index and m.is_counted and m.{counted} "
        f"and m.is_nonsynonymous and m.hugo_symbol = 'TP53' and o.endpoint = 'OS'"
    )
    assert found[0]["n_carriers"] == carriers


def test_a_hotspot_is_a_residue_that_many_people_share(demo: Run) -> None:
    found = demo.json(
        "scan", "--cohort", "demo_msk_2018", "--definition", "hotspot", "--hotspot-people", "5", "--gene", "KRAS",
        "--draws", "0",
    )  # fmt: skip
    residues = demo.query(
        "select regexp_extract(hgvsp_short, '[0-9]+') as residue, count(distinct person_id) as people "
        "from marts.mutations where hugo_symbol = 'KRAS' and is_usable and is_nonsynonymous and not is_truncating "
        "and hgvsp_short is not null group by 1"
    )
    recurrent = residues.loc[residues["people"] >= 5, "residue"].tolist()
    carriers = demo.value(
        "select count(distinct m.patient_id) from marts.mutations as m "
        "inner join marts.samples as s using (cohort_id, sample_id) "
        "inner join marts.profiling as p using (cohort_id, sample_id) "
        "where m.cohort_id = 'demo_msk_2018' and s.is_index and p.is_profiled and m.hugo_symbol = 'KRAS' "
        "and m.is_counted and m.is_nonsynonymous and not m.is_truncating "
        "and list_contains(?, regexp_extract(hgvsp_short, '[0-9]+'))",
        recurrent,
    )
    assert recurrent and found[0]["n_carriers"] == carriers


def test_a_driver_list_scans_its_genes_alone_and_its_family_is_that_small(demo: Run) -> None:
    said = demo.icb(
        "scan", "--cohort", "demo_msk_2018", "--endpoint", "orr", "--definition", "driver", "--genes", "TP53,ALK,IGF1R",
        "--format", "csv",
    )  # fmt: skip
    rows = list(csv.DictReader(said.stdout.splitlines()))
    assert sorted(row["gene"] for row in rows) == ["ALK", "IGF1R", "TP53"]
    assert {"or", "rate_carriers", "rate_wild_type"} <= set(rows[0])
    assert "Its own family has 3 hypotheses" in said.stderr


def test_every_question_is_written_down_once_and_shown_beside_the_registered_families(demo: Run) -> None:
    question = ("scan", "--cohort", "demo_melanoma_a", "--top", "1", "--draws", "0", "--format", "json")
    demo.icb(*question)
    first = registered(demo)
    demo.icb(*question)
    again = registered(demo)
    assert len(again) == len(first) + 1
    assert again[-1]["name"] == first[-1]["name"] and again[-1]["question"] == first[-1]["question"]
    rows = demo.json("scan", "--registry")
    kinds = {row["kind"] for row in rows}
    assert kinds >= {"registered scan", "analysis", "ad-hoc scan"}
    scans = {row["name"]: row for row in rows if row["kind"] == "registered scan"}
    assert scans["demo_os"]["is_prespecified"] and not scans["demo_orr"]["is_prespecified"]
    assert scans["demo_os"]["hypotheses"] == demo.value(
        "select family_size from stats.scan_specs where scan_id = 'demo_os'"
    )


def test_a_gene_that_is_asked_for_is_a_hypothesis_too(demo: Run) -> None:
    demo.json("gene", "TP53", "--cohort", "demo_msk_2018")
    last = registered(demo)[-1]
    assert (last["kind"], last["hypotheses"], last["leading"]) == ("question", 1, "TP53")


def test_the_registry_can_be_asked_in_sql(demo: Run) -> None:
    demo.json("gene", "ALK", "--cohort", "demo_msk_2018")
    path = registry_file(demo.settings)
    with duckdb.connect() as con:
        row = con.execute(f"select count(distinct name) from read_json('{path}')").fetchone()
    assert row is not None and row[0] >= 1


def test_a_broken_line_of_the_registry_is_named_and_the_others_are_shown(demo: Run) -> None:
    demo.json("gene", "ALK", "--cohort", "demo_msk_2018")
    path = registry_file(demo.settings)
    whole = path.read_text(encoding="utf-8")
    try:
        path.write_text(whole + "not a record\n", encoding="utf-8")
        said = demo.icb("scan", "--registry", "--format", "json")
        assert said.returncode == 0
        assert f"{path}:{len(whole.splitlines()) + 1}" in said.stderr
        assert any(row["kind"] == "question" for row in json.loads(said.stdout))
    finally:
        path.write_text(whole, encoding="utf-8")


def test_figures_of_a_published_scan_are_written_with_their_numbers(demo: Run, tmp_path: Path) -> None:
    said = demo.icb("scan", "demo_os", "--figures", str(tmp_path / "pictures"), "--format", "csv")
    assert said.returncode == 0, said.stderr
    stems = {f"demo_os_{name}" for name in ("volcano", "qq", "ranked", "forest", "burden_slope")}
    for stem in stems:
        for kind in ("svg", "png", "csv"):
            assert (tmp_path / "pictures" / f"{stem}.{kind}").stat().st_size > 100
    with open(tmp_path / "pictures" / "demo_os_volcano.csv", encoding="utf-8") as handle:
        first = next(csv.DictReader(handle))
    assert first["gene"] == "IGF1R"


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--cohort", "nonsense"), ("nonsense", "demo_msk_2018")),
        (("--cohort", "demo_msk_2018", "--endpoint", "XX"), ("--endpoint", "orr")),
        (("--cohort", "demo_msk_2018", "--definition", "lucky"), ("--definition", "truncating")),
        (("--cohort", "demo_msk_2018", "--definition", "driver"), ("--definition", "genes or a gene_set")),
        (("--cohort", "demo_msk_2018", "--adjust", "shoe_size"), ("--adjust", "shoe_size")),
        (("--cohort", "demo_msk_2018", "--genes", "NOSUCHGENE"), ("--genes", "NOSUCHGENE")),
        (("--cohort", "demo_msk_2018", "--gene-set", "nosuchset"), ("nosuchset",)),
        (("--cohort", "demo_msk_2018", "--cancer-type", "Nosuch"), ("cancer_type", "nobody is left")),
        (("demo_os", "--cohort", "demo_msk_2018"), ("--cohort",)),
    ],
)
def test_a_scan_that_cannot_be_asked_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    demo: Run,
    arguments: tuple[str, ...],
    parts: tuple[str, ...],
) -> None:
    said = command(monkeypatch, capfd, demo.settings)("scan", *arguments)
    assert said.is_one_sentence(*parts).startswith("icb: ")
    assert said.out == "" and len(said.err.splitlines()) == 1


def test_a_gene_set_of_the_warehouse_can_be_scanned(demo: Run) -> None:
    said = demo.icb(
        "scan", "--cohort", "demo_msk_2018", "--gene-set", "dna_repair", "--draws", "0", "--format", "csv"
    )
    assert said.returncode == 0, said.stderr
    found = {row["gene"] for row in csv.DictReader(said.stdout.splitlines())}
    listed = demo.query("select distinct hugo_symbol from marts.gene_sets where gene_set_id = 'dna_repair'")
    assert found and found <= set(listed["hugo_symbol"])
