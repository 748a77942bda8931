"""An edit marks exactly what depends on it; "this and all that follows, then publish" asks for just that in one run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.assets.dbt import node_version
from orchestration.definitions import build_definitions
from warehouse.build.parsed_project import parsed_project
from warehouse.settings import PROJECT, Settings

#: What every version ends with, whatever has changed.
A_VERSION = {"draft/icb", "reports/demo_igf1r", "published/icb"}


@dataclass(frozen=True)
class Edited(Settings):
    """Settings whose attributes are a copy, too."""

    @property
    def attributes(self) -> Path:
        return self.catalog.parent / "attributes.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's catalogue and of the attributes."""
    folder = tmp_path_factory.mktemp("edited")
    shutil.copytree(PROJECT / "catalog" / "demo", folder / "demo")
    shutil.copyfile(PROJECT / "catalog" / "attributes.yaml", folder / "attributes.yaml")
    return folder


@pytest.fixture(scope="module")
def load(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dg.Definitions]:
    data = tmp_path_factory.mktemp("data")

    def load() -> dg.Definitions:
        settings = Edited(data=data, catalog=folder / "demo", mirror=folder / "mirror", demo=True)
        return build_definitions(settings)

    return load


@pytest.fixture(scope="module")
def before(load: Callable[[], dg.Definitions]) -> dg.Definitions:
    return load()


def versions(definitions: dg.Definitions) -> dict[str, str | None]:
    return {spec.key.to_user_string(): spec.code_version for spec in definitions.resolve_all_asset_specs()}


def edited(path: Path, old: str, new: str, load: Callable[[], dg.Definitions]) -> dg.Definitions:
    """The definitions while one place of a file reads otherwise."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        return load()
    finally:
        path.write_text(text, encoding="utf-8")


#: What is edited, the words there, what stands in their place -> whose version is another.
EDITS = {
    "a unit in a cohort file": (
        "demo/cohorts/demo_trial_alpha.yaml", "OS: {attribute: OS_TIME, unit: months}",
        "OS: {attribute: OS_TIME, unit: days}", {"sources/demo_trial_alpha/clinical", "raw/column_maps"},
    ),
    "the title of a cohort": (
        "demo/cohorts/demo_trial_alpha.yaml", "trial ALPHA", "trial ALPHA, again", {"raw/cohorts"},
    ),
    "the range of an attribute": (
        "attributes.yaml", "range: [0, 120], unit: years", "range: [0, 110], unit: years", {"raw/column_maps"},
    ),
    "the question of an analysis": (
        "demo/analyses/demo_tp53.yaml", "question: ", "question: Again, ", {"analyses/demo_tp53"},
    ),
    "the title of a scan": ("demo/scans/demo_orr.yaml", "title: ", "title: Again, ", {"scans/demo_orr"}),
    "the words of a report": (
        # the draft holds the report, and is gone when it has been published: it is made again for the next version
        "demo/reports/demo_igf1r.yaml", "question: ", "question: Again, ", {"reports/demo_igf1r", "draft/icb"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_of_the_catalogue_changes_the_version_of_what_is_made_of_it_alone(
    what: str, folder: Path, before: dg.Definitions, load: Callable[[], dg.Definitions]
) -> None:
    name, old, new, expected = EDITS[what]
    was, now = versions(before), versions(edited(folder / name, old, new, load))
    assert was.keys() == now.keys()
    assert {asset for asset in was if was[asset] != now[asset]} == expected


@pytest.fixture
def manifest(tmp_path: Path) -> dict[str, Any]:
    """dbt's own manifest of the project, as loading the graph takes it."""
    settings = Settings(data=tmp_path, catalog=PROJECT / "catalog", mirror=None, demo=False)
    folder = parsed_project(settings.dbt_project, settings.dbt_parsed, {"ICB_DBT_TARGET": "duckdb"})
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def moved_by(manifest: dict[str, Any], edit: Callable[[dict[str, Any]], None]) -> set[str]:
    """Names of models and seeds whose version an edit of the manifest changes."""
    nodes = {k: n["name"] for k, n in manifest["nodes"].items() if n["resource_type"] in ("model", "seed")}
    was = {key: node_version(manifest, key) for key in nodes}
    edit(manifest)
    return {name for key, name in nodes.items() if node_version(manifest, key) != was[key]}


def called_in(sql: str) -> set[str]:
    """Words before a bracket, and those by which a macro of one engine is chosen (`adapter.dispatch`)."""
    bare = re.sub(r"{#.*?#}", "", sql, flags=re.S)
    return {*re.findall(r"\b(\w+)\(", bare), *re.findall(r"dispatch\(\s*'(\w+)'", bare)}


def macros_of_the_project() -> dict[str, str]:
    """Name -> body, as they stand in the files."""
    text = "\n".join(
        p.read_text(encoding="utf-8") for p in (PROJECT / "dbt_project" / "macros").rglob("*.sql")
    )
    return dict(re.findall(r"{%-?\s*macro\s+(\w+)\(.*?\)\s*-?%}(.*?){%-?\s*endmacro", text, re.S))


