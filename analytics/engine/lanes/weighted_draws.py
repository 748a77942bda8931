"""Is a gene's association more than its carriers' mutation burden? The permutation null.

Carriers are drawn without replacement, with probability proportional to burden, as many per stratum as the gene
has there, and tested by the log-rank test stratified the same way. One random order of all patients per draw serves
every gene (a gene takes the first of each stratum), so 500 genes or 18,000 cost nearly the same; genes share draws,
which does not touch any single gene's p. The order is that in which patients would be hit if mutations fell on a gene
at rates proportional to burden (a race of exponentials): for such a gene the null is exact.
What does not belong here: the choice of words (`verdicts.py`).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner, compiled_reordered
from analytics.engine.cox.risk_table import RiskTable
from analytics.engine.lanes.carriers import CarrierRows
from analytics.engine.lanes.log_rank import LogRankTerms, chi2_p, log_rank
from analytics.engine.threads import run_all

DRAWS_PER_TASK = 128
FEW = 16  # so many are sorted faster by insertion than in halves
LATER = 2.0  # the k-th of a race comes later than in the draw before by a factor of 1 + this / sqrt(k), or seldom more
SAME_Z = 1e-9  # draws of the same carriers add up in another order: this close is equal
NOMINAL_Z = 1.959963984540054  # two-sided 0.05
NO_VARIANCE = 1e-10

NULL_COLUMNS = (
    "z",
    "mean_z",
    "sd_z",
    "percentile",
    "p_lower",
    "p_upper",
    "p_two_sided",
    "p_standardised",
    "false_positive_rate",
    "draws",
)


@dataclass(frozen=True)
class NullDesign:
    """Patients of a risk table by stratum, sorted within strata as the table sorts them.

    start (S+1): members of stratum s are start[s]..start[s+1]. key (N): random-number key of each patient. weight
    (N): drawing weight. residual, linear, high, low (N): what the patient adds to observed minus expected and to the
    variance, and the ends of its time at risk on the scale of the quadratic part (all 0 for patients never at risk).
    position (n): place of a patient of the frame, -1 if not in the table.
    """

    start: IntArray
    key: NDArray[np.uint64]
    weight: FloatArray
    residual: FloatArray
    linear: FloatArray
    high: FloatArray
    low: FloatArray
    stratum: IntArray
    position: IntArray


def patient_keys(patient_id: NDArray[np.object_], seed: int) -> NDArray[np.uint64]:
    """A 64-bit key per patient from its name and the seed: draws follow the patient, not its place in a table."""
    keys = [
        int.from_bytes(hashlib.blake2b(f"{seed}|{name}".encode(), digest_size=8).digest(), "little")
        for name in patient_id
    ]
    return np.asarray(keys, dtype=np.uint64)


def null_design(
    table: RiskTable, terms: LogRankTerms, stratum: IntArray, burden: FloatArray, keys: NDArray[np.uint64]
) -> NullDesign:
    """Arrange the table's patients for drawing. stratum, burden, keys (n): of the whole frame; burden is finite for
    the table's patients. A burden of 0 counts as half the smallest positive one, so that nobody is out of reach."""
    patients = np.flatnonzero(table.is_patient)
    patients = patients[np.lexsort((keys[patients], stratum[patients]))]
    codes, start = np.unique(stratum[patients], return_index=True)
    row = table.row_of_patient[patients]
    at_risk = row >= 0
    a = table.arrays
    exits, entries = a.row_event[row[at_risk]], a.row_first_event[row[at_risk]]
    numbers = np.zeros((4, len(patients)))
    numbers[0, at_risk] = a.is_death[row[at_risk]] - terms.expected_of_row[row[at_risk]]
    numbers[1, at_risk] = terms.variance_of_row[row[at_risk]]
    numbers[2, at_risk] = terms.quadratic[exits + 1] - terms.quadratic[a.stratum_start[exits]]
    numbers[3, at_risk] = terms.quadratic[entries] - terms.quadratic[a.stratum_start[exits]]
    position = np.full(len(stratum), -1, dtype=np.int64)
    position[patients] = np.arange(len(patients))
    positive = burden[patients][burden[patients] > 0]
    floor = positive.min() / 2.0 if len(positive) else 1.0
    return NullDesign(
        start=np.append(start, len(patients)).astype(np.int64),
        key=keys[patients],
        weight=np.maximum(burden[patients], floor),
        residual=numbers[0],
        linear=numbers[1],
        high=numbers[2],
        low=numbers[3],
        stratum=np.searchsorted(codes, stratum[patients]).astype(np.int64),
        position=position,
    )


