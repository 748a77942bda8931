"""Carriers as rows of a risk table, the form in which the compiled kernels read them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled
from analytics.engine.cox.risk_table import RiskTable
from analytics.engine.lanes.memory import CarrierArrays
from analytics.engine.threads import over_genes

PLACES = (
    2**32
)  # a row and a position share one integer while they are sorted; more carriers than this do not exist


class Carried(Protocol):
    """Who carries which of G genes: patient[start[g]:start[g+1]]."""

    @property
    def start(self) -> IntArray: ...
    @property
    def patient(self) -> IntArray: ...


@dataclass(frozen=True)
class CarrierRows:
    """Carriers of some genes in one risk table.

    arrays: rows at risk at one event at least. source (nnz): their positions in Carried.patient. n_carriers,
    n_carrier_events (G'): everyone in the table's set of patients, with or without a row.
    """

    arrays: CarrierArrays
    source: IntArray
    n_carriers: IntArray
    n_carrier_events: IntArray


@compiled
def _count(
    genes: IntArray,
    start: IntArray,
    patient: IntArray,
    row_of_patient: IntArray,
    is_patient: BoolArray,
    flag: BoolArray,
    first_gene: int,
    stop_gene: int,
    counts: IntArray,
) -> None:
    """counts (3, G'): carriers, flagged carriers, carriers with a row."""
    for number in range(first_gene, stop_gene):
        for t in range(start[genes[number]], start[genes[number] + 1]):
            i = patient[t]
            if is_patient[i]:
                counts[0, number] += 1
                counts[1, number] += flag[i]
                counts[2, number] += row_of_patient[i] >= 0


@compiled
def _collect(
    genes: IntArray,
    start: IntArray,
    patient: IntArray,
    row_of_patient: IntArray,
    is_patient: BoolArray,
    first_gene: int,
    stop_gene: int,
    out_start: IntArray,
    row: IntArray,
    source: IntArray,
) -> None:
    for number in range(first_gene, stop_gene):
        first = out_start[number]
        size = first
        for t in range(start[genes[number]], start[genes[number] + 1]):
            i = patient[t]
            if is_patient[i] and row_of_patient[i] >= 0:
                row[size] = row_of_patient[i] * PLACES + t
                size += 1
        row[first:size].sort()
        for k in range(first, size):
            source[k] = row[k] % PLACES
            row[k] //= PLACES


def collect_carriers(
    data: Carried,
    genes: IntArray,
    is_patient: BoolArray,
    row_of_patient: IntArray,
    flag: BoolArray,
    n_threads: int = 1,
) -> CarrierRows:
    """Carriers of `genes` (G', numbers of genes in `data`) among the patients of is_patient (n,).

    row_of_patient (n): where a patient's row is, -1 for none. flag (n): what n_carrier_events counts. The shifts of
    the covariates are left empty; see `with_shift`.
    """
    counts = np.zeros((3, len(genes)), dtype=np.int64)
    given = (genes, data.start, data.patient, row_of_patient, is_patient)
    over_genes(lambda first, stop: _count(*given, flag, first, stop, counts), len(genes), n_threads)
    start = np.concatenate([[0], np.cumsum(counts[2])]).astype(np.int64)
    row, source = np.zeros((2, int(start[-1])), dtype=np.int64)
    over_genes(lambda first, stop: _collect(*given, first, stop, start, row, source), len(genes), n_threads)
    return CarrierRows(CarrierArrays(start, row, np.zeros((0, 0))), source, counts[0], counts[1])


def carriers_in_rows(
    table: RiskTable, data: Carried, genes: IntArray, event: BoolArray, n_threads: int = 1
) -> CarrierRows:
    """Carriers of `genes` (G') among the patients of a risk table; event (n)."""
    return collect_carriers(data, genes, table.is_patient, table.row_of_patient, event, n_threads)


def with_shift(carriers: CarrierRows, shift: FloatArray) -> CarrierRows:
    """The same carriers with their own covariates: shift (nnz, p) in the null model's coordinates."""
    arrays = CarrierArrays(carriers.arrays.start, carriers.arrays.row, np.ascontiguousarray(shift))
    return CarrierRows(arrays, carriers.source, carriers.n_carriers, carriers.n_carrier_events)
