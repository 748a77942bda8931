"""The parsers on the real files of the mirror: counts that the files' own documents or plain text tools give.

Skipped with a reason where ICB_MIRROR does not point to the mirror.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from parsing_help import ROOT, all_text, listed, make_catalog, make_cohort

from ingestion.catalog.cohorts import Cohort, Reference
from ingestion.catalog.loading import load_catalog
from ingestion.catalog.source_files import SourceFile
from ingestion.fetching.addresses import mirror_path
from ingestion.fetching.own_files import own_path
from ingestion.raw_tables import SourceBytes, parse_cohort_file
from ingestion.reading.privacy import holds_date

MIRROR = os.environ.get("ICB_MIRROR", "")
pytestmark = [
    pytest.mark.mirror,
    pytest.mark.skipif(
        not MIRROR, reason="ICB_MIRROR is not set: point it to the mirror of the public files"
    ),
]

RAW = "https://raw.githubusercontent.com"
DATAHUB = f"{RAW}/cBioPortal/datahub/165bd77077b03038f9c2ee104959eb474770b2a9"
VAN_ALLEN = f"{RAW}/BHKLAB-DataProcessing/ICB_Van_Allen-data/3abe4b8a1079e7bd203265a8e919f90f22da741b"
ROH = f"{RAW}/BHKLAB-DataProcessing/ICB_Roh-data/aad6439733e7221be20cda5b51120f6adeb8c282"
HUGO = f"{RAW}/BHKLAB-Pachyderm/ICB_Hugo-data/46b20b78eec927eda7d602ee6f8974867cc60e66"
RIAZ = f"{RAW}/BHKLAB-Pachyderm/ICB_Riaz-data/c4b8d1a8b49be50a3ac39cdb23199251f1db0ce3"


def raw_bytes(address: str) -> bytes:
    data = mirror_path(Path(MIRROR), address).read_bytes()
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def where(file: SourceFile, address: str) -> Path:
    """On the mirror, or in the catalogue for a list that the project curates itself."""
    return (
        own_path(address, ROOT / "catalog" / "references")
        if file.is_own
        else mirror_path(Path(MIRROR), address)
    )


def parse_entry(owner: Cohort | Reference, file: SourceFile, catalog: Any) -> dict[str, pa.Table]:
    items = [SourceBytes(a, "0" * 64, where(file, a), "mirror") for a in file.addresses()]
    return parse_cohort_file(owner, file, items, catalog)


def parse(file: dict[str, Any]) -> dict[str, pa.Table]:
    cohort = make_cohort(file)
    return parse_entry(cohort, cohort.files[0], make_catalog(cohort))


def test_mc3_has_every_row_of_the_download_with_its_line() -> None:
    address = "https://api.gdc.cancer.gov/data/1c8cfe5f-e52d-41ba-94da-f15ea1337efc"
    found = parse({"kind": "mutations", "address": address, "sample_id": "Tumor_Sample_Barcode"})
    mutations = found["mutations"]
    assert mutations.num_rows == 2_105_323, "INDEX.tsv of the mirror"
    lines = raw_bytes(address).split(b"\n")
    for at in (0, 1_000_000, 2_105_322):
        row = mutations.slice(at, 1).to_pylist()[0]
        cells = lines[row["source_row"] - 1].decode().split("\t")
        assert (row["hugo_symbol"], row["start_position"], row["sample_id"]) == (cells[0], cells[2], cells[8])


@pytest.mark.parametrize(("study", "n"), [("tmb_mskcc_2018", 1661), ("nsclc_pd1_msk_2018", 240)])
def test_the_portals_studies_have_as_many_sequenced_samples_as_their_case_lists_say(
    study: str, n: int
) -> None:
    address = f"https://datahub.assets.cbioportal.org/{study}.tar.gz"
    found = parse({"kind": "cbioportal_study", "address": address})
    assert len(set(listed(found, "profiled_samples", "sample_id"))) == n
    panels = set(listed(found, "profiled_samples", "panel_id")) - {None}  # a list of the sequenced names none
    assert panels and panels <= {"IMPACT341", "IMPACT410", "IMPACT468"}


def test_the_panel_dump_has_65_panels_and_impact468_lists_469_genes() -> None:
    found = parse({"kind": "gene_panels", "address": f"{DATAHUB}/.circleci/portalinfo/gene-panels.json"})
    panels = listed(found, "gene_panels", "panel_id")
    assert len(set(panels)) == 65 and panels.count("IMPACT468") == 469
    text = raw_bytes(f"{DATAHUB}/.circleci/portalinfo/gene-panels.json").decode().splitlines()
    for symbol, line in listed(found, "gene_panels", "hugo_symbol", "source_row")[::5000]:
        assert f'"{symbol}"' in text[line - 1]


def test_the_32_case_lists_of_tcga_give_10967_samples_of_10953_patients_and_10433_sequenced() -> None:
    folder = mirror_path(Path(MIRROR), f"{DATAHUB}/public/x/y").parents[1]
    studies = sorted(p.name for p in folder.glob("*_tcga_pan_can_atlas_2018"))
    assert len(studies) == 32
    ids = {}
    for name in ("all", "sequenced"):
        found = parse({
            "kind": "case_list", "address": f"{DATAHUB}/public/{{s}}/case_lists/cases_{name}.txt",
            "for_each": {"s": studies},
        })  # fmt: skip
        ids[name] = listed(found, "case_lists", "sample_id")
    assert len(set(ids["all"])) == 10_967 and len({s[:12] for s in ids["all"]}) == 10_953
    # papers.md counts sequenced patients
    assert len({s[:12] for s in ids["sequenced"]}) == 10_433


def test_riazs_calls_end_their_lines_with_carriage_returns_alone() -> None:
    found = parse({"kind": "mutations", "address": f"{RIAZ}/SNV.txt.gz", "sample_id": "Patient"})
    assert found["mutations"].num_rows == raw_bytes(f"{RIAZ}/SNV.txt.gz").count(b"\r")


def test_hugos_odd_byte_costs_no_row() -> None:
    picks = {
        "hugo_symbol": "Gene",
        "chromosome": "Chr",
        "start_position": "Pos",
        "variant_classification": "MutType",
    }
    file = {
        "kind": "mutations",
        "address": f"{HUGO}/SNV.txt.gz",
        "sample_id": "Sample",
        "mutation_columns": picks,
    }
    found = parse(file)
    text = raw_bytes(f"{HUGO}/SNV.txt.gz")
    assert found["mutations"].num_rows == len(text.splitlines()) - 1
    assert "undecodable_bytes" in listed(found, "rejected_rows", "rule_id")


def test_every_gene_that_became_a_date_in_rohs_calls_is_noted() -> None:
    picks = {"variant_classification": "Variant_Class"}
    file = {
        "kind": "mutations",
        "address": f"{ROH}/SNV.txt.gz",
        "sample_id": "Sample",
        "mutation_columns": picks,
    }
    found = parse(file)
    expected = re.findall(
        rb"(?m)^[^\t]*\t[^\t]*\t\d\d-(?:sept|mars|d\xc3\xa9c)\t", raw_bytes(f"{ROH}/SNV.txt.gz")
    )
    notes = listed(found, "rejected_rows", "rule_id")
    assert len(expected) > 10 and notes.count("gene_became_date") == len(expected)


def test_no_birth_or_death_date_of_van_allens_patients_survives_even_without_a_declaration() -> None:
    address = f"{VAN_ALLEN}/CLIN.txt"
    dates = set(re.findall(r"\d\d/\d\d/\d{4}", raw_bytes(address).decode()))
    assert len(dates) > 300
    declared = {
        "private": ["date_birth", "date_death", "date_progression", "therapy_end"],
        "intervals": [{"attribute": "TREATMENT_DURATION", "start": "therapy_start", "end": "therapy_end"}],
    }
    for entry in ({}, declared):
        found = parse({"kind": "clinical", "address": address, "patient_id": "patient"} | entry)
        assert found["clinical_values"].num_rows > 3000
        assert not {text for text in all_text(found) if holds_date(text) or text in dates}


def entries() -> Iterator[tuple[str, str]]:
    if not MIRROR or not list((ROOT / "catalog" / "cohorts").glob("*.yaml")):
        return
    catalog = load_catalog(ROOT / "catalog")
    owners: list[Cohort | Reference] = [*catalog.cohorts, *catalog.references]
    for owner in owners:
        name = owner.cohort_id if isinstance(owner, Cohort) else owner.reference_id
        yield from (
            (name, file.id)
            for file in owner.files
            if file.kind != "expression" and not (file.awaited and not where(file, file.address).exists())
        )


@pytest.mark.parametrize(("owner_id", "file_id"), list(entries()))
def test_every_entry_of_the_shipped_catalogue_gives_rows_and_no_date(owner_id: str, file_id: str) -> None:
    catalog = load_catalog(ROOT / "catalog")
    owner: Cohort | Reference
    if owner_id in [r.reference_id for r in catalog.references]:
        owner = next(r for r in catalog.references if r.reference_id == owner_id)
    else:
        owner = catalog.cohort(owner_id)
    file = next(f for f in owner.files if f.id == file_id)
    found = parse_entry(owner, file, catalog)
    n_rows = {name: table.num_rows for name, table in found.items()}
    n_data = sum(n for name, n in n_rows.items() if name not in ("source_files", "rejected_rows"))
    assert n_data > 0 and n_rows["source_files"] >= len(file.addresses())
    lost = [
        r for r in listed(found, "rejected_rows", "rule_id") if r in ("wrong_number_of_cells", "missing_key")
    ]
    assert len(lost) <= 0.01 * n_data, "a rule of the entry does not fit its file"
    if file.kind in ("clinical", "cbioportal_study"):
        values = found["clinical_values"].column("value_raw").unique().to_pylist()
        assert not [value for value in values if holds_date(value)]
