"""A file that is not public: the run goes on without it, reads it once it is there, and forgets it when it is gone."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog
from ingestion.errors import AddressNotFoundError, CatalogError, DiskFullError, IngestionError
from orchestration.assets.raw import in_this_version, parsed_folders, raw_assets, source_asset
from orchestration.checks.sources import USABLE
from orchestration.resources import Warehouse
from warehouse.settings import PROJECT, Settings

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


def installation(folder: Path, awaited: str, *, strict: bool = False) -> tuple[Settings, Catalog]:
    (folder / "catalog" / "cohorts").mkdir(parents=True)
    (folder / "catalog" / "cohorts" / "waits.yaml").write_text(COHORT.format(awaited=awaited))
    settings = Settings(
        data=folder / "data", catalog=folder / "catalog", mirror=folder / "mirror", demo=False, strict=strict
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


def test_a_file_that_is_not_awaited_must_be_there_when_the_run_is_strict(tmp_path: Path) -> None:
    settings, catalog = installation(tmp_path, "", strict=True)
    with pytest.raises(AddressNotFoundError, match="the mirror has no file"):
        read(settings, catalog)
    with pytest.raises(IngestionError, match="has not been read yet"):
        parsed_folders(catalog, settings.parsed)


def test_a_cohort_whose_file_is_gone_is_left_out_though_it_was_parsed_before_and_comes_back_with_the_file(
    tmp_path: Path,
) -> None:
    settings, catalog = installation(tmp_path, "")
    calls = tmp_path / "mirror" / ADDRESS
    calls.write_text(CALLS)
    read(settings, catalog)
    (before,) = parsed_folders(catalog, settings.parsed)
    calls.unlink()
    gone = read(settings, catalog)
    assert "the mirror has no file" in str(gone.metadata["left out"].value)
    with pytest.raises(IngestionError, match=r"no cohort is left to publish: waits: .*has no file"):
        in_this_version(catalog, settings.parsed)
    calls.write_text(CALLS)
    assert "left out" not in read(settings, catalog).metadata
    assert parsed_folders(in_this_version(catalog, settings.parsed), settings.parsed) == [before]


def test_a_cohort_that_is_left_out_fails_a_check_as_a_warning_and_the_step_goes_on(tmp_path: Path) -> None:
    settings, catalog = installation(tmp_path, "")
    (cohort,) = catalog.cohorts
    asset = source_asset(cohort, cohort.files[0], catalog)
    with dg.instance_for_test() as instance:
        result = dg.materialize([asset], resources={"warehouse": Warehouse.of(settings)}, instance=instance)
    (check,) = (c for c in result.get_asset_check_evaluations() if c.check_name == USABLE)
    assert result.success and not check.passed
    assert (check.check_name, check.severity) == (USABLE, dg.AssetCheckSeverity.WARN)
    assert "has no file" in str(check.metadata["left out"].value)


def test_a_full_disk_is_no_fault_of_a_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, catalog = installation(tmp_path, "")
    (tmp_path / "mirror" / ADDRESS).write_text(CALLS)

    def full(*_: object) -> None:
        raise DiskFullError("no space is left")

    monkeypatch.setattr("orchestration.assets.raw.write_raw", full)
    with pytest.raises(DiskFullError):
        read(settings, catalog)


def test_a_cohort_file_that_is_not_valid_has_an_asset_that_says_so(tmp_path: Path) -> None:
    settings, _ = installation(tmp_path, "")
    (settings.catalog / "cohorts" / "broken.yaml").write_text("cohort_id: [broken\n")
    with pytest.raises(CatalogError, match="broken YAML"):
        load_catalog(settings.catalog, settings.attributes)
    catalog = load_catalog(settings.catalog, settings.attributes, strict=False)
    assert [c.cohort_id for c in catalog.cohorts] == ["waits"]
    assert [c.cohort_id for c in catalog.left_out] == ["broken"]
    (asset,) = (a for a in raw_assets(catalog, settings.catalogs) if "broken" in str(a.keys))
    with dg.instance_for_test() as instance:
        result = dg.materialize([asset], instance=instance)
    assert result.success and not result.get_asset_check_evaluations()[0].passed


def test_a_cohort_that_is_awaited_as_a_whole_is_in_no_table_until_a_file_of_it_comes(tmp_path: Path) -> None:
    settings, alone = installation(tmp_path, "awaited: not public yet")
    there = (settings.catalog / "cohorts" / "waits.yaml").read_text().replace("waits", "here")
    there = there.replace("calls.txt", "others.txt").replace("    awaited: not public yet\n", "")
    (settings.catalog / "cohorts" / "here.yaml").write_text(there)
    both = load_catalog(settings.catalog, settings.attributes)
    here = both.model_copy(update={"cohorts": (both.cohort("here"),)})
    (tmp_path / "mirror" / "example.org" / "others.txt").write_text(CALLS)
    read(settings, here)
    read(settings, alone)
    kept = in_this_version(both, settings.parsed)
    assert [c.cohort_id for c in kept.cohorts] == ["here"] and kept.left_out == ()
    with pytest.raises(IngestionError, match="is awaited, and no file of any has come"):
        in_this_version(alone, settings.parsed)
    (tmp_path / "mirror" / ADDRESS).write_text(CALLS)
    read(settings, alone)
    assert [c.cohort_id for c in in_this_version(both, settings.parsed).cohorts] == ["here", "waits"]
