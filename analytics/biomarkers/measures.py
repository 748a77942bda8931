"""Numbers of samples: burden, expression, scores, immune features, clinical attributes; each with why there is none.

Nothing is filled in: a number that was not measured is missing with its reason, and every question that needs it says
``not_profiled`` or ``undetermined`` of that sample.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.model import (
    Attribute,
    Burden,
    Expression,
    Feature,
    Measure,
    SetExpression,
    SetScore,
)
from analytics.biomarkers.logic import IntArray, Reasons
from analytics.biomarkers.mutations import SampleIndex
from analytics.immune.gene_sets import MIN_COVERAGE, GeneSet, check_coverage
from analytics.immune.ssgsea import ssgsea

FloatArray = npt.NDArray[np.float64]

#: Fewer samples than this have no standard deviation, median or ssGSEA range worth the name.
FEWEST_SAMPLES = 5
NOT_SEQUENCED = "on no list of sequenced samples"
SIZE_UNKNOWN = "the size of its assay in Mb is not known, so that its count cannot be cut as a rate"
_STRICT_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")


@dataclass(frozen=True)
class Values:
    """A number a sample.

    Attributes
    ----------
    value : the number, NaN where it is not known.
    status : ``logic.TRUE`` where it is known, else ``UNDETERMINED`` or ``NOT_PROFILED``.
    reason : why it is not known.
    units : the units that occur, sorted.
    notes : sentences for whoever reads the result.
    """

    value: FloatArray
    status: IntArray
    reason: Reasons
    units: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Filling:
    """Values while they are filled in: not profiled until something else is said."""

    def __init__(self, samples: pd.DataFrame, reason: str) -> None:
        self.index = SampleIndex(samples)
        self.value = np.full(self.index.size, np.nan)
        self.status = np.full(self.index.size, logic.NOT_PROFILED, dtype=np.int8)
        self.reason = np.full(self.index.size, reason, dtype=object)

    def known(self, rows: pd.DataFrame, values: npt.ArrayLike) -> None:
        """Set the numbers of the rows' samples; a missing one leaves the sample as it is."""
        places = self.index.places(rows)
        numbers = np.asarray(values, dtype=float)
        is_here = (places >= 0) & ~np.isnan(numbers)
        self.value[places[is_here]] = numbers[is_here]
        self.status[places[is_here]] = logic.TRUE
        self.reason[places[is_here]] = None

    def unknown(self, is_one: npt.NDArray[np.bool_], status: int, reason: object) -> None:
        self.value[is_one] = np.nan
        self.status[is_one] = status
        self.reason[is_one] = reason

    def unknown_rows(self, rows: pd.DataFrame, status: int, reason: str) -> None:
        """The same of the rows' samples."""
        places = self.index.places(rows)
        is_one = np.zeros(self.index.size, dtype=bool)
        is_one[places[places >= 0]] = True
        self.unknown(is_one, status, reason)

    def done(self, units: Sequence[str] = (), notes: Sequence[str] = ()) -> Values:
        return Values(self.value, self.status, self.reason, tuple(sorted(set(units))), tuple(notes))


