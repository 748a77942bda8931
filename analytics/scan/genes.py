"""Which patients carry which gene, sparsely, which panel covers which gene, and who cannot be judged for which.

A gene is mutated, wild-type, not profiled or undetermined: a patient whose panel does not cover the gene, or of whom a
row that could be the gene is not understood, is in no model of it.
What does not belong here: outcomes, covariates, any model.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.scan.frame import PatientFrame, ScanInputError


@dataclass(frozen=True)
class GeneData:
    """G genes over n patients, carriers as in a compressed sparse column matrix.

    names (G). start (G+1), patient (nnz): carriers of gene g are patient[start[g]:start[g+1]], ascending, no repeats.
    own_burden (nnz): how much of that carrier's burden this gene's own mutations make up, in the burden's unit.
    covered (n_panels, G): does the panel cover the gene. coding_length_bp (G): NaN where unknown.
    doubt_start (G+1), doubt_patient: patients who carry no mutation of the gene that is understood and cannot be called
    wild-type, as start and patient are for carriers; empty where there are none. They are few: a gene with one has
    models of its own.
    """

    names: tuple[str, ...]
    start: IntArray
    patient: IntArray
    own_burden: FloatArray
    covered: BoolArray
    coding_length_bp: FloatArray
    doubt_start: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    doubt_patient: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def n_genes(self) -> int:
        return len(self.names)

    def carriers(self, gene: int) -> IntArray:
        """Patients (indices into the frame) who carry gene number `gene`."""
        return self.patient[self.start[gene] : self.start[gene + 1]]

    def undetermined(self, gene: int) -> IntArray:
        """Patients (indices into the frame) who cannot be judged for gene number `gene`."""
        if not len(self.doubt_start):
            return self.doubt_patient
        return self.doubt_patient[self.doubt_start[gene] : self.doubt_start[gene + 1]]

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame,
        frame: PatientFrame,
        *,
        gene_names: Sequence[str] | None = None,
        coverage: pd.DataFrame | None = None,
        coding_length_bp: "pd.Series[float] | None" = None,
        burden_megabases: NDArray[np.float64] | None = None,
        undetermined: pd.DataFrame | None = None,
    ) -> "GeneData":
        """From the warehouse's sparse table: one row per gene and patient, columns gene, patient_id, n_mutations.

        Repeated rows of one patient and gene are added up. `gene_names`: every gene to scan, also those without a
        carrier (default: the genes of the table and of `coverage`). `coverage`: columns panel, gene; without it
        every panel covers every gene. `burden_megabases` (n): denominator of each patient's burden when the burden
        is per Mb (so that the gene's own share is n_mutations / Mb); without it the burden is a count. A column
        own_burden, where the table has one, is the gene's own share in the frame's unit and goes before both.
        `undetermined`: columns gene, patient_id: who cannot be judged for which gene; a carrier is one all the same.

        Raises ScanInputError for absent columns and for patients that the frame does not have.
        """
        absent = [c for c in ("gene", "patient_id", "n_mutations") if c not in table.columns]
        if absent:
            raise ScanInputError(f"The carrier table has no column {', '.join(absent)}.")
        names = _all_genes(table, coverage, gene_names)
        in_scan = table["gene"].isin(set(names))
        gene = pd.Index(names).get_indexer(pd.Index(table["gene"][in_scan]))
        patient = pd.Index(frame.patient_id).get_indexer(pd.Index(table["patient_id"][in_scan]))
        if (patient < 0).any():
            first = table["patient_id"][in_scan].iloc[int(np.flatnonzero(patient < 0)[0])]
            raise ScanInputError(
                f"{int((patient < 0).sum())} rows of the carrier table name patients that the patient table does not "
                f"have (first: {first}); filter the carrier table to the scanned patients."
            )
        counts = table["n_mutations"][in_scan].to_numpy(dtype=np.float64)
        share = counts if burden_megabases is None else counts / burden_megabases[patient]
        if "own_burden" in table.columns:
            share = table["own_burden"][in_scan].to_numpy(dtype=np.float64)
        start, rows, own = _compress(gene, patient, share, len(names), frame.n_patients)
        carried = gene.astype(np.int64) * frame.n_patients + patient
        doubt_start, doubt_patient = _doubts(undetermined, names, frame, carried)
        return cls(
            names=tuple(names),
            start=start,
            patient=rows,
            own_burden=own,
            covered=_coverage_matrix(coverage, names, frame.panel_names),
            coding_length_bp=_lengths(coding_length_bp, names),
            doubt_start=doubt_start,
            doubt_patient=doubt_patient,
        )


def _all_genes(table: pd.DataFrame, coverage: pd.DataFrame | None, given: Sequence[str] | None) -> list[str]:
    if given is not None:
        if len(set(given)) != len(given):
            raise ScanInputError("The list of genes to scan names a gene twice; give each gene once.")
        return list(given)
    found = set(table["gene"])
    if coverage is not None:
        found |= set(coverage["gene"])
    return sorted(map(str, found))


def _compress(
    gene: NDArray[np.intp], patient: NDArray[np.intp], share: FloatArray, n_genes: int, n_patients: int
) -> tuple[IntArray, IntArray, FloatArray]:
    key = gene.astype(np.int64) * n_patients + patient
    distinct, position = np.unique(key, return_inverse=True)
    own = np.bincount(position, weights=share, minlength=len(distinct)).astype(np.float64)
    start = np.searchsorted(distinct, np.arange(n_genes + 1, dtype=np.int64) * n_patients).astype(np.int64)
    return start, (distinct % max(n_patients, 1)).astype(np.int64), own


def _doubts(
    table: pd.DataFrame | None, names: Sequence[str], frame: PatientFrame, carried: IntArray
) -> tuple[IntArray, IntArray]:
    """start (G+1, or none) and patients who cannot be judged for a gene; carried: gene x n + patient of carriers."""
    if table is None or table.empty:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    gene = pd.Index(names).get_indexer(pd.Index(table["gene"]))
    patient = pd.Index(frame.patient_id).get_indexer(pd.Index(table["patient_id"]))
    key = gene.astype(np.int64) * frame.n_patients + patient
    key = np.unique(key[(gene >= 0) & (patient >= 0)])
    key = key[~np.isin(key, carried)]
    start = np.searchsorted(key, np.arange(len(names) + 1, dtype=np.int64) * frame.n_patients)
    return start.astype(np.int64), (key % max(frame.n_patients, 1)).astype(np.int64)


def _coverage_matrix(coverage: pd.DataFrame | None, names: Sequence[str], panels: Sequence[str]) -> BoolArray:
    if coverage is None:
        return np.ones((len(panels), len(names)), dtype=np.bool_)
    covered = np.zeros((len(panels), len(names)), dtype=np.bool_)
    panel = pd.Index(panels).get_indexer(pd.Index(coverage["panel"].astype(str)))
    gene = pd.Index(names).get_indexer(pd.Index(coverage["gene"]))
    known = (panel >= 0) & (gene >= 0)
    covered[panel[known], gene[known]] = True
    return covered


def _lengths(lengths: "pd.Series[float] | None", names: Sequence[str]) -> FloatArray:
    if lengths is None:
        return np.full(len(names), np.nan)
    return np.asarray(lengths.reindex(list(names)), dtype=np.float64)


def identical_gene_groups(genes: GeneData) -> IntArray:
    """Group number of each gene (G): genes with the same carriers over the same people share one, others have -1.

    Such genes have the same statistics by construction; they are one hypothesis, not several.
    """
    seen: dict[bytes, list[int]] = {}
    for g in range(genes.n_genes):
        carriers = genes.carriers(g)
        if len(carriers) == 0:
            continue
        digest = hashlib.blake2b(carriers.tobytes(), digest_size=16)
        digest.update(genes.covered[:, g].tobytes())
        digest.update(genes.undetermined(g).tobytes())
        seen.setdefault(digest.digest(), []).append(g)
    group = np.full(genes.n_genes, -1, dtype=np.int64)
    for number, members in enumerate(m for m in seen.values() if len(m) > 1):
        group[members] = number
    return group


@dataclass(frozen=True)
class GeneGroup:
    """Genes (numbers) that the same patients can be judged for, hence of the same risk sets and null models.

    judged (n,): panel covers the genes, and nothing speaks against a status. n_undetermined: patients of these panels
    who cannot be judged.
    """

    genes: IntArray
    judged: BoolArray
    n_undetermined: int


def gene_groups(frame: PatientFrame, genes: GeneData) -> list[GeneGroup]:
    """The genes by who can be judged for them, in order of first occurrence."""
    _, first, group = np.unique(genes.covered, axis=1, return_index=True, return_inverse=True)
    group = np.ravel(group)
    has_doubts = np.zeros(genes.n_genes, dtype=np.bool_)
    if len(genes.doubt_start):
        has_doubts = np.diff(genes.doubt_start) > 0
    found: list[tuple[int, GeneGroup]] = []
    for k in range(len(first)):
        profiled = profiled_patients(frame, genes.covered[:, first[k]])
        members = np.flatnonzero(group == k).astype(np.int64)
        alike: dict[bytes, list[int]] = {}
        for g in members[has_doubts[members]]:
            out = genes.undetermined(int(g))
            alike.setdefault(out[profiled[out]].tobytes(), []).append(int(g))
        alike.setdefault(b"", []).extend(int(g) for g in members[~has_doubts[members]])
        for key, same in alike.items():
            if not same:
                continue
            out = np.frombuffer(key, dtype=np.int64)
            judged = profiled.copy()
            judged[out] = False
            numbers = np.sort(np.asarray(same, dtype=np.int64))
            found.append((int(numbers[0]), GeneGroup(numbers, judged, len(out))))
    return [group for _, group in sorted(found, key=lambda item: item[0])]


def profiled_patients(frame: PatientFrame, panels_covering: BoolArray) -> BoolArray:
    """(n,) which patients' panel is one of `panels_covering` (n_panels,)."""
    known = frame.panel >= 0
    return known & panels_covering[np.where(known, frame.panel, 0)]


def check_genes(frame: PatientFrame, genes: GeneData) -> None:
    """Raise ScanInputError when there is no gene, or the arrays of `genes` do not fit each other or the frame."""
    if genes.n_genes == 0:
        raise ScanInputError(
            "There is no gene to scan: neither the carrier table nor the coverage names one."
        )
    if genes.covered.shape != (len(frame.panel_names), genes.n_genes):
        raise ScanInputError(
            f"The coverage matrix is {genes.covered.shape}, expected (panels, genes) = "
            f"({len(frame.panel_names)}, {genes.n_genes})."
        )
    fits = (
        len(genes.start) == genes.n_genes + 1
        and len(genes.patient) == len(genes.own_burden) == int(genes.start[-1])
        and len(genes.coding_length_bp) == genes.n_genes
        and len(genes.doubt_start) in (0, genes.n_genes + 1)
    )
    if not fits:
        raise ScanInputError("The carrier arrays do not fit each other; build them with GeneData.from_table.")
    if len(genes.patient) and not (genes.patient.min() >= 0 and genes.patient.max() < frame.n_patients):
        raise ScanInputError(
            f"A carrier's index is outside 0..{frame.n_patients - 1}, the rows of the patient table."
        )
