"""The raw tables as a whole: exact columns, sources, the catalogue as tables, and the Parquet cache."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from parsing_help import ADDRESS, ATTRIBUTES, FIXTURES, listed, make_catalog, make_cohort, parse

import ingestion.raw_tables as module
from ingestion.catalog.cohorts import Catalog, Reference
from ingestion.errors import ParseError
from ingestion.raw_schema import RAW_TABLES
from ingestion.raw_tables import SourceBytes, catalog_tables, parse_cohort_file, write_raw

CLINICAL = {"kind": "clinical", "patient_id": "patient"}
EVERY_KIND = [
    ("syn_2020", {"kind": "cbioportal_study"}),
    ("crlf.tsv", CLINICAL),
    ("version.maf", {"kind": "mutations", "sample_id": "Tumor_Sample_Barcode"}),
    ("syn_2020/data_CNA.txt", {"kind": "copy_number"}),
    ("segments.tsv", {"kind": "copy_number_segments"}),
    ("cases_sequenced.txt", {"kind": "case_list"}),
    ("gene-panels.json", {"kind": "gene_panels"}),
]


@pytest.mark.parametrize(("name", "file"), EVERY_KIND, ids=[f["kind"] for _, f in EVERY_KIND])
def test_every_kind_of_file_gives_exactly_the_columns_of_the_raw_schema(
    name: str, file: dict[str, Any]
) -> None:
    tables = parse(name, file)
    assert set(tables) == set(module.DATA_TABLES)
    for table, content in tables.items():
        assert tuple(content.column_names) == RAW_TABLES[table]
        kinds = {field.name: field.type for field in content.schema}
        assert all(k == (pa.int64() if n == "source_row" else pa.string()) for n, k in kinds.items())
    filled = [t for t in tables if t not in ("source_files", "rejected_rows") and tables[t].num_rows]
    assert filled and tables["source_files"].num_rows


def test_data_and_catalogue_tables_together_are_the_raw_schema() -> None:
    tables = catalog_tables(make_catalog(make_cohort(CLINICAL)))
    assert set(tables) | set(module.DATA_TABLES) == set(RAW_TABLES)
    assert all(tuple(table.column_names) == RAW_TABLES[name] for name, table in tables.items())


def test_a_source_is_named_by_address_and_member_and_every_row_points_to_one() -> None:
    tables = parse("syn_2020", {"kind": "cbioportal_study"})
    sources = {r["member"]: r for r in tables["source_files"].to_pylist()}
    content = (FIXTURES / "syn_2020" / "data_calls.txt").read_bytes()
    calls = sources["data_calls.txt"]
    expected = hashlib.sha256(f"{ADDRESS}#data_calls.txt".encode()).hexdigest()[:16]
    assert calls["source_file_id"] == expected
    assert (calls["bytes"], calls["member_sha256"]) == (
        str(len(content)),
        hashlib.sha256(content).hexdigest(),
    )
    assert calls["parser_version"] == module.PARSER_VERSION
    known = {r["source_file_id"] for r in sources.values()}
    for name, table in tables.items():
        if "source_file_id" in table.column_names:
            assert set(listed(tables, name, "source_file_id")) <= known, name


def test_the_sheets_of_one_workbook_are_different_sources(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for sheet in ("A", "B"):
        page = book.create_sheet(sheet)
        page.append(["patient"])
        page.append([f"P{sheet}"])
    book.save(tmp_path / "w.xlsx")
    ids = set()
    for sheet in ("A", "B"):
        tables = parse(tmp_path / "w.xlsx", CLINICAL | {"format": {"type": "xlsx", "sheet": sheet}})
        ids |= set(listed(tables, "clinical_values", "source_file_id"))
        assert listed(tables, "source_files", "member") == [sheet]
    assert len(ids) == 2


def test_every_address_of_for_each_is_one_source() -> None:
    file = {
        "kind": "case_list", "address": "https://files.example/{study}.txt",
        "for_each": {"study": ["one", "two"]}, "lists_profiled": True,
    }  # fmt: skip
    cohort = make_cohort(file)
    items = [
        SourceBytes(address, "0" * 64, FIXTURES / "cases_sequenced.txt")
        for address in cohort.files[0].addresses()
    ]
    tables = parse_cohort_file(cohort, cohort.files[0], items, make_catalog(cohort))
    assert listed(tables, "source_files", "address") == [
        "https://files.example/one.txt", "https://files.example/two.txt",
    ]  # fmt: skip
    assert len(listed(tables, "profiled_samples", "sample_id")) == 6


def test_a_reference_is_read_like_a_cohorts_file() -> None:
    reference = Reference.model_validate(
        {"reference_id": "panels", "title": "t", "citation": "c", "licence": "ODbL",
         "files": [{"id": "panels", "address": ADDRESS, "kind": "gene_panels"}]}
    )  # fmt: skip
    item = SourceBytes(ADDRESS, "0" * 64, FIXTURES / "gene-panels.json", "mirror")
    catalog = Catalog(attributes=ATTRIBUTES, cohorts=(), references=(reference,))
    tables = parse_cohort_file(reference, reference.files[0], [item], catalog)
    assert listed(tables, "source_files", "cohort_id", "licence", "read_from") == [
        ("panels", "ODbL", "mirror")
    ]
    assert listed(tables, "gene_panels", "hugo_symbol") == ["ALK", "TP53"]


def test_the_cohort_itself_is_a_row_of_text() -> None:
    assay = {"name": "IMPACT", "kind": "panel", "size_mb": 1.22}
    cohort = make_cohort(CLINICAL, pmid="1", known_missing=["response", "age"], assay=assay,
                         endpoints={"OS": {"origin": "icb_start", "evidence": "page 3"}})  # fmt: skip
    tables = catalog_tables(make_catalog(cohort))
    row = tables["cohorts"].to_pylist()[0]
    assert (row["is_icb"], row["is_synthetic"], row["precedence"]) == ("true", "false", "1")
    assert (row["assay_size_mb"], row["panel_id"], row["known_missing"]) == ("1.22", None, "response\nage")
    rules = listed(tables, "endpoint_rules", "cohort_id", "endpoint", "origin", "evidence")
    assert rules == [("syn", "OS", "icb_start", "page 3")]


def test_column_maps_carry_the_order_of_the_files_and_days_for_intervals() -> None:
    interval = {"attribute": "OS_TIME", "start": "a", "end": "b"}
    first = CLINICAL | {"id": "one", "columns": {"Sex ": "SEX"}}
    second = CLINICAL | {"id": "two", "intervals": [interval], "format": {"decimal": ","}}
    tables = catalog_tables(make_catalog(make_cohort(first, second)))
    columns = ("file_id", "file_order", "column_name", "attribute", "level", "type", "unit", "decimal")
    assert listed(tables, "column_maps", *columns) == [
        ("one", "0", "Sex", "SEX", "patient", "word", None, "."),
        ("two", "1", "interval:OS_TIME", "OS_TIME", "patient", "time", "days", "."),
    ]


# ---- the cache ------------------------------------------------------------------------------------------


class Cache:
    """Writes one entry again and again and counts how often it was parsed."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source = tmp_path / "t.tsv"
        self.source.write_text("patient\tOS\nP1\t10\n")
        self.out = tmp_path / "raw"
        self.parsed = 0
        original = parse_cohort_file

        def counted(*args: Any) -> dict[str, pa.Table]:
            self.parsed += 1
            return original(*args)

        monkeypatch.setattr(module, "parse_cohort_file", counted)

    def write(self, file: dict[str, Any] = CLINICAL, read_from: str = "https", **entries: Any) -> Path:
        cohort = make_cohort(file, **entries)
        digest = hashlib.sha256(self.source.read_bytes()).hexdigest()
        item = SourceBytes(ADDRESS, digest, self.source, read_from)
        return write_raw(cohort, cohort.files[0], [item], make_catalog(cohort), self.out)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    return Cache(tmp_path, monkeypatch)


