"""Shared by the tests of the generated cohorts: one mirror a seed, and the cohorts as the catalogue reads them."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import tarfile
import tempfile
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from ingestion.catalog.cohorts import Catalog, Cohort, Reference
from ingestion.catalog.loading import load_catalog
from ingestion.catalog.source_files import SourceFile
from ingestion.fetching.addresses import mirror_path
from ingestion.fetching.store import sha256_of
from ingestion.generated import DEFAULT_SEED, Truth, generate
from ingestion.raw_tables import SourceBytes, catalog_tables, parse_cohort_file

ROOT = Path(__file__).resolve().parents[3]
HOST = "synthetic.invalid"
MONTHS = {"days": 1 / 30.4375, "weeks": 7 / 30.4375, "months": 1.0, "years": 12.0}
SILENT = {"silent", "intron", "igr", "synonymous_variant", "synonymous_coding", "synonymous snv"}
OLD = {"PAK7": "PAK5", "PARK2": "PRKN", "MRE11A": "MRE11", "WHSC1": "NSD2"}


EVENT = {"event": True, "censored": False}


@dataclass(frozen=True)
class Mirror:
    """A generated mirror folder and the truth about it."""

    folder: Path
    truth: Truth

    def path(self, name: str) -> Path:
        return self.folder / HOST / name


@cache
def made(seed: int = DEFAULT_SEED) -> Mirror:
    """The mirror of a seed, made once a test run (8 s of a core): by the first worker that needs it, for all."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"generated-cohorts-{session}-{seed}"
    truth = folder.with_suffix(".truth")
    with FileLock(folder.with_suffix(".lock")):
        if not truth.exists():
            truth.write_bytes(pickle.dumps(generate(folder, seed)))
        return Mirror(folder, pickle.loads(truth.read_bytes()))


@cache
def demo_catalog() -> Catalog:
    return load_catalog(ROOT / "catalog" / "demo", ROOT / "catalog" / "attributes.yaml")


@cache
def parsed(owner_id: str, file_id: str) -> dict[str, pd.DataFrame]:
    """One catalogue entry of the default mirror through the project's own parsers."""
    cohort = next(owner for owner in demo_catalog().owners() if owner.owner_id == owner_id)
    file = next(f for f in cohort.files if f.id == file_id)
    fetched = []
    for address in file.addresses():
        path = mirror_path(made().folder, address)
        if file.awaited and not path.exists():
            continue
        fetched.append(SourceBytes(address, sha256_of(path), path, "mirror"))
    tables = parse_cohort_file(cohort, file, fetched, demo_catalog())
    return {name: table.to_pandas() for name, table in tables.items()}


def raw(name: str) -> bytes:
    """The bytes of a generated file, gzip taken off."""
    data = made().path(name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def members(study: str) -> dict[str, bytes]:
    """The files of a generated study's tarball."""
    with tarfile.open(fileobj=io.BytesIO(raw(f"{study}.tar.gz"))) as archive:
        found = {
            entry.name.removeprefix(f"{study}/"): archive.extractfile(entry) for entry in archive.getmembers()
        }
        return {name: handle.read() for name, handle in found.items() if handle is not None}


def entries() -> list[tuple[Cohort | Reference, SourceFile]]:
    """Every entry of the demo catalogue whose file is generated."""
    owners = demo_catalog().owners()
    return [(owner, file) for owner in owners for file in owner.files if not file.is_own]


@cache
def attributes(cohort_id: str) -> pd.DataFrame:
    """patient x attribute of one cohort: the cohort's own words, then a status's prefix, then the shared vocabulary;
    times in months.

    The first file of the catalogue's entry wins, then the first row.
    """
    tables = {name: table.to_pandas() for name, table in catalog_tables(demo_catalog()).items()}
    columns = tables["column_maps"].query("cohort_id == @cohort_id")
    own = tables["word_maps"].query("cohort_id == @cohort_id")
    own_words = {(r.file_id, r.column_name, r.word.lower()): r.value for r in own.itertuples()}
    shared = pd.read_csv(ROOT / "catalog" / "vocabularies" / "vocabulary_words.csv", dtype=str)
    shared_words = {(r.attribute, r.word): r.value for r in shared.itertuples()}
    found = pd.concat(
        [parsed(cohort_id, f.id)["clinical_values"] for f in demo_catalog().cohort(cohort_id).files]
    )
    found = found[found["value"].notna()].merge(columns, on=["cohort_id", "file_id", "column_name"])
    values = []
    for row in found.itertuples():
        value = str(row.value)
        if row.type == "time":
            value = str(float(value.replace(",", ".")) * MONTHS[row.unit])
        elif row.type == "word":
            word = own_words.get((row.file_id, row.column_name, value.lower()))
            by_prefix = {"0:": "censored", "1:": "event"}.get(value[:2])
            value = word or by_prefix or shared_words.get((row.attribute, value.lower()))
        values.append(value)
    found["value"] = values
    found = found[found["value"].notna()]
    found = found.assign(order=found["file_order"].astype(int)).sort_values(
        ["order", "source_row"], kind="stable"
    )
    return found.groupby(["patient_id", "attribute"])["value"].first().unstack()


@cache
def mutated(cohort_id: str) -> dict[str, set[str]]:
    """sample -> symbols with a non-synonymous call that passes the cohort's filters."""
    cohort = demo_catalog().cohort(cohort_id)
    calls = pd.concat([parsed(cohort_id, f.id)["mutations"] for f in cohort.files])
    calls = calls[calls["hugo_symbol"].notna()]
    calls = calls[~calls["variant_classification"].str.lower().isin(SILENT)]
    patterns = cohort.filters.passing if cohort.filters else {"*": r"^(PASS|\.)?$"}
    anywhere = patterns["*"]
    codes = calls["sample_id"].str.extract(r"^DEMO-([A-Z]{2})", expand=False)
    leukaemia = codes.eq("LA")
    passing = calls["filter"].fillna("").str.fullmatch(anywhere.strip("^$"))
    if "LAML" in patterns:
        own = calls["filter"].fillna("").str.fullmatch(patterns["LAML"].strip("^$"))
        passing = passing.where(~leukaemia, own)
    calls = calls[passing]
    symbols = calls["hugo_symbol"].replace(OLD)
    return {str(sample): set(group) for sample, group in symbols.groupby(calls["sample_id"])}


def analysis_frame(truth: Truth) -> pd.DataFrame:
    """One row a patient of the truth: status of the genes, log2(TMB + 1), times, events, stratum."""
    rows = []
    for p in truth.patients:
        row = {
            "cohort": p.cohort_id,
            "patient": p.patient_id,
            "person": p.person_id,
            "stratum": f"{p.cohort_id} {p.cancer_type}",
            "is_icb": float(p.arm == "icb"),
            "is_profiled": p.is_profiled,
            "os": p.os_months,
            "os_event": p.os_event,
            "pfs": p.pfs_months,
            "pfs_event": p.pfs_event,
            "entry": p.entry_months,
            "response": p.best_response,
            "log2_tmb": np.log2(p.tmb_mut_per_mb + 1) if p.tmb_mut_per_mb is not None else np.nan,
        }
        rows.append(
            row | {symbol: float(symbol in p.mutated) for symbol in ("IGF1R", "TP53", "ALK", "TTN", "MUC16")}
        )
    return pd.DataFrame(rows)