def measured(measure: Measure, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """The numbers of a measure, on its own scale: burden as a rate, expression as log2(x + 1)."""
    match measure:
        case Burden():
            return burden_rates(inputs, samples)
        case Expression(gene):
            return _expression(gene, inputs, samples)
        case SetExpression(gene_set):
            return _set_expression(gene_set, inputs, samples)
        case SetScore(gene_set):
            return _set_scores(gene_set, inputs, samples)
        case Feature(name):
            return _feature(name, inputs, samples)
        case Attribute(name):
            return _attribute(name, inputs, samples)


def burden_rates(inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """Counted non-synonymous mutations per Mb, where the size of the assay is known."""
    filling, frame = _burdens(inputs, samples)
    rates = frame["n_nonsynonymous"] / frame["denominator_mb"]
    filling.known(frame, rates)
    is_unsized = rates.isna() & frame["n_nonsynonymous"].notna()
    filling.unknown_rows(frame[is_unsized], logic.UNDETERMINED, SIZE_UNKNOWN)
    return filling.done(["mutations per Mb"])


def burden_counts(inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """Counted non-synonymous mutations: for ranks within one assay, whose size need not be known."""
    filling, frame = _burdens(inputs, samples)
    filling.known(frame, frame["n_nonsynonymous"])
    return filling.done(["mutations"])


def _burdens(inputs: BiomarkerInputs, samples: pd.DataFrame) -> tuple[_Filling, pd.DataFrame]:
    filling = _Filling(samples, NOT_SEQUENCED)
    is_undetermined = samples["is_undetermined"].to_numpy(dtype=bool)
    reasons = samples["undetermined_reason"].to_numpy(dtype=object)[is_undetermined]
    filling.unknown(is_undetermined, logic.UNDETERMINED, reasons)
    is_uncounted = samples["is_profiled"].to_numpy(dtype=bool) & ~is_undetermined
    filling.unknown(is_uncounted, logic.NOT_PROFILED, "no burden of the sample")
    return filling, inputs.burdens()


def _expression(gene: str, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    filling = _Filling(samples, f"no expression of {gene} in the sample")
    frame = inputs.expression([gene])
    filling.known(frame, frame["value"])
    units = frame.groupby("cohort_id", observed=True)["unit"].first()
    notes = []
    if units.nunique() > 1:
        listed = ", ".join(f"{cohort} {unit}" for cohort, unit in units.items())
        notes.append(f"Expression of {gene} has another unit in each cohort: {listed}.")
    return filling.done(list(units), notes)


def _set_expression(name: str, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """Mean of the genes' standard deviations within cohort, over the genes that are measured and vary there."""
    genes = tuple(inputs.gene_set(name))
    every = ((cohort, inputs.expression_matrix(cohort, genes)) for cohort in inputs.expression_cohorts())
    matrices = ((cohort, matrix) for cohort, matrix in every if len(matrix))
    return _of_set(GeneSet(name, genes, "the warehouse", "as built"), matrices, samples, _mean_standardised)


def _set_scores(name: str, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """ssGSEA (Barbie 2009) within each cohort."""
    gene_set = GeneSet(name, tuple(inputs.gene_set(name)), "the warehouse", "as built")
    matrices = ((cohort, inputs.expression_matrix(cohort)) for cohort in inputs.expression_cohorts())
    return _of_set(gene_set, matrices, samples, _ssgsea_scores)


def _of_set(
    gene_set: GeneSet,
    matrices: Iterable[tuple[str, pd.DataFrame]],
    samples: pd.DataFrame,
    score: Callable[[pd.DataFrame, GeneSet], pd.Series],
) -> Values:
    """One number a sample of the cohorts that cover the set; the others say how much they cover. A cohort's matrix is
    read when its turn comes, and is gone when the next is."""
    filling = _Filling(samples, "no expression of the sample")
    notes = []
    for cohort_id, matrix in matrices:
        rows = pd.DataFrame({"cohort_id": cohort_id, "sample_id": matrix.index})
        reason = _not_scored(matrix, gene_set)
        if reason is None:
            filling.known(rows, score(matrix, gene_set))
        else:
            sentence = f"{gene_set.name} is not scored in {cohort_id}: {reason}"
            filling.unknown_rows(rows, logic.NOT_PROFILED, sentence)
            notes.append(f"{sentence.rstrip('.')}.")
    return filling.done((), notes)


def _not_scored(matrix: pd.DataFrame, gene_set: GeneSet) -> str | None:
    if len(matrix) < FEWEST_SAMPLES:
        return f"fewer than {FEWEST_SAMPLES} samples have expression"
    row = check_coverage([gene_set], matrix.columns, min_coverage=MIN_COVERAGE).iloc[0]
    is_covered = row["coverage"] >= MIN_COVERAGE
    return None if row["is_scored"] or is_covered else str(row["reason"])


def _ssgsea_scores(matrix: pd.DataFrame, gene_set: GeneSet) -> pd.Series:
    return ssgsea(matrix, [gene_set]).scores.iloc[:, 0]


def _mean_standardised(matrix: pd.DataFrame, gene_set: GeneSet) -> pd.Series:
    part = matrix[[gene for gene in gene_set.genes if gene in matrix.columns]]
    spread = part.std(ddof=1)
    varying = part.loc[:, spread > 0]
    return ((varying - varying.mean()) / spread[spread > 0]).mean(axis=1)


def _feature(name: str, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    filling = _Filling(samples, f"no {name} of the sample")
    frame = inputs.feature(name)
    filling.known(frame, frame["value"])
    return filling.done(list(frame["unit"].dropna().unique()))


def _attribute(name: str, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """Numbers of an attribute; words that are strictly numbers count, every other word is undetermined."""
    filling = _Filling(samples, f"no {name} of the patient")
    frame = inputs.attribute(name)
    words = frame["value_text"].astype(object)
    is_number = words.map(lambda word: isinstance(word, str) and bool(_STRICT_NUMBER.fullmatch(word.strip())))
    from_words = pd.to_numeric(words.where(is_number), errors="coerce")
    numbers = frame["value_number"].astype(float).fillna(from_words)
    filling.known(frame, numbers)
    others = frame[numbers.isna() & words.notna()]
    places = filling.index.places(others)
    for place, word in zip(places, others["value_text"], strict=True):
        if place >= 0:
            filling.status[place] = logic.UNDETERMINED
            filling.reason[place] = f"the source says '{word}', which is no number"
    return filling.done()
