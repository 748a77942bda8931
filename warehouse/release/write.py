"""``icb release <folder>``: what licences allow of a published version, as Parquet and DuckDB, with checksums.

```
icb.duckdb               every table with its comments, views and macros
tables/<schema>/<table>.parquet
data_dictionary.csv      a row a column: type, unit, meaning, key, what it refers to
licences.csv             a row a cohort or reference: in or out, and why
CITATION.cff, README.md  for a repository that gives a DOI
manifest.json            version, software, every file with bytes and sha256
```
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of_package
from pathlib import Path

import duckdb
import yaml

from ingestion.fetching.store import storage_errors
from warehouse.export.readable import csv_cell
from warehouse.published_file import published_error
from warehouse.release.chosen_rows import chosen_rows
from warehouse.release.licences import Gate, ReleaseError, gates
from warehouse.settings import PROJECT
from warehouse.versions.layout import FILE, MANIFEST, Version
from warehouse.versions.manifest import Manifest, file_of, read_manifest
from warehouse.versions.public_tables import copy_public_tables

_DICTIONARY = (
    "select schema_name, table_name, column_name, data_type, unit, comment, is_key, refers_to from docs.columns "
    "where schema_name in ('marts', 'stats') order by schema_name, table_name, position"
)


@dataclass(frozen=True)
class Release:
    """What was written: the folder, who may leave and who not, rows by table."""

    folder: Path
    gates: tuple[Gate, ...]
    rows: Mapping[str, int]


def write_release(version: Version, folder: Path, included: Mapping[str, str]) -> Release:
    """Write the release of a version into ``folder``, made complete beside it and then put there.

    Parameters
    ----------
    included : cohorts and references of unknown licence that may leave all the same -> why.

    Raises
    ------
    ReleaseError
        The folder is there and not empty, the version holds private cohorts, or nothing of it may leave.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ReleaseError("it is there already", where=str(folder), remedy="name a new folder")
    manifest = read_manifest(version)
    if manifest.private_cohorts:
        raise ReleaseError(
            f"version {version.name} holds private cohorts ({', '.join(manifest.private_cohorts)}), and what is "
            "counted over everybody rests on them too",
            where=str(version.file),
            remedy="publish one without them first: icb run without --private and ICB_PRIVATE_COHORTS",
        )
    allowed = gates(_licences(version.file), included)
    cohorts = [gate.owner_id for gate in allowed if gate.may_leave and gate.owner_id in manifest.cohorts]
    if not cohorts:
        raise ReleaseError(
            "no cohort of this version may leave",
            where=str(version.file),
            remedy='icb sql "select cohort_id, licence from marts.cohorts" shows why; see --include',
        )
    owners = [gate.owner_id for gate in allowed if gate.may_leave]
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with storage_errors(folder.parent):
        try:
            part.mkdir(parents=True)
            rows = copy_public_tables(version.file, part / FILE, lambda con: chosen_rows(con, owners))
            _write_tables(part, sorted(rows))
            _write_rows(part / "licences.csv", [asdict(gate) for gate in allowed])
            citations = _citations(part / FILE, cohorts)
            (part / "CITATION.cff").write_text(_citation(manifest, citations), encoding="utf-8")
            (part / "README.md").write_text(_readme(manifest, allowed, rows), encoding="utf-8")
            shutil.copyfile(PROJECT / "LICENSE", part / "LICENSE-software.txt")
            _write_manifest(part, manifest, allowed, rows)
            if folder.exists():
                folder.rmdir()
            part.rename(folder)
        except duckdb.Error as exc:
            raise published_error(exc, version.file) from exc
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return Release(folder, allowed, rows)


def _licences(file: Path) -> dict[str, str]:
    """Owner -> words of its licence, of every cohort and of every reference with a file."""
    with duckdb.connect(str(file), read_only=True) as con:
        return dict(
            con.execute(
                "select cohort_id, coalesce(licence, '') from marts.cohorts union "
                "select owner_id, string_agg(distinct licence, '; ') from (select licence, "
                "unnest(cohort_ids) as owner_id from marts.source_files) where owner_id not in "
                "(select cohort_id from marts.cohorts) group by owner_id order by 1"
            ).fetchall()
        )