def test_an_unchanged_source_is_not_parsed_again(cache: Cache) -> None:
    first, second = cache.write(), cache.write(read_from="store")
    assert first == second and cache.parsed == 1
    assert first.parent == cache.out / "syn" / "f"
    assert sorted(p.stem for p in first.iterdir()) == sorted(module.DATA_TABLES)
    assert pq.read_table(first / "clinical_values.parquet").column("value").to_pylist() == ["P1", "10"]


def test_a_folder_that_a_killed_run_left_beside_the_right_one_is_removed(cache: Cache) -> None:
    first = cache.write()
    (first.parent / "0123456789abcdef").mkdir()
    assert cache.write() == first and list(first.parent.iterdir()) == [first]


@pytest.mark.parametrize("change", ["bytes", "entry", "licence", "other file", "parser", "schema"])
def test_whatever_changes_the_rows_makes_them_anew_and_replaces_the_old_folder(
    cache: Cache, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cache.write()
    file: dict[str, Any] = CLINICAL
    entries: dict[str, Any] = {}
    if change == "bytes":
        cache.source.write_text("patient\tOS\nP1\t11\n")
    elif change == "entry":
        file = CLINICAL | {"columns": {"OS": {"attribute": "OS_TIME", "unit": "days"}}}
    elif change == "licence":
        entries = {"licence": "other"}
    elif change == "other file":  # a study's lists count when another file of the cohort has the calls
        calls = {"id": "m", "address": ADDRESS, "kind": "mutations", "sample_id": "s"}
        entries = {"files": [{"id": "f", "address": ADDRESS} | file, calls]}
    elif change == "parser":
        monkeypatch.setattr(module, "PARSER_VERSION", "0-test")
    else:
        monkeypatch.setitem(module.RAW_TABLES, "expression", ("cohort_id",))
    second = cache.write(file, **entries)
    assert cache.parsed == 2 and second != first
    assert list(second.parent.iterdir()) == [second]


def test_a_source_that_cannot_be_parsed_leaves_the_last_good_folder_and_nothing_else(cache: Cache) -> None:
    good = cache.write()
    cache.source.write_text("somebody\tOS\nP1\t10\n")
    with pytest.raises(ParseError, match="there is no column 'patient'"):
        cache.write()
    assert list(good.parent.iterdir()) == [good]


def test_a_failure_while_writing_leaves_no_half_folder(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.pq, "write_table", full_disk)
    with pytest.raises(Exception, match=r"no space is left .*; free some space"):
        cache.write()
    assert list((cache.out / "syn" / "f").iterdir()) == []
