"""A file that is not public: the run goes on without it, reads it once it is there, and forgets it when it is gone."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from ingestion.catalog import Catalog, load_catalog
from ingestion.errors import AddressNotFoundError, IngestionError
from orchestration.assets.raw import parsed_folders, source_asset
from orchestration.resources import Warehouse
from orchestration.settings import PROJECT, Settings

ADDRESS = "example.org/calls.txt"
COHORT = """\
cohort_id: waits
title: SYNTHETIC
citation: SYNTHETIC
licence: CC0-1.0
is_icb: true
is_synthetic: true
precedence: 1
assay: {{name: exome, kind: exome}}
endpoints: {{}}
files:
  - id: mutations
    address: https://example.org/calls.txt
    kind: mutations
    sample_id: Tumor_Sample_Barcode
    lists_profiled: true
    mutation_columns: {{hugo_symbol: Hugo_Symbol, variant_classification: Variant_Classification}}
    {awaited}
"""
CALLS = "Hugo_Symbol\tTumor_Sample_Barcode\tVariant_Classification\nALK\tS1\tMissense_Mutation\n"


def installation(folder: Path, awaited: str) -> tuple[Settings, Catalog]:
    (folder / "catalog" / "cohorts").mkdir(parents=True)
    (folder / "catalog" / "cohorts" / "waits.yaml").write_text(COHORT.format(awaited=awaited))
    settings = Settings(
        data=folder / "data", catalog=folder / "catalog", mirror=folder / "mirror", demo=False
    )
    (folder / "mirror" / "example.org").mkdir(parents=True)
    return settings, load_catalog(settings.catalog, PROJECT / "catalog" / "attributes.yaml")


def read(settings: Settings, catalog: Catalog) -> dg.AssetMaterialization:
    (cohort,) = catalog.cohorts
    asset = source_asset(cohort, cohort.files[0], catalog)
    with dg.instance_for_test() as instance:
        result = dg.materialize([asset], resources={"warehouse": Warehouse.of(settings)}, instance=instance)
    (event,) = result.get_asset_materialization_events()
    return event.materialization


def test_an_awaited_file_comes_and_goes(tmp_path: Path) -> None:
    settings, catalog = installation(tmp_path, "awaited: not public yet")
    absent = read(settings, catalog)
    assert absent.metadata["absent"].value == "not public yet"
    assert "put the file there" in str(absent.metadata["because"].value)
    assert parsed_folders(catalog, settings.parsed) == []

    (tmp_path / "mirror" / ADDRESS).write_text(CALLS)
    assert "absent" not in read(settings, catalog).metadata
    (folder,) = parsed_folders(catalog, settings.parsed)
    assert pq.read_table(folder / "mutations.parquet").column("hugo_symbol").to_pylist() == ["ALK"]
    assert pq.read_table(folder / "profiled_samples.parquet").column("sample_id").to_pylist() == ["S1"]

    (tmp_path / "mirror" / ADDRESS).unlink()
    read(settings, catalog)
    assert parsed_folders(catalog, settings.parsed) == []


def test_a_file_that_is_not_awaited_must_be_there(tmp_path: Path) -> None:
    settings, catalog = installation(tmp_path, "")
    with pytest.raises(AddressNotFoundError, match="the mirror has no file"):
        read(settings, catalog)
    with pytest.raises(IngestionError, match="has not been read yet"):
        parsed_folders(catalog, settings.parsed)
