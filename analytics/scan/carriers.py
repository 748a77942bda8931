"""Carriers as rows of a risk table, the form in which the compiled kernels read them."""

from dataclasses import dataclass

import numpy as np

from analytics.scan.compiled import compiled
from analytics.scan.frame import BoolArray, FloatArray, IntArray
from analytics.scan.genes import GeneData
from analytics.scan.lane_kernels import CarrierArrays
from analytics.scan.risk_table import RiskTable


@dataclass(frozen=True)
class CarrierRows:
    """Carriers of some genes in one risk table.

    arrays: rows at risk at one event at least. source (nnz): their positions in GeneData.patient. n_carriers,
    n_carrier_events (G'): everyone in the table's set of patients, with or without a row.
    """

    arrays: CarrierArrays
    source: IntArray
    n_carriers: IntArray
    n_carrier_events: IntArray


@compiled
def _collect(
    genes: IntArray,
    start: IntArray,
    patient: IntArray,
    row_of_patient: IntArray,
    is_patient: BoolArray,
    is_event: BoolArray,
    out_start: IntArray,
    key: IntArray,
    source: IntArray,
    counts: IntArray,
) -> None:
    size = 0
    for number in range(len(genes)):
        first = size
        for t in range(start[genes[number]], start[genes[number] + 1]):
            i = patient[t]
            if not is_patient[i]:
                continue
            counts[0, number] += 1
            if is_event[i]:
                counts[1, number] += 1
            if row_of_patient[i] >= 0:
                key[size], source[size] = row_of_patient[i], t
                size += 1
        order = np.argsort(key[first:size])
        key[first:size] = key[first:size][order]
        source[first:size] = source[first:size][order]
        out_start[number + 1] = size


def collect_carriers(
    data: GeneData, genes: IntArray, is_patient: BoolArray, row_of_patient: IntArray, flag: BoolArray
) -> CarrierRows:
    """Carriers of `genes` (G', numbers of genes in `data`) among the patients of is_patient (n,).

    row_of_patient (n): where a patient's row is, -1 for none. flag (n): what n_carrier_events counts. The shifts of
    the covariates are left empty; see `with_shift`.
    """
    most = int((data.start[genes + 1] - data.start[genes]).sum())
    start, key = np.zeros(len(genes) + 1, dtype=np.int64), np.zeros(most, dtype=np.int64)
    source, counts = np.zeros(most, dtype=np.int64), np.zeros((2, len(genes)), dtype=np.int64)
    _collect(genes, data.start, data.patient, row_of_patient, is_patient, flag, start, key, source, counts)
    size = int(start[-1])
    arrays = CarrierArrays(start, key[:size].copy(), np.zeros((0, 0)))
    return CarrierRows(arrays, source[:size].copy(), counts[0], counts[1])


def carriers_in_rows(table: RiskTable, data: GeneData, genes: IntArray, event: BoolArray) -> CarrierRows:
    """Carriers of `genes` (G') among the patients of a risk table; event (n)."""
    return collect_carriers(data, genes, table.is_patient, table.row_of_patient, event)


def with_shift(carriers: CarrierRows, shift: FloatArray) -> CarrierRows:
    """The same carriers with their own covariates: shift (nnz, p) in the null model's coordinates."""
    arrays = CarrierArrays(carriers.arrays.start, carriers.arrays.row, np.ascontiguousarray(shift))
    return CarrierRows(arrays, carriers.source, carriers.n_carriers, carriers.n_carrier_events)
