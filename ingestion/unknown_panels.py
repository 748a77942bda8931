"""Sequenced samples on a panel that no list of genes describes: nobody can say for which genes they were looked at."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from ingestion.catalog import Catalog
from ingestion.errors import CatalogError, IngestionError


def unknown_panels(tables: Mapping[str, pa.Table], catalog: Catalog) -> dict[str, IngestionError]:
    """Cohorts with sequenced samples on such a panel, each with its error.

    Parameters
    ----------
    tables : ``profiled_samples``, ``gene_panels`` and ``source_files`` of the files together, as in ``RAW_TABLES``.
    """
    known = set(tables["gene_panels"].column("panel_id").to_pylist())
    found: dict[str, IngestionError] = {}
    for cohort in catalog.cohorts:
        if cohort.assay.kind == "exome":
            continue
        samples: dict[str, int] = {}
        for row in tables["profiled_samples"].to_pylist():
            panel = row["panel_id"] or cohort.assay.panel_id
            if row["cohort_id"] == cohort.cohort_id and panel is not None and panel not in known:
                samples[panel] = samples.get(panel, 0) + 1
        if samples:
            panel, n = max(samples.items(), key=lambda item: (item[1], item[0]))
            found[cohort.cohort_id] = CatalogError(
                f"no list describes panel '{panel}', on which {n} sequenced samples are",
                where=f"cohort '{cohort.cohort_id}'",
                remedy="correct its name under 'assay' or in the source, or add a file of kind gene_panels",
            )
    return found
