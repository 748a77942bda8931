"""What a scan reads from the warehouse: who carries which gene by a definition, which panel covers it, its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray, IntArray
from analytics.scan.burden import percentile_in_group, percentile_without_own
from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData
from analytics.scan.spec import MUTATIONAL_PROCESS, ScanSpec
from ingestion.errors import IngestionError
from warehouse.frames.compact import registered
from warehouse.frames.patients import undetermined_genes
from warehouse.frames.processes import mutational_processes
from warehouse.tables import frame_of

#: All of the gene's non-synonymous calls are the carrier's own share of burden, whatever made a carrier of the patient.
_CARRIERS = """
select members.row_key as patient_id, calls.hugo_symbol as gene, calls.n_nonsynonymous as n_mutations
from members
inner join marts.gene_calls as calls
    on members.cohort_id = calls.cohort_id and members.sample_id = calls.sample_id
where calls.n_nonsynonymous > 0 and {qualifies}
"""
_QUALIFIES = {
    "nonsynonymous": "true",
    "driver": "true",
    "truncating": "calls.n_truncating > 0",
    "hotspot": "calls.n_people_at_residue >= $people",
}
_COVERAGE = """
select panel_id as panel, hugo_symbol as gene from marts.gene_panels where list_contains($panels, panel_id)
"""
_LENGTHS = "select hugo_symbol as gene, coding_length_bp from marts.gene_lengths"

PER_MB = "log2(non-synonymous mutations per Mb without the gene's own + 1)"
PERCENTILE = "percentile within cohort x cancer type x panel, without the gene's own mutations"


class UnknownGeneSetError(IngestionError):
    """A scan is asked of a gene set that the warehouse does not have."""


def known_strata(members: pd.DataFrame, strata: Sequence[str]) -> tuple[str, ...]:
    """The strata without those that nobody is known to be in: a cohort that says no cancer type has one stratum, not
    none. The survival estimates do the same."""
    return tuple(name for name in strata if name not in members or members[name].notna().any())


def scan_input(
    con: duckdb.DuckDBPyConnection,
    spec: ScanSpec,
    members: pd.DataFrame,
    genes: Sequence[str] | None = None,
) -> tuple[PatientFrame, GeneData]:
    """Patients as arrays, and who carries what as a sparse table straight from the warehouse.

    Parameters
    ----------
    genes : the genes to scan; without them those of the spec, and without these every gene that anybody carries.
    """
    people = _people(con, spec, members)
    carriers = carrier_table(con, spec, people.members)
    names = genes if genes is not None else listed_genes(con, spec)
    return people.frame, GeneData.from_table(
        people.with_own_burden(carriers),
        people.frame,
        gene_names=sorted(carriers["gene"].unique()) if names is None else list(names),
        coverage=frame_of(con.execute(_COVERAGE, {"panels": list(people.frame.panel_names)})),
        coding_length_bp=frame_of(con.execute(_LENGTHS)).set_index("gene")["coding_length_bp"],
        burden_megabases=people.megabases,
        undetermined=_undetermined(con, people.members),
    )


def group_input(
    con: duckdb.DuckDBPyConnection, spec: ScanSpec, members: pd.DataFrame, name: str
) -> tuple[PatientFrame, GeneData]:
    """The same of one group of people, whatever biomarker made it: ``in_group`` carries it and everybody is judged.
    Its own mutations (``n_mutations``) are taken out of the carriers' burden."""
    people = _people(con, spec, members)
    inside = people.members[people.members["in_group"].astype(bool)]
    carriers = pd.DataFrame(
        {"gene": name, "patient_id": inside["row_key"], "n_mutations": inside["n_mutations"].fillna(0)}
    )
    frame = replace(
        people.frame, panel=np.zeros(people.frame.n_patients, dtype=np.int64), panel_names=("any",)
    )
    genes = GeneData.from_table(
        people.with_own_burden(carriers), frame, gene_names=[name], burden_megabases=people.megabases
    )
    return frame, genes


def number_input(
    con: duckdb.DuckDBPyConnection, spec: ScanSpec, members: pd.DataFrame
) -> tuple[PatientFrame, FloatArray]:
    """The same of a number: ``value`` of each of the members (n,)."""
    people = _people(con, spec, members)
    return people.frame, people.members["value"].to_numpy(dtype=np.float64, na_value=np.nan)


@dataclass(frozen=True)
class _People:
    """Members of a scan with their arrays.

    Attributes
    ----------
    assay : (n,) codes of cohort x cancer type x panel. counts : (n,) non-synonymous calls, NaN where unknown.
    scale : of the burden.
    """

    members: pd.DataFrame
    frame: PatientFrame
    assay: IntArray
    counts: FloatArray
    scale: str

    @property
    def megabases(self) -> FloatArray | None:
        """(n,) size of each assay where burden is a rate."""
        return self.members["denominator_mb"].to_numpy(np.float64) if self.scale == PER_MB else None

    def with_own_burden(self, carriers: pd.DataFrame) -> pd.DataFrame:
        """Carriers with ``own_burden`` where burden is a percentile; a rate is taken apart by its size."""
        if self.scale != PERCENTILE:
            return carriers
        patient = pd.Index(self.members["row_key"]).get_indexer(pd.Index(carriers["patient_id"]))
        own = carriers["n_mutations"].to_numpy(np.float64)
        without = percentile_without_own(self.counts, self.assay, patient, own)
        return carriers.assign(own_burden=self.frame.burden[patient] - without)


