"""Which edit changes the version of which asset: what is marked in the UI is what has to be made again, and no more."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog
from ingestion.raw_tables import cache_key, entry_version
from orchestration.assets.dbt import node_version
from orchestration.assets.raw import raw_tables_asset
from warehouse.settings import PROJECT

MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.icb.a": {
            "package_name": "icb",
            "checksum": {"checksum": "1"},
            "depends_on": {"macros": ["macro.icb.outer", "macro.dbt.ref"]},
        },
        "model.icb.b": {"package_name": "icb", "checksum": {"checksum": "2"}, "depends_on": {"macros": []}},
        "seed.icb.words": {"package_name": "icb", "checksum": {"checksum": "3"}, "depends_on": {"macros": []}},
    },
    "sources": {},
    "macros": {
        "macro.icb.outer": {
            "package_name": "icb",
            "macro_sql": "{{ days_per_month() }}",
            "depends_on": {"macros": ["macro.icb.days_per_month"]},
        },
        "macro.icb.days_per_month": {"package_name": "icb", "macro_sql": "30.4375", "depends_on": {"macros": []}},
        "macro.dbt.ref": {"package_name": "dbt", "macro_sql": "x", "depends_on": {"macros": []}},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        (("macros", "macro.icb.days_per_month", "macro_sql"), {"model.icb.a"}),
        (("macros", "macro.icb.outer", "macro_sql"), {"model.icb.a"}),
        (("macros", "macro.dbt.ref", "macro_sql"), set()),
        (("nodes", "model.icb.b", "checksum", "checksum"), {"model.icb.b"}),
        (("nodes", "seed.icb.words", "checksum", "checksum"), {"seed.icb.words"}),
    ],
    ids=["a macro behind a macro", "a macro", "a macro of dbt's own", "a model", "a seed"],
)
def test_an_edit_of_the_dbt_project_changes_the_models_that_it_is_part_of(
    path: tuple[str, ...], changed: set[str]
) -> None:
    edited = copy.deepcopy(MANIFEST)
    place = edited
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = "edited"
    assert {
        name for name in MANIFEST["nodes"] if node_version(MANIFEST, name) != node_version(edited, name)
    } == changed


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(PROJECT / "catalog" / "demo", PROJECT / "catalog" / "attributes.yaml")


def versions(catalog: Catalog) -> dict[str, str | None]:
    """Version of every source and raw table; those of sources as their assets have them."""
    sources = {
        f"{owner.owner_id}/{file.id}": entry_version(owner, file)
        for owner in catalog.owners()
        for file in owner.files
    }
    tables = {spec.key.to_user_string(): spec.code_version for spec in raw_tables_asset(catalog).specs}
    return {**sources, **tables}


def test_an_edit_of_a_cohort_file_changes_its_source_or_the_tables_of_the_catalogue(catalog: Catalog) -> None:
    before = versions(catalog)
    cohort = next(c for c in catalog.cohorts if any(f.kind == "clinical" and f.columns for f in c.files))
    file = next(f for f in cohort.files if f.kind == "clinical" and f.columns)

    def after(**update: Any) -> set[str]:
        edited = [cohort.model_copy(update=update) if c is cohort else c for c in catalog.cohorts]
        now = versions(catalog.model_copy(update={"cohorts": tuple(edited)}))
        return {name for name in before if now[name] != before[name]}

    name, column = next(iter(file.columns.items()))
    another_unit = file.model_copy(
        update={"columns": {**file.columns, name: column.model_copy(update={"unit": "fortnights"})}}
    )
    files = tuple(another_unit if f is file else f for f in cohort.files)
    assert f"{cohort.cohort_id}/{file.id}" in after(files=files)
    assert after(files=files) <= {f"{cohort.cohort_id}/{file.id}"} | {
        n for n in before if n.startswith("raw/")
    }
    assert after(title="Another title") == {"raw/cohorts"}
    assert after() == set()


def test_the_version_of_a_source_is_that_of_its_bytes_and_of_how_they_are_read(catalog: Catalog) -> None:
    class Bytes:
        address, path, read_from = "https://example.org/x", Path("x"), "mirror"

        def __init__(self, sha256: str) -> None:
            self.sha256 = sha256

    cohort = catalog.cohorts[0]
    file = cohort.files[0]
    before = cache_key(cohort, file, [Bytes("a")])
    assert cache_key(cohort, file, [Bytes("a")]) == before
    assert cache_key(cohort, file, [Bytes("b")]) != before
    edited = file.model_copy(update={"constants": {"SEX": "Male"}})
    assert cache_key(cohort, edited, [Bytes("a")]) != before
    assert dg.DataVersion(before) != dg.DataVersion(cache_key(cohort, edited, [Bytes("a")]))
