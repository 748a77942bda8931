"""``icb cohort add``: a catalogue file for any cBioPortal study from its identifier alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingestion.archives import iter_members
from ingestion.catalog import load_catalog, load_cohort
from ingestion.cbioportal import MappingReport, mapping_report
from ingestion.errors import CatalogError
from ingestion.fetch import Fetcher
from ingestion.progress import RichProgress
from ingestion.store import ContentStore
from orchestration.settings import Settings

STUDY_ADDRESS = "https://datahub.assets.cbioportal.org/{study_id}.tar.gz"


@dataclass(frozen=True)
class AddedCohort:
    """The file written, and which columns of the study found an attribute."""

    path: Path
    mapped: list[dict[str, Any]]
    unmapped: list[dict[str, Any]]


def add_cohort(study_id: str, settings: Settings, *, is_icb: bool, overwrite: bool) -> AddedCohort:
    """Fetch a study, look at its attributes, and write ``catalog/cohorts/<study_id>.yaml``.

    Raises
    ------
    CatalogError
        There is such a file already and ``overwrite`` is false.
    IngestionError
        The study cannot be fetched or is no study: one sentence.
    """
    path = settings.catalog / "cohorts" / f"{study_id}.yaml"
    if path.exists() and not overwrite:
        raise CatalogError(
            "there is a cohort file already", where=str(path), remedy="edit it, or give --overwrite"
        )
    catalog = load_catalog(settings.catalog, settings.attributes)
    address = STUDY_ADDRESS.format(study_id=study_id)
    with (
        RichProgress() as progress,
        Fetcher(ContentStore(settings.data), settings.mirror, settings.lock(), progress=progress) as fetcher,
    ):
        fetched = fetcher.fetch(address, licence="ODbL 1.0 (cBioPortal datahub)", expected="gzip")
    members = dict(iter_members(fetched.path, source=address))
    report = mapping_report(members, catalog, study_id)
    content = _cohort_file(study_id, address, members, report, is_icb=is_icb)
    previous = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(content, encoding="utf-8")
    try:
        load_cohort(path)
    except CatalogError:
        path.unlink() if previous is None else path.write_text(previous, encoding="utf-8")
        raise
    return AddedCohort(
        path=path,
        mapped=[
            {"column": m.column, "attribute": m.attribute, "n_filled": m.n_filled} for m in report.mapped
        ],
        unmapped=[{"column": m.column, "level": m.level, "n_filled": m.n_filled} for m in report.unmapped],
    )


def _cohort_file(
    study_id: str, address: str, members: dict[str, bytes], report: MappingReport, *, is_icb: bool
) -> str:
    meta = _meta(members)
    attributes = {m.attribute for m in report.mapped}
    endpoints = {
        endpoint: {
            "origin": "unknown",
            "evidence": "Not stated by the study: find it in the paper before pooling.",
        }
        for endpoint in ("OS", "PFS", "DSS", "DFI")
        if {f"{endpoint}_TIME", f"{endpoint}_STATUS"} <= attributes
    }
    has_panel = "GENE_PANEL" in attributes or any("gene_panel" in name for name in members)
    content: dict[str, Any] = {
        "cohort_id": study_id,
        "title": meta.get("name", study_id),
        "citation": meta.get("citation", "not stated by the study"),
        **({"pmid": meta["pmid"].split(",")[0].strip()} if meta.get("pmid") else {}),
        "licence": "ODbL 1.0 (cBioPortal datahub)",
        "is_icb": is_icb,
        "precedence": 100,
        "assay": {"name": "panel" if has_panel else "exome", "kind": "panel" if has_panel else "exome"},
        "endpoints": endpoints,
        "files": [{"id": "study", "address": address, "kind": "cbioportal_study"}],
    }
    head = (
        f"# Written by `icb cohort add {study_id}`. Before pooling: say when each endpoint's clock starts, check the\n"
        "# assay, and declare person_rules if its patients are in other cohorts too.\n"
    )
    return head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _meta(members: dict[str, bytes]) -> dict[str, str]:
    for name, content in members.items():
        if name.rsplit("/", 1)[-1] == "meta_study.txt":
            lines = content.decode("utf-8", errors="replace").splitlines()
            return {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines) if v.strip()}
    return {}
