"""People of cohorts by a biomarker: the analysis frame with the group or value of each patient's index sample."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from analytics.biomarkers.evaluate import evaluate
from analytics.biomarkers.groups import Contrast
from analytics.biomarkers.language.model import Mutation
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.text import canonical
from analytics.questions.selection import NOT_PROFILED
from analytics.questions.source import AskedPeople
from warehouse.frames.biomarker_inputs import WarehouseInputs
from warehouse.frames.patients import NO_SAMPLE, analysis_frame, patient_frame, with_other_genes


def asked_people(
    con: duckdb.DuckDBPyConnection,
    biomarker: str,
    endpoint: str,
    cohort_ids: Sequence[str],
    other_genes: Sequence[str] = (),
    columns: Sequence[str] = ("*",),
) -> AskedPeople:
    """See :class:`analytics.questions.source.PeopleSource`. The status of a gene is read as ``marts.gene_status`` has
    it; every other biomarker is evaluated over the cohorts' samples.

    Parameters
    ----------
    columns : of the frame, where not all are read.
    """
    asked = parse(biomarker)
    if isinstance(asked, Mutation) and asked.what == "any":
        frame = analysis_frame(con, asked.gene, endpoint, cohort_ids, other_genes, columns)
        contrast = Contrast.of_gene(asked.gene)
        return AskedPeople(frame, canonical(asked), asked.gene, (contrast,), None, True, (asked.gene,))
    found = evaluate(asked, WarehouseInputs(con, cohort_ids))
    frame = patient_frame(con, endpoint, cohort_ids, columns)
    merged = frame.merge(
        found.member_status(), on=["cohort_id", "sample_id"], how="left", validate="many_to_one"
    )
    is_absent = merged["status"].isna()
    merged["status_reason"] = merged["status_reason"].astype(object).mask(is_absent, NO_SAMPLE)
    merged["status"] = merged["status"].mask(is_absent, NOT_PROFILED)
    return AskedPeople(
        with_other_genes(con, merged, other_genes),
        found.biomarker,
        found.label,
        found.contrasts,
        found.scale.unit,
        False,
        found.genes,
        found.notes,
    )
