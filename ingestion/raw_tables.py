"""One catalogue entry and its bytes to raw tables, and those tables as Parquet that is not parsed twice.

The last step of ingestion: ``fetch`` has brought the bytes, the parsers read them, dbt takes it from here.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.catalog.cohorts import Catalog, Cohort, Reference
from ingestion.catalog.source_files import SourceFile
from ingestion.catalog.tables import CATALOG_TABLES, catalog_tables
from ingestion.fetching.store import sha256_of, storage_errors
from ingestion.parsing.call_contexts import parse_call_contexts
from ingestion.parsing.clinical import parse_clinical
from ingestion.parsing.copy_number_tables import parse_copy_number, parse_segments
from ingestion.parsing.expression_tables import parse_expression
from ingestion.parsing.feature_tables import parse_features
from ingestion.parsing.gene_flag_tables import parse_gene_flags
from ingestion.parsing.gene_set_tables import parse_gene_identifiers, parse_gene_sets
from ingestion.parsing.liftover import lifted
from ingestion.parsing.mutation_tables import parse_mutations
from ingestion.parsing.panels import parse_panel_file
from ingestion.parsing.sample_lists import add_maf_head, parse_case_list
from ingestion.parsing.signature_tables import parse_exposures, parse_profiles, parse_spectra
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.raw_schema import RAW_TABLES
from ingestion.studies.cbioportal import parse_study_file

__all__ = ["DATA_TABLES", "PARSER_VERSION", "SourceBytes", "catalog_tables", "parse_cohort_file", "write_raw"]

#: Raise it whenever the same bytes give other rows: cached tables of an older version are parsed again.
PARSER_VERSION = "6"
#: The raw tables that come from files (the others are the catalogue itself).
DATA_TABLES = tuple(name for name in RAW_TABLES if name not in CATALOG_TABLES)


class Fetched(Protocol):
    """What is needed of a fetched file; ``ingestion.fetching.fetch.FetchedFile`` is one."""

    @property
    def address(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def read_from(self) -> str: ...


@dataclass(frozen=True)
class SourceBytes:
    """A fetched file for callers that have no fetcher: address, checksum and where the bytes lie."""

    address: str
    sha256: str
    path: Path
    read_from: str = "https"


@dataclass(frozen=True)
class _Entry:
    """One catalogue entry while one of its addresses is read."""

    owner: Cohort | Reference
    file: SourceFile
    catalog: Catalog
    out: RawTables


_Parser = Callable[[Path, SourceRef, _Entry], None]


def _parse_mutations(path: Path, ref: SourceRef, entry: _Entry) -> None:
    parse_mutations(path, ref, entry.file, entry.out)
    add_maf_head(path, ref, entry.file, entry.out)


#: Kinds that are one table (a study is several, see ``cbioportal``).
PARSERS: dict[str, _Parser] = {
    "clinical": lambda path, ref, e: parse_clinical(path, ref, e.file, e.out),
    "mutations": lambda path, ref, e: _parse_mutations(path, ref, e),
    "gene_flags": lambda path, ref, e: parse_gene_flags(path, ref, e.file, e.out),
    "copy_number": lambda path, ref, e: parse_copy_number(path, ref, e.file, e.out),
    "copy_number_segments": lambda path, ref, e: parse_segments(path, ref, e.file, e.out),
    "case_list": lambda path, ref, e: parse_case_list(path, ref, e.file, e.out),
    "gene_panels": lambda path, ref, e: parse_panel_file(path, ref, e.file, e.out),
    "mutation_spectra": lambda path, ref, e: (parse_call_contexts if e.file.contexts else parse_spectra)(
        path, ref, e.file, e.out
    ),
    "published_exposures": lambda path, ref, e: parse_exposures(path, ref, e.file, e.out),
    "signature_profiles": lambda path, ref, e: parse_profiles(path, ref, e.file, e.out),
    "expression": lambda path, ref, e: parse_expression(path, ref, e.file, e.out),
    "immune_features": lambda path, ref, e: parse_features(path, ref, e.file, e.out),
    "gene_sets": lambda path, ref, e: parse_gene_sets(path, ref, e.file, e.out),
    "gene_identifiers": lambda path, ref, e: parse_gene_identifiers(path, ref, e.file, e.out),
}


#: Raw tables that a kind of file can fill, beside ``source_files`` and ``rejected_rows``, which every kind can.
TABLES_OF_KIND: dict[str, frozenset[str]] = {
    "cbioportal_study": frozenset(
        {
            "case_lists",
            "clinical_values",
            "copy_number",
            "copy_number_no_calls",
            "copy_number_segments",
            "gene_identifiers",
            "gene_panels",
            "mutations",
            "profiled_samples",
            "structural_variant_samples",
            "structural_variants",
            "timeline_events",
        }
    ),
    "clinical": frozenset({"clinical_values", "profiled_samples"}),
    "mutations": frozenset({"mutations", "profiled_samples", "gene_identifiers", "clinical_values"}),
    "gene_flags": frozenset({"mutations", "profiled_samples", "gene_panels"}),
    "copy_number": frozenset({"copy_number", "copy_number_no_calls", "clinical_values"}),
    "copy_number_segments": frozenset({"copy_number_segments", "clinical_values"}),
    "case_list": frozenset({"case_lists", "clinical_values", "profiled_samples"}),
    "gene_panels": frozenset({"gene_panels"}),
    "mutation_spectra": frozenset({"mutation_spectra", "signature_samples"}),
    "published_exposures": frozenset({"published_exposures", "signature_samples"}),
    "signature_profiles": frozenset({"signature_profiles"}),
    "expression": frozenset({"expression", "clinical_values"}),
    "immune_features": frozenset({"immune_features"}),
    "gene_sets": frozenset({"gene_sets"}),
    "gene_identifiers": frozenset({"gene_identifiers"}),
}


def tables_filled_by(file: SourceFile) -> frozenset[str]:
    """The raw tables in which rows of a file may stand."""
    return TABLES_OF_KIND[file.kind] | {"source_files", "rejected_rows"}


def parse_cohort_file(
    owner: Cohort | Reference, file: SourceFile, fetched: Sequence[Fetched], catalog: Catalog
) -> dict[str, pa.Table]:
    """Parse every address of one catalogue entry.

    Parameters
    ----------
    owner : the cohort (or reference) that the entry belongs to.
    fetched : one item for each of ``file.addresses()``; a study may also be a folder.

    Returns
    -------
    table name -> rows, for every table of `DATA_TABLES` (empty ones too), columns as in ``RAW_TABLES``.

    Raises
    ------
    IngestionError : the bytes are not what the entry says; one sentence with file, line or key, and remedy.
    """
    entry = _Entry(owner, file, catalog, RawTables())
    for item in fetched:
        if file.kind == "cbioportal_study" and isinstance(owner, Cohort):
            members = parse_study_file(item.path, owner, file, item.address, catalog, entry.out)
            for member, content in members.items():
                _add_source(entry, item, member, len(content), hashlib.sha256(content).hexdigest())
            continue
        for member in _members(file):
            parser = PARSERS.get(file.kind)
            if parser is not None:
                parser(item.path, SourceRef(entry.owner.owner_id, file.id, item.address, member), entry)
            with storage_errors(item.path.parent):
                _add_source(entry, item, member, item.path.stat().st_size, None)
    tables = entry.out.tables(DATA_TABLES)
    undeclared = {name for name, rows in tables.items() if rows.num_rows} - tables_filled_by(file)
    if undeclared:
        raise RuntimeError(f"TABLES_OF_KIND does not say that kind {file.kind} fills {sorted(undeclared)}")
    return tables


def _members(file: SourceFile) -> tuple[str, ...]:
    """Sheets of one workbook are different sources: their row numbers are their own. So are the columns of a table of
    gene flags, of which one line holds several calls, and the column of contexts beside the calls themselves."""
    if file.gene_flags is not None:
        return file.gene_flags.genes
    if file.contexts is not None:
        return (file.contexts.context,)
    return (file.format.sheet or "",) if file.format.type == "xlsx" else ("",)


def _add_source(entry: _Entry, item: Fetched, member: str, n_bytes: int, member_sha256: str | None) -> None:
    ref = SourceRef(entry.owner.owner_id, entry.file.id, item.address, member)
    entry.out.add(
        "source_files",
        1,
        {
            "source_file_id": ref.source_file_id,
            "cohort_id": ref.cohort_id,
            "file_id": ref.file_id,
            "address": ref.address,
            "member": ref.member or None,
            "sha256": item.sha256,
            "member_sha256": member_sha256,
            "bytes": str(n_bytes),
            "licence": entry.owner.licence,
            "read_from": _origin(item),
            "parser_version": PARSER_VERSION,
        },
    )


def _origin(item: Fetched) -> str:
    # "store" only says that the bytes were there already: they came over https once.
    return item.read_from if item.read_from in ("mirror", "catalogue", "file") else "https"


def cache_key(
    owner: Cohort | Reference, file: SourceFile, fetched: Sequence[Fetched], chain: Path | None = None
) -> str:
    """What the parsed tables depend on: bytes, the entry in the catalogue, parsers, raw schema and the chain file."""
    sources = [[item.address, item.sha256, _origin(item)] for item in fetched]
    by_chain = {"chain": sha256_of(chain)} if chain is not None else {}
    return _digest({"sources": sources, **_reading(owner, file), **by_chain})[:24]


def entry_version(owner: Cohort | Reference, file: SourceFile) -> str:
    """How the bytes of a file are read: its entry in the catalogue, parsers and raw schema. 12 hex digits."""
    return _digest(_reading(owner, file))[:12]


def _reading(owner: Cohort | Reference, file: SourceFile) -> dict[str, object]:
    return {
        "file": file.model_dump(mode="json"),
        "licence": owner.licence,
        # a study's lists count for a mutation table that is another file of the cohort
        "kinds": sorted({f.kind for f in owner.files}),
        "parser": PARSER_VERSION,
        "schema": {name: RAW_TABLES[name] for name in DATA_TABLES},
    }


def _digest(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_raw(
    owner: Cohort | Reference,
    file: SourceFile,
    fetched: Sequence[Fetched],
    catalog: Catalog,
    out_dir: Path,
    chain: Path | None = None,
) -> Path:
    """Parse unless it has been done, and return the folder with one Parquet file a table of `DATA_TABLES`.

    The folder is ``<out_dir>/<cohort_id>/<file_id>/<key>``; it appears complete or not at all, and takes the
    place of folders that other bytes or an older catalogue entry made. Empty tables are written too. With ``chain``
    calls on GRCh38 get their place on GRCh37 beside their own.

    Raises
    ------
    IngestionError : as `parse_cohort_file`; also DiskFullError and StorageError. Nothing is left behind.
    """
    parent = out_dir / owner.owner_id / file.id
    chain = chain if file.kind in ("mutations", "cbioportal_study") else None
    folder = parent / cache_key(owner, file, fetched, chain)
    if folder.is_dir():
        _remove_others(folder)  # a run that was killed may have left one
        return folder
    tables = parse_cohort_file(owner, file, fetched, catalog)
    if chain is not None:
        tables["mutations"] = lifted(tables["mutations"], chain)
    temporary = parent / f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with storage_errors(parent):
            temporary.mkdir(parents=True)
            for name, table in tables.items():
                pq.write_table(table, temporary / f"{name}.parquet", compression="zstd")
            if not folder.is_dir():
                temporary.rename(folder)
        _remove_others(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _remove_others(folder: Path) -> None:
    with storage_errors(folder.parent):
        for other in folder.parent.iterdir():
            if other != folder and not other.name.startswith("."):
                shutil.rmtree(other)