@compiled_inner
def _uniform(key: np.uint64, draw: int) -> float:
    """Number `draw` of the stream of `key`, in (0, 1): SplitMix64 (Steele, Lea & Flood 2014), a counter-based rule."""
    x = key + np.uint64(draw + 1) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return (float(x >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@compiled_reordered
def _overlap(high: FloatArray, low: FloatArray, size: int, own_high: float, own_low: float) -> float:
    """Sum over the patients drawn so far of the quadratic part they share with the next one."""
    total = 0.0
    for j in range(size):
        total += max(min(high[j], own_high) - max(low[j], own_low), 0.0)
    return total


@compiled_inner
def _race(
    key: NDArray[np.uint64], weight: FloatArray, draw: int, latest: float, times: FloatArray, who: IntArray
) -> int:
    """times[:size], who[:size]: when patients are hit, of those hit by `latest`, in the order of the stratum; size.

    -log(u) is at least 1 - u, so that most of those who come later are known without a logarithm.
    """
    size = 0
    for j in range(len(key)):
        u = _uniform(key[j], draw)
        if 1.0 - u > latest * weight[j]:
            continue
        time = -np.log(u) / weight[j]
        if time <= latest:
            times[size], who[size] = time, j
            size += 1
    return size


@compiled_inner
def _sort_first(times: FloatArray, who: IntArray, n: int, size: int, later: IntArray) -> None:
    """Sort times[:size] with `who`, as far as needed to have the n earliest in order: quicksort that leaves out the
    pieces behind (Martinez 2004). later (2, size): pieces yet to sort."""
    left, right, waiting = 0, size - 1, 0
    while True:
        while right - left >= FEW:
            pivot, i, j = times[(left + right) // 2], left, right
            while i <= j:
                while times[i] < pivot:
                    i += 1
                while pivot < times[j]:
                    j -= 1
                if i <= j:
                    times[i], times[j] = times[j], times[i]
                    who[i], who[j] = who[j], who[i]
                    i += 1
                    j -= 1
            if i < min(n, right):
                later[0, waiting], later[1, waiting] = i, right
                waiting += 1
            right = j
        for j in range(left + 1, right + 1):
            time, patient, place = times[j], who[j], j
            while place > left and times[place - 1] > time:
                times[place], who[place] = times[place - 1], who[place - 1]
                place -= 1
            times[place], who[place] = time, patient
        if waiting == 0:
            break
        waiting -= 1
        left, right = later[0, waiting], later[1, waiting]


@compiled
def _draw_sums(
    start: IntArray,
    key: NDArray[np.uint64],
    weight: FloatArray,
    numbers: FloatArray,
    wanted_start: IntArray,
    wanted: IntArray,
    first_draw: int,
    sums: FloatArray,
    variances: FloatArray,
) -> None:
    """For each draw and stratum, O - E and variance of the first k of the random order, at every wanted k.

    Efraimidis & Spirakis (2006): ordering by an exponential over the weight draws without replacement in proportion
    to the weight; it is the Gumbel top-k rule (Vieira 2014) on another scale. sums, variances: (slots, draws).
    """
    largest = 0
    for s in range(len(start) - 1):
        largest = max(largest, start[s + 1] - start[s])
    times, who, later = np.empty(largest), np.empty(largest, np.int64), np.empty((2, largest), np.int64)
    high, low = np.empty(largest), np.empty(largest)
    latest = np.full(len(start) - 1, np.inf)
    for draw in range(sums.shape[1]):
        for s in range(len(start) - 1):
            if wanted_start[s] == wanted_start[s + 1]:
                continue
            first = start[s]
            inside = slice(first, start[s + 1])
            most = wanted[wanted_start[s + 1] - 1]
            size = _race(key[inside], weight[inside], first_draw + draw, latest[s], times, who)
            if size < most:  # a wrong guess costs time and changes nothing
                size = _race(key[inside], weight[inside], first_draw + draw, np.inf, times, who)
            _sort_first(times, who, most, size, later)
            latest[s] = times[most - 1] * (1.0 + LATER / np.sqrt(most))
            slot, u, v, q = wanted_start[s], 0.0, 0.0, 0.0
            for k in range(most):
                i = first + who[k]
                u += numbers[0, i]
                v += numbers[1, i]
                q += numbers[2, i] - numbers[3, i]
                q += 2.0 * _overlap(high, low, k, numbers[2, i], numbers[3, i])
                high[k], low[k] = numbers[2, i], numbers[3, i]
                if k + 1 == wanted[slot]:
                    sums[slot, draw], variances[slot, draw] = u, v - q
                    slot += 1


@compiled
def _compare(
    gene_start: IntArray,
    gene_slot: IntArray,
    observed_z: FloatArray,
    sums: FloatArray,
    variances: FloatArray,
    counts: IntArray,
    moments: FloatArray,
) -> None:
    """Add one batch of draws to each gene's counts (below, equal, nominally significant) and to its z moments."""
    n_draws = sums.shape[1]
    u, v = np.empty(n_draws), np.empty(n_draws)
    for g in range(len(observed_z)):
        if np.isnan(observed_z[g]):
            continue
        u[:] = 0.0
        v[:] = 0.0
        for t in range(gene_start[g], gene_start[g + 1]):
            slot = gene_slot[t]
            for b in range(n_draws):
                u[b] += sums[slot, b]
                v[b] += variances[slot, b]
        for b in range(n_draws):
            z = u[b] / np.sqrt(v[b]) if v[b] > NO_VARIANCE else 0.0
            if z < observed_z[g] - SAME_Z:
                counts[0, g] += 1
            elif z <= observed_z[g] + SAME_Z:
                counts[1, g] += 1
            if abs(z) > NOMINAL_Z:
                counts[2, g] += 1
            moments[0, g] += z
            moments[1, g] += z * z


@compiled
def _counts_by_stratum(
    genes: IntArray, start: IntArray, patient: IntArray, position: IntArray, stratum: IntArray, out: IntArray
) -> None:
    for number in range(len(genes)):
        for t in range(start[genes[number]], start[genes[number] + 1]):
            place = position[patient[t]]
            if place >= 0:
                out[number, stratum[place]] += 1


def _slots(counts: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Distinct carrier counts per stratum (CSR) and, per gene, the slots of its counts (CSR)."""
    n_genes, n_strata = counts.shape
    wanted = [np.unique(counts[:, s][counts[:, s] > 0]) for s in range(n_strata)]
    wanted_start = np.concatenate([[0], np.cumsum([len(w) for w in wanted])]).astype(np.int64)
    slot = np.full((n_genes, n_strata), -1, dtype=np.int64)
    for s in range(n_strata):
        has = counts[:, s] > 0
        slot[has, s] = wanted_start[s] + np.searchsorted(wanted[s], counts[has, s])
    present = slot >= 0
    gene_start = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64)
    return wanted_start, np.concatenate([*wanted, np.zeros(0)]).astype(np.int64), gene_start, slot[present]


def burden_null(
    table: RiskTable,
    terms: LogRankTerms,
    design: NullDesign,
    carriers: CarrierRows,
    counts: IntArray,
    draws: int,
    n_threads: int,
) -> pd.DataFrame:
    """The null distribution of each gene's stratified log-rank z when carriers are chosen by burden alone.

    counts (G', S): carriers per stratum of the design (`carriers_by_stratum`). One row per gene of `carriers`,
    columns NULL_COLUMNS: observed z; mean and SD of z over the draws; percentile of the observed z (draws below plus
    half of those equal, 0..100); one-sided p towards fewer (p_lower) and more events (p_upper) and two-sided p, twice
    the smaller, each with the observed set counted as one draw (Phipson & Smyth 2010); two-sided p of (z - mean) / SD
    as a standard normal, for false discovery rates over more genes than the draws can tell apart; the share of draws
    that the ordinary log-rank test would call significant at 0.05. NaN where no stratum compares anybody.
    """
    observed = log_rank(table, terms, carriers).z
    wanted_start, wanted, gene_start, gene_slot = _slots(counts)
    numbers = np.stack([design.residual, design.linear, design.high, design.low])
    firsts = list(range(0, draws, DRAWS_PER_TASK))
    n_genes = len(observed)
    tallies = np.zeros((len(firsts), 3, n_genes), dtype=np.int64)
    moments = np.zeros((len(firsts), 2, n_genes))

    def one_batch(batch: int) -> None:
        width = min(DRAWS_PER_TASK, draws - firsts[batch])
        sums, variances = np.zeros((2, len(wanted), width))
        _draw_sums(
            design.start,
            design.key,
            design.weight,
            numbers,
            wanted_start,
            wanted,
            firsts[batch],
            sums,
            variances,
        )
        _compare(gene_start, gene_slot, observed, sums, variances, tallies[batch], moments[batch])

    run_all(one_batch, range(len(firsts)), n_threads)
    return _summarise(observed, tallies.sum(axis=0), moments.sum(axis=0), draws)


def _summarise(observed: FloatArray, tally: IntArray, moments: FloatArray, draws: int) -> pd.DataFrame:
    below, equal, nominal = tally
    p_lower = (1.0 + below + equal) / (draws + 1.0)
    p_upper = (1.0 + draws - below) / (draws + 1.0)
    mean = moments[0] / draws
    sd = np.sqrt(np.maximum(moments[1] / draws - mean**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = np.where(sd > 0, ((observed - mean) / sd) ** 2, 0.0)
    table = pd.DataFrame(
        {
            "z": observed,
            "mean_z": mean,
            "sd_z": sd,
            "percentile": 100.0 * (below + 0.5 * equal) / draws,
            "p_lower": p_lower,
            "p_upper": p_upper,
            "p_two_sided": np.minimum(1.0, 2.0 * np.minimum(p_lower, p_upper)),
            "p_standardised": chi2_p(standardised),
            "false_positive_rate": nominal / draws,
            "draws": float(draws),
        },
        columns=list(NULL_COLUMNS),
    )
    table.loc[np.isnan(observed)] = np.nan
    return table


def carriers_by_stratum(design: NullDesign, genes: IntArray, start: IntArray, patient: IntArray) -> IntArray:
    """(G', S) carriers of `genes` among the design's patients, per stratum of the design."""
    counts = np.zeros((len(genes), len(design.start) - 1), dtype=np.int64)
    _counts_by_stratum(genes, start, patient, design.position, design.stratum, counts)
    return counts