def _people(con: duckdb.DuckDBPyConnection, spec: ScanSpec, members: pd.DataFrame) -> _People:
    members = members.assign(row_key=members["cohort_id"] + "|" + members["patient_id"])
    members = members.reset_index(drop=True)
    if spec.is_response:  # a response has no clock; the frame of the arrays asks for one
        members = members.assign(time_months=1.0, event=0, entry_months=0.0, clock_family=None)
    if MUTATIONAL_PROCESS in spec.null_strata:
        members[MUTATIONAL_PROCESS] = _processes(con, members)
    scale = burden_scale(members)
    counts = members["n_nonsynonymous"].to_numpy(dtype=np.float64, na_value=np.nan)
    by_assay = members.groupby(["cohort_id", "cancer_type", "panel_id"], dropna=False)
    assay: IntArray = np.asarray(by_assay.ngroup(), dtype=np.int64)
    members["drawing_weight"] = members["tmb_mut_per_mb"] if scale == PER_MB else counts
    members["scan_burden"] = (
        members["tmb_mut_per_mb"] if scale == PER_MB else percentile_in_group(counts, assay)
    )
    frame = PatientFrame.from_table(
        members,
        entry="entry_months",
        strata=known_strata(members, spec.strata),
        covariates=spec.covariates,
        burden="scan_burden",
        drawing_weight="drawing_weight",
        null_strata=known_strata(members, spec.null_strata),
        cohort="cohort_id",
        panel="panel_id",
        panel_names=sorted(members["panel_id"].dropna().unique()),
        origin="clock_family",
        patient="row_key",
    )
    return _People(members, frame, assay, counts, scale)


def _processes(con: duckdb.DuckDBPyConnection, members: pd.DataFrame) -> pd.Series:
    """The dominant process of each member's sample; null where the spectrum is not known, which is a stratum of its own
    beside those of the processes."""
    known = mutational_processes(con, sorted(members["cohort_id"].unique()))
    return (members["cohort_id"] + "|" + members["sample_id"]).map(known)


def _undetermined(con: duckdb.DuckDBPyConnection, members: pd.DataFrame) -> pd.DataFrame:
    """gene, patient_id (the row key) of members of whom a row that could be the gene is not understood."""
    found = undetermined_genes(con, sorted(members["cohort_id"].unique()))
    keys = members.loc[members["sample_id"].notna(), ["cohort_id", "sample_id", "row_key"]]
    named = found.merge(keys, on=["cohort_id", "sample_id"], validate="many_to_one")
    return named.rename(columns={"row_key": "patient_id"})[["gene", "patient_id"]]


def burden_scale(members: pd.DataFrame) -> str:
    """Mutations per Mb where one kind of assay of known size measured everybody's burden; else the percentile."""
    measured = members[members["n_nonsynonymous"].notna()]
    is_one = measured["assay_kind"].nunique() <= 1 and bool(measured["denominator_mb"].notna().all())
    return PER_MB if is_one else PERCENTILE


def carrier_table(con: duckdb.DuckDBPyConnection, spec: ScanSpec, members: pd.DataFrame) -> pd.DataFrame:
    """One row a gene and carrier by the spec's definition: gene, patient_id (the row key), n_mutations."""
    query = _CARRIERS.format(qualifies=_QUALIFIES[spec.definition])
    values = {"people": spec.hotspot_people} if spec.definition == "hotspot" else {}
    with registered(con, members=members[["row_key", "cohort_id", "sample_id"]]):
        return frame_of(con.execute(query, values))


def listed_genes(con: duckdb.DuckDBPyConnection, spec: ScanSpec) -> list[str] | None:
    """The genes of the spec's list or gene set, in order; None for every gene.

    Raises
    ------
    UnknownGeneSetError
        There is no such set.
    """
    if spec.gene_set is None:
        return sorted(set(spec.genes)) or None
    rows = con.execute("select distinct gene_set_id from marts.gene_sets order by gene_set_id").fetchall()
    known = [str(row[0]) for row in rows]
    if spec.gene_set not in known:
        raise UnknownGeneSetError(
            f"no gene set is named '{spec.gene_set}'",
            where="marts.gene_sets",
            remedy=f"there are {', '.join(known) or 'none: name the genes instead'}",
        )
    found = con.execute(
        "select distinct hugo_symbol from marts.gene_sets where gene_set_id = $id and hugo_symbol is not null "
        "order by hugo_symbol",
        {"id": spec.gene_set},
    ).fetchall()
    return [str(row[0]) for row in found]


def responses_of(members: pd.DataFrame, endpoint: str) -> FloatArray:
    """1 responder, 0 non-responder, not a number where nobody can say, in the order of the members."""
    known = members[endpoint].astype("Float64")
    return np.asarray(known.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
