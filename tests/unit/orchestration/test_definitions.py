"""The code location: what is in the graph of either catalogue, without reading a source or writing a table."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import typing
from functools import lru_cache
from pathlib import Path

import dagster as dg
import pytest
import yaml
from waiting import CI_LIMIT_S

from analytics.questions.kind import Kind, kinds
from analytics.questions.source import PEOPLE_MARTS
from analytics.questions.specs import AnalysisSpec, Variant
from ingestion.raw_schema import RAW_TABLES
from ingestion.raw_tables import DATA_TABLES
from orchestration.assets.statistics import marts_of
from orchestration.definitions import build_definitions
from orchestration.resources import BUILD_POOL
from warehouse.frames.biomarker_inputs import BIOMARKER_MARTS
from warehouse.settings import PROJECT, Settings
from warehouse.source import WarehouseSource

STATISTICS = {"analyses", "scans", "stats", "draft", "reports", "published"}
TABLES = {"raw", "vocabulary", "staging", "intermediate", "marts"}


def settings_of(which: str, data: Path) -> Settings:
    demo = which == "demo"
    catalog = PROJECT / "catalog" / "demo" if demo else PROJECT / "catalog"
    return Settings(data=data, catalog=catalog, mirror=data / "mirror", demo=demo)


@lru_cache
def definitions(which: str, data: Path) -> dg.Definitions:
    """Of one of the two catalogues; the folder of data stays empty."""
    return build_definitions(settings_of(which, data))


@pytest.fixture(scope="module", params=["public", "demo"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_of(request.param, tmp_path_factory.getbasetemp() / "definitions")


@pytest.fixture(scope="module")
def loaded(settings: Settings) -> dg.Definitions:
    return definitions("demo" if settings.demo else "public", settings.data)


@pytest.fixture(scope="module")
def specs(loaded: dg.Definitions) -> dict[dg.AssetKey, dg.AssetSpec]:
    return {spec.key: spec for spec in loaded.resolve_all_asset_specs()}


def assets_of(loaded: dg.Definitions, job: str) -> set[dg.AssetKey]:
    return set(loaded.resolve_job_def(job).asset_layer.executable_asset_keys)


def test_every_asset_says_whose_it_is_what_it_is_and_what_code_made_it(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    assert len(specs) > 80
    for key, spec in specs.items():
        assert spec.owners and spec.kinds and spec.description and spec.code_version, key
        assert spec.group_name == key.path[0], key


def test_every_table_is_under_its_schema_and_name(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    folder = PROJECT / "dbt_project" / "models"
    models = {(path.relative_to(folder).parts[0], path.stem) for path in folder.rglob("*.sql")}
    raw = {("raw", table) for table in RAW_TABLES}
    assert models | raw <= {tuple(key.path) for key in specs}
    assert all(len(key.path) == 2 for key in specs if key.path[0] in TABLES)


def test_every_file_of_the_catalogue_is_an_asset_of_its_cohort(
    loaded: dg.Definitions, settings: Settings
) -> None:
    catalog = settings.catalog
    expected = set()
    for path in [*(catalog / "cohorts").glob("*.yaml"), *(catalog / "references").glob("*.yaml")]:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        owner = content.get("cohort_id") or content.get("reference_id")
        expected |= {("sources", owner, file["id"]) for file in content.get("files", [])}
    found = {tuple(key.path) for key in assets_of(loaded, "read_sources")}
    assert found == expected and len(found) > 20


def test_it_is_one_graph_from_the_sources_to_the_published_version(
    loaded: dg.Definitions, specs: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    graph = loaded.resolve_asset_graph()
    published = dg.AssetKey(["published", "icb"])
    upstream = dg.AssetSelection.assets(published).upstream().resolve(graph)
    apart = {key for key in specs if key not in upstream}
    # vocabularies that only people and tests read, and staging that no mart uses yet
    assert {key.path[0] for key in apart} <= {"vocabulary", "staging", "raw"}
    assert {"sources", *TABLES, *STATISTICS} <= {key.path[0] for key in upstream}


def test_nothing_is_published_before_the_reports_of_the_version_are_made(
    loaded: dg.Definitions, specs: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    graph = loaded.resolve_asset_graph()
    draft, published = dg.AssetKey(["draft", "icb"]), dg.AssetKey(["published", "icb"])
    reports = {key for key in specs if key.path[0] == "reports"}
    assert reports and reports <= dg.AssetSelection.assets(draft).downstream().resolve(graph)
    assert graph.get(published).parent_keys == {draft, *reports}
    assert not graph.get(published).child_keys


def test_whatever_is_computed_is_in_the_pool_of_one(loaded: dg.Definitions) -> None:
    nodes = loaded.resolve_job_def("refresh_all").all_node_defs
    checks = {
        "draft__icb_every_member_has_a_row",
        "draft__icb_every_row_has_its_file",
        "draft__icb_every_statistic_has_its_members",
        "draft__icb_one_person_once",
        "draft__icb_one_row_one_model",
        "draft__icb_statistics_can_be_walked_back",
        "draft__icb_every_cohort_is_in_it",
        "draft__icb_sources_were_read_lately",
    }
    assert {
        node.name for node in nodes if BUILD_POOL not in node.pools
    } == checks  # they read the version in the making
    home = yaml.safe_load((PROJECT / "dagster.yaml").read_text(encoding="utf-8"))
    assert home["concurrency"]["pools"] == {"default_limit": 1, "granularity": "run"}
    assert home["telemetry"] == {"enabled": False}


def test_sources_have_a_deadline_and_nothing_else_for_a_copy_is_as_fresh_as_what_was_read(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    for key, spec in specs.items():
        assert (spec.freshness_policy is not None) == (key.path[0] == "sources"), key


def test_refresh_all_is_the_whole_graph(
    loaded: dg.Definitions, specs: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    assert assets_of(loaded, "refresh_all") == set(specs)


def test_the_two_halves_of_icb_run_are_refresh_all(loaded: dg.Definitions) -> None:
    sources, rest = assets_of(loaded, "read_sources"), assets_of(loaded, "build_from_sources")
    assert sources | rest == assets_of(loaded, "refresh_all")
    assert not sources & rest


def marts_in(module: str) -> set[str]:
    """Marts that the SQL of a module names."""
    text = PROJECT.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    return set(re.findall(r"\bmarts\.(\w+)", text)) - {"gene_status"}


def readers_of(kind: Kind) -> set[str]:
    """Modules of the warehouse that answer what a kind asks of it."""
    source = typing.get_type_hints(kind.run)["source"]
    methods = [name for name in dir(source) if not name.startswith("_") and name != "people"]
    code = [inspect.getsource(getattr(WarehouseSource, name)) for name in methods]
    return {f"warehouse.frames.{name}" for text in code for name in re.findall(r"return (\w+)\.", text)}


@pytest.mark.parametrize("word", kinds())
def test_an_analysis_waits_for_every_mart_that_its_kind_reads(word: str) -> None:
    kind = kinds()[word]
    readers = readers_of(kind) - {"warehouse.frames.protein_domains"}
    assert readers, "a kind asks the warehouse for something"
    read = set[str]().union(*(marts_in(module) for module in readers))
    assert read <= {*PEOPLE_MARTS, *kind.marts}


@pytest.mark.parametrize("word", kinds())
def test_types_hold_the_warehouse_to_what_each_kind_asks_of_it(word: str) -> None:
    source = typing.get_type_hints(kinds()[word].run)["source"]
    checked = (
        (PROJECT / "warehouse" / "source.py").read_text(encoding="utf-8").split("def answers_every_kind")[1]
    )
    assert source.__name__ in checked or source.__name__ == "PeopleSource"


def test_an_analysis_of_a_biomarker_beyond_a_gene_waits_for_what_biomarkers_read() -> None:
    assert marts_in("warehouse.frames.biomarker_inputs") <= {*BIOMARKER_MARTS, "gene_panels"}
    spec = AnalysisSpec(
        analysis_id="q", title="t", question="q", biomarker="TMB >= 10", cohorts=("a",), registered_on="2026-01-01",
        variants={"default": Variant(description="d")},
    )  # fmt: skip
    assert set(BIOMARKER_MARTS) <= set(marts_of(spec))
    assert "copy_number" not in marts_of(spec.model_copy(update={"biomarker": "ALK"}))


def test_the_launchpad_has_no_setting_of_ours_for_the_graph_is_made_when_it_is_loaded(
    loaded: dg.Definitions, settings: Settings
) -> None:
    job = loaded.resolve_job_def("refresh_all")
    resources = job.resource_defs
    for name in ("warehouse", "dbt"):
        asked = {"resources": {name: {"config": {"data": "elsewhere"}}}}
        assert not dg.validate_run_config(job, {})["resources"][name].get("config")
        with pytest.raises(dg.DagsterInvalidConfigError, match="data"):
            dg.validate_run_config(job, asked)
    assert str(settings.data) in str(resources["warehouse"].description)


def test_publish_only_makes_a_version_of_the_build_as_it_is(
    loaded: dg.Definitions, specs: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    expected = {key for key in specs if key.path[0] in {"draft", "reports", "published"}}
    assert assets_of(loaded, "publish_only") == expected


def test_statistics_only_starts_at_the_marts(
    loaded: dg.Definitions, specs: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    expected = {key for key in specs if key.path[0] in STATISTICS}
    assert assets_of(loaded, "statistics_only") == expected


def test_the_schedule_is_stopped_and_reads_the_sources_before_it_builds(loaded: dg.Definitions) -> None:
    schedule = loaded.resolve_schedule_def("weekly_refresh")
    assert (schedule.job_name, schedule.cron_schedule) == ("read_sources", "0 4 * * 1")
    assert schedule.execution_timezone == "UTC"
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert loaded.resolve_sensor_def("build_after_reading").default_status is dg.DefaultSensorStatus.RUNNING


def test_a_raw_table_waits_for_the_files_that_can_fill_it_and_no_others(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    sources = {key for key in specs if key.path[0] == "sources"}

    def fed_by(table: str) -> set[dg.AssetKey]:
        return {dep.asset_key for dep in specs[dg.AssetKey(["raw", table])].deps}

    assert fed_by("source_files") == sources == fed_by("rejected_rows")
    for table in DATA_TABLES:
        assert fed_by(table), table
    assert {key.path[1].removeprefix("demo_") for key in fed_by("gene_sets")} == {"gene_sets"}
    assert 10 < len(fed_by("clinical_values")) < len(sources)


def test_every_data_test_of_dbt_is_a_check_of_an_asset(loaded: dg.Definitions) -> None:
    keys = loaded.resolve_asset_graph().asset_check_keys
    names = {key.name for key in keys}
    singular = {path.stem for path in (PROJECT / "dbt_project" / "tests").glob("*.sql")}
    assert singular <= names
    checked = {tuple(key.asset_key.path) for key in keys}
    marts = {("marts", path.stem) for path in (PROJECT / "dbt_project" / "models" / "marts").rglob("*.sql")}
    assert marts <= checked


def test_dbt_knows_nothing_of_other_installations(
    settings: Settings, specs: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    name = specs[dg.AssetKey(["marts", "patients"])].metadata["dagster/table_name"]
    assert name == "icb.marts.patients"
    assert not settings.data.exists(), (
        "what dbt has read is the project's, and no data folder has a part in it"
    )


def test_importing_the_code_location_reads_no_settings_and_writes_nothing(tmp_path: Path) -> None:
    """Settings are read when Dagster asks for the definitions, not at import."""
    elsewhere = tmp_path / "data"
    program = "import orchestration.definitions, orchestration.run, interfaces.cli.main"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=os.environ
        | {"ICB_DATA": str(elsewhere), "ICB_MIRROR": "/nonexistent", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=CI_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert not elsewhere.exists()
