"""From the warehouse to the analysis frame: one row a patient of the cohorts asked for (``marts.analysis_frame``), with
the status of a gene (``marts.gene_status``).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd

from analytics.questions.selection import NO_SAMPLE, NOT_PROFILED, UNDETERMINED
from ingestion.errors import IngestionError
from warehouse.frames.kept import kept
from warehouse.tables import frame_of

_STATUS = """
select cohort_id, sample_id, status, status_reason, n_mutations
from marts.gene_status(?)
where list_contains(?, cohort_id)
"""

#: Samples with a row that could be a gene and is not understood. A counted call beside it still makes mutated.
_UNDETERMINED = """
select cohort_id, sample_id, hugo_symbol as gene, doubt_reason as status_reason
from marts.gene_calls
where is_doubtful and list_contains($cohorts, cohort_id) and ($all_genes or list_contains($genes, hugo_symbol))
order by cohort_id, sample_id, hugo_symbol
"""

#: Responses of a question -> their columns in ``marts.analysis_frame``.
RESPONSE_COLUMNS = {
    "orr": "is_objective_response",
    "dcr": "is_disease_control",
    "durable_benefit": "has_durable_benefit",
    "predictior": "is_predictior_responder",
    "iatlas": "is_iatlas_responder",
}

_FRAME = f"""
select
    cohort_id, patient_id, person_id, precedence, is_icb_cohort, sample_id, is_baseline, biopsy_time, sample_type,
    sample_site, cancer_type, oncotree_code, sex, age_years, age_group, stage, primary_site, smoking_history, ecog,
    is_in_study, drug_class, arm, line_of_treatment, is_icb_treated, panel_id, assay_kind, is_profiled,
    is_undetermined, undetermined_reason, n_calls, n_nonsynonymous, denominator_mb,
    counted_here_mut_per_mb as tmb_mut_per_mb,
    time_months, is_event as event, is_competing_death, entry_months, origin, clock_family, source_file_id, source_row,
    response_raw, recist, {", ".join(f"{column} as {name}" for name, column in RESPONSE_COLUMNS.items())}
from marts.analysis_frame
where endpoint = $endpoint and list_contains($cohorts, cohort_id)
order by cohort_id, patient_id
"""


class OverlappingCohortsError(IngestionError):
    """Cohorts that may hold the same people, of whom nobody can say who is who, cannot be in one pool."""


#: What says who counts and for how long they were followed, where no covariate is asked for.
FOLLOWED = (
    "cohort_id", "patient_id", "person_id", "precedence", "sample_id", "is_baseline", "cancer_type", "is_icb_treated",
    "n_calls", "time_months", "event", "is_competing_death", "entry_months", "origin", "clock_family",
)  # fmt: skip


def patient_frame(
    con: duckdb.DuckDBPyConnection, endpoint: str, cohort_ids: Sequence[str], columns: Sequence[str] = ("*",)
) -> pd.DataFrame:
    """One row a patient of ``cohort_ids`` with endpoint, response, covariates and burden; no gene's status.

    Parameters
    ----------
    columns : those that are read; all without it.

    Raises
    ------
    OverlappingCohortsError
        One of the cohorts has no identifiers and may hold the people of another one of them.
    """

    def read() -> pd.DataFrame:
        _refuse_overlaps(con, cohort_ids)
        values = {"endpoint": endpoint, "cohorts": list(cohort_ids)}
        return frame_of(con.execute(f"select {', '.join(columns)} from ({_FRAME})", values))

    return kept(con, ("patients", endpoint, tuple(cohort_ids), tuple(columns)), read)


def _refuse_overlaps(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> None:
    rows = con.execute(
        "select cohort_id, may_overlap, overlap_evidence from marts.cohorts "
        "where not is_linkable and list_contains(?, cohort_id) order by cohort_id",
        [list(cohort_ids)],
    ).fetchall()
    for cohort_id, may_overlap, evidence in rows:
        same = sorted(set(may_overlap or ()) & set(cohort_ids))
        if same:
            raise OverlappingCohortsError(
                f"{cohort_id} has no identifiers of people and may hold those of {', '.join(same)} ({evidence})",
                where="cohorts",
                remedy="ask of them one by one",
            )


def analysis_frame(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    endpoint: str,
    cohort_ids: Sequence[str],
    other_genes: Sequence[str] = (),
    columns: Sequence[str] = ("*",),
) -> pd.DataFrame:
    """One row a patient of ``cohort_ids``; see :data:`analytics.questions.selection.FRAME_COLUMNS`.

    ``status`` is that of the patient's index sample: mutated, wild_type, not_profiled or undetermined, the last two
    with a ``status_reason``. For each of ``other_genes`` a column ``<gene>_mutated`` is added (null in the last two).
    """
    frame = patient_frame(con, endpoint, cohort_ids, columns)
    return with_other_genes(con, _with_status(con, frame, gene), other_genes)


def with_other_genes(
    con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, other_genes: Sequence[str]
) -> pd.DataFrame:
    """The frame with a column ``<gene>_mutated`` for each gene, null where the gene's status is not known."""
    for other in other_genes:
        status = _with_status(con, frame[["cohort_id", "sample_id"]], other)["status"]
        frame[f"{other}_mutated"] = status.map({"mutated": True, "wild_type": False}).astype("object")
    return frame


def _with_status(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, gene: str) -> pd.DataFrame:
    status = frame_of(con.execute(_STATUS, [gene, sorted(frame["cohort_id"].unique())]))
    merged = frame.merge(status, on=["cohort_id", "sample_id"], how="left")
    if len(merged) != len(frame):  # what `validate` asks, too, for a third of the time of the merge
        raise ValueError(f"A sample has two statuses of {gene} in marts.gene_status.")
    is_absent = merged["status"].isna()
    merged["status_reason"] = merged["status_reason"].astype(object).mask(is_absent, NO_SAMPLE)
    merged["status"] = merged["status"].mask(is_absent, NOT_PROFILED)
    return merged


def sequenced_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of :func:`patient_frame` with what can be said of a sample before any gene is named: ``status`` is
    not_profiled, undetermined, or null where each gene has its own."""
    is_undetermined = frame["is_undetermined"].astype(bool)
    is_absent = ~frame["is_profiled"].astype(bool) & ~is_undetermined
    status = pd.Series(None, index=frame.index, dtype=object)
    reason = frame["undetermined_reason"].astype(object).where(is_undetermined, None)
    return frame.assign(
        status=status.mask(is_absent, NOT_PROFILED).mask(is_undetermined, UNDETERMINED),
        status_reason=reason.mask(is_absent, "not sequenced"),
        n_mutations=0,
    )


def undetermined_genes(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str], genes: Sequence[str] | None = None
) -> pd.DataFrame:
    """One row a sample and gene that a row of the sample could be and that is not understood: cohort_id, sample_id,
    gene, status_reason; of all genes or of some. Samples that cannot be judged as a whole are in
    ``marts.profiling.is_undetermined`` instead."""
    values = {"cohorts": list(cohort_ids), "all_genes": genes is None, "genes": list(genes or ())}
    return frame_of(con.execute(_UNDETERMINED, values))


def resolve_gene(con: duckdb.DuckDBPyConnection, gene: str) -> str | None:
    """The warehouse's symbol for a gene or one of its aliases; None when no panel and no exome knows it."""
    rows = con.execute(
        "select hugo_symbol from marts.gene_names where gene_name = upper(?)", [gene]
    ).fetchall()
    return str(rows[0][0]) if rows else None
