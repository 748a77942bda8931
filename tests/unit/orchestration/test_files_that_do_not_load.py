"""A file of the catalogue that does not load is one asset that fails with its sentence, and the rest of the location
stands; the command line says the same sentence and runs nothing.
"""

from __future__ import annotations

import shutil

import dagster as dg
import pytest

from ingestion.errors import CatalogError
from orchestration.definitions import build_definitions
from warehouse.settings import PROJECT, Settings

BROKEN = {
    "analyses/demo_igf1r": "stats/survival_stats",
    "scans/demo_os": "stats/scan_results",
    "reports/demo_igf1r": "published/icb",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("broken")
    shutil.copytree(PROJECT / "catalog" / "demo", folder / "catalog")
    for name in BROKEN:
        path = folder / "catalog" / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8") + "\nnever: {closed\n", encoding="utf-8")
    (folder / "catalog" / "references" / "broken.yaml").write_text("reference_id: broken\n", encoding="utf-8")
    return Settings(data=folder / "data", catalog=folder / "catalog", mirror=folder / "mirror", demo=True)


@pytest.fixture(scope="module")
def loaded(settings: Settings) -> dg.Definitions:
    return build_definitions(settings, tolerant=True)


def test_the_rest_of_the_location_stands(loaded: dg.Definitions, settings: Settings) -> None:
    keys = {key.to_user_string() for key in loaded.resolve_asset_graph().get_all_asset_keys()}
    for kind in ("analyses", "scans", "reports"):
        there = {f"{kind}/{path.stem}" for path in (settings.catalog / kind).glob("*.yaml")}
        assert len(there) > 1 or kind != "analyses"
        assert there <= keys, "also that whose file does not load"
    assert loaded.resolve_schedule_def("weekly_refresh").job_name == "read_sources"


@pytest.mark.parametrize("name", [*BROKEN, "sources/broken/reference_file"])
def test_it_fails_with_its_sentence_and_so_does_its_check(loaded: dg.Definitions, name: str) -> None:
    key = dg.AssetKey(name.split("/"))
    asset = loaded.get_assets_def(key)
    with dg.instance_for_test() as instance:
        result = dg.materialize([asset], instance=instance, raise_on_error=False)
        (check,) = result.get_asset_check_evaluations()
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description  # type: ignore[union-attr]
    assert (said and "broken.yaml" in said) or f"{name.split('/')[1]}.yaml line" in said
    assert not check.passed and check.metadata["sentence"].value == said


def test_what_is_made_of_it_waits_for_it(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()
    for broken, waiting in BROKEN.items():
        parents = graph.get(dg.AssetKey(waiting.split("/"))).parent_keys
        assert dg.AssetKey(broken.split("/")) in parents


def test_the_command_line_refuses_in_one_sentence(settings: Settings) -> None:
    with pytest.raises(CatalogError, match="yaml"):
        build_definitions(settings)