def _write_tables(folder: Path, tables: Sequence[str]) -> None:
    with duckdb.connect(str(folder / FILE), read_only=True) as con:
        for name in tables:
            schema, table = name.split(".", 1)
            path = folder / "tables" / schema / f"{table}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            where = str(path).replace("'", "''")
            con.execute(f"copy {schema}.\"{table}\" to '{where}' (format parquet, compression zstd)")
        columns = con.execute(_DICTIONARY)
        names = [column[0] for column in columns.description or []]
        _write_rows(
            folder / "data_dictionary.csv", [dict(zip(names, row, strict=True)) for row in columns.fetchall()]
        )


def _write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)


def _citations(file: Path, cohorts: Sequence[str]) -> list[dict[str, str]]:
    """Title, citation and DOI of the cohorts that are in the release."""
    with duckdb.connect(str(file), read_only=True) as con:
        found = con.execute(
            "select title, citation, doi from marts.cohorts where list_contains($cohorts, cohort_id) "
            "order by cohort_id",
            {"cohorts": list(cohorts)},
        ).fetchall()
    return [
        {"title": title, "citation": citation or title, "doi": doi or ""} for title, citation, doi in found
    ]


def _citation(manifest: Manifest, cohorts: Sequence[Mapping[str, str]]) -> str:
    """CITATION.cff of the data: the software's own, with version and day of this one, and what it is made of."""
    own: dict[str, object] = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    own |= {
        "title": f"icb-warehouse, release of data {manifest.version}",
        "message": "Please cite this release, and the papers of every cohort that you use.",
        "type": "dataset",
        "version": manifest.version,
        "date-released": manifest.published_at.date().isoformat(),
    }
    own.pop("license", None)  # each cohort has its own: licences.csv
    own["references"] = [
        {"type": "article", "title": one["citation"], "authors": [{"name": one["title"]}]}
        | ({"doi": one["doi"]} if one["doi"] else {})
        for one in cohorts
    ]
    return yaml.safe_dump(own, sort_keys=False, allow_unicode=True, width=110)


def _readme(manifest: Manifest, allowed: Sequence[Gate], rows: Mapping[str, int]) -> str:
    n_cohorts = sum(gate.may_leave and gate.owner_id in manifest.cohorts for gate in allowed)
    outside = [gate for gate in allowed if not gate.may_leave]
    out = "".join(f"| {gate.owner_id} | {gate.why} |\n" for gate in outside)
    return (
        f"# icb-warehouse, release of data {manifest.version}\n\n"
        f"{n_cohorts} cohorts of public immune-checkpoint-blockade studies in {len(rows)} harmonised tables, and the "
        "statistics of the run. `icb.duckdb` opens in DuckDB from 1.1 on; `tables/` holds the same as Parquet; "
        "`data_dictionary.csv` says what each column is.\n\n"
        "Each cohort has a licence of its own (`licences.csv`), which goes with its rows; with rows under the ODbL the "
        "whole database is under it. Ages over 89 are 90. Statistics are over every cohort of the version, also over "
        "those whose rows are not here.\n\n"
        + (f"Not here:\n\n| cohort or reference | why |\n|---|---|\n{out}\n" if outside else "")
        + "Check the files: every path, its bytes and its sha256 are in `manifest.json`. How to cite: `CITATION.cff`.\n"
    )


def _write_manifest(
    folder: Path, manifest: Manifest, allowed: Sequence[Gate], rows: Mapping[str, int]
) -> None:
    files = [file_of(folder, path).model_dump() for path in sorted(folder.rglob("*")) if path.is_file()]
    said = {
        "name": "icb-warehouse release",
        "version": manifest.version,
        "software": f"icb-warehouse {version_of_package('icb-warehouse')}",
        "published_at": manifest.published_at.isoformat(),
        "run_id": manifest.run_id,
        "owners": [asdict(gate) for gate in allowed],
        "rows": dict(rows),
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