def callers_of(macro: str) -> set[str]:
    """Models that call a macro, or one that calls it: read from the SQL."""
    bodies, calling = macros_of_the_project(), {macro}
    for prefix in ("default__", "duckdb__"):
        if macro.startswith(prefix):
            calling.add(macro.removeprefix(prefix))
    while more := {name for name, body in bodies.items() if called_in(body) & calling} - calling:
        calling |= more
    models = (PROJECT / "dbt_project" / "models").rglob("*.sql")
    return {path.stem for path in models if called_in(path.read_text(encoding="utf-8")) & calling}


def test_an_edit_of_any_macro_changes_the_models_that_call_it_and_those_alone(
    manifest: dict[str, Any],
) -> None:
    found, expected = {}, {}
    assert callers_of("days_per_month")
    for macro in macros_of_the_project():
        key = f"macro.icb_warehouse.{macro}"
        if key not in manifest["macros"]:  # a test's own: dbt gives it another name
            continue

        def edit(manifest: dict[str, Any], key: str = key) -> None:
            manifest["macros"][key]["macro_sql"] += "-- edited"

        expected[macro], found[macro] = callers_of(macro), moved_by(manifest, edit)
        manifest["macros"][key]["macro_sql"] = manifest["macros"][key]["macro_sql"].removesuffix("-- edited")
    assert len(found) > 10 and found == expected


def test_an_edit_of_any_seed_changes_that_seed_alone(manifest: dict[str, Any]) -> None:
    seeds = [key for key in sorted(manifest["nodes"]) if key.startswith("seed.")]
    assert len(seeds) > 5
    for key in seeds:

        def edit(manifest: dict[str, Any], key: str = key) -> None:
            manifest["nodes"][key]["checksum"]["checksum"] = "edited"

        assert moved_by(manifest, edit) == {manifest["nodes"][key]["name"]}


class Made:
    """Everything has been made once, and the conditions have been looked at once since."""

    def __init__(self, definitions: dg.Definitions) -> None:
        self.definitions, self.instance = definitions, dg.DagsterInstance.ephemeral()
        for spec in definitions.resolve_all_asset_specs():
            self.materialise(spec.key.to_user_string(), "as it was")
        first = dg.evaluate_automation_conditions(definitions, self.instance)
        assert first.total_requested == 0
        self.cursor = first.cursor

    def materialise(self, name: str, content: str) -> None:
        """An asset is made by hand; a source has a content, of which its version is made."""
        key = dg.AssetKey(name.split("/"))
        tags = {"dagster/data_version": content} if key.path[0] == "sources" else {}
        self.instance.report_runless_asset_event(dg.AssetMaterialization(key, tags=tags))

    def asked_for(
        self, after: dg.Definitions | None = None, among: dg.AssetSelection | None = None
    ) -> set[str]:
        """What the conditions ask for now, or would with other definitions; of everything, or among some assets."""
        now = after or self.definitions
        result = dg.evaluate_automation_conditions(now, self.instance, among, cursor=self.cursor)
        keys = now.resolve_asset_graph().get_all_asset_keys()
        return {key.to_user_string() for key in keys if result.get_num_requested(key)}


@pytest.fixture(scope="module")
def made(before: dg.Definitions) -> Made:
    return Made(before)


def downstream(definitions: dg.Definitions, *names: str) -> set[str]:
    """All that follows of some assets, with what one step makes together with it."""
    graph = definitions.resolve_asset_graph()
    found = {dg.AssetKey(name.split("/")) for name in names}
    while True:
        more = dg.AssetSelection.assets(*found).downstream().required_multi_asset_neighbors().resolve(graph)
        if more == found:
            return {key.to_user_string() for key in found}
        found = set(more)


def test_after_an_edit_of_an_analysis_it_and_all_that_follows_is_made_and_published(
    folder: Path, made: Made, load: Callable[[], dg.Definitions]
) -> None:
    name, old, new, _ = EDITS["the question of an analysis"]
    found = made.asked_for(edited(folder / name, old, new, load))
    assert found == downstream(made.definitions, "analyses/demo_tp53") and found > A_VERSION
    assert {n.split("/")[0] for n in found} == {"analyses", "stats", "draft", "reports", "published"}


def test_a_source_with_other_content_is_followed_by_the_whole_build_and_one_that_is_as_it_was_by_nothing(
    made: Made,
) -> None:
    source = "sources/demo_trial_alpha/clinical"
    made.materialise(source, "as it was")
    assert made.asked_for(among=dg.AssetSelection.groups("raw")) == set()
    made.materialise(source, "another")
    found = made.asked_for()
    assert found == downstream(made.definitions, source) - {source} and found > A_VERSION


def test_the_conditions_act_when_somebody_has_switched_them_on_and_never_fetch(
    before: dg.Definitions,
) -> None:
    sensor = before.resolve_sensor_def("publish_what_changed")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    for spec in before.resolve_all_asset_specs():
        assert (spec.automation_condition is None) == (spec.key.path[0] == "sources"), spec.key
