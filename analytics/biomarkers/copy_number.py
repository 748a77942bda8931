"""Which samples have a changed copy number of a gene, from discrete calls.

Levels are cBioPortal's: -2 deep deletion, -1 shallow loss, 0 neutral, 1 low gain, 2 amplification; -1.5, a partial loss
of both copies, is a deep deletion, as the portal takes it. A sample that was not looked at has no copy number, not a
neutral one; nor has one whose cell is empty or not understood, unless another row has the change that is asked for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.model import CopyNumber
from analytics.biomarkers.logic import Truth
from analytics.biomarkers.mutations import SampleIndex

NO_CALLS = "no copy-number calls of the sample"
DEEP_ONLY = "the cohort's copy-number calls know deep deletions and amplifications only"


def copy_number_truth(question: CopyNumber, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Truth:
    """The truth for each sample."""
    calls = inputs.copy_number([question.gene])
    level = calls["level"].to_numpy(dtype=float)
    in_doubt = calls["is_in_doubt"].to_numpy(dtype=bool)
    is_missing = np.isnan(level) & ~in_doubt
    is_it, is_open = _judged(question, level, calls["has_shallow_levels"].to_numpy(dtype=bool))
    value = np.select(
        [is_missing | is_open, is_it, in_doubt],
        [logic.NOT_PROFILED, logic.TRUE, logic.UNDETERMINED],
        logic.FALSE,
    )
    why = calls["reason"].astype(object).where(calls["reason"].notna(), NO_CALLS).to_numpy(dtype=object)
    reason = np.full(len(level), None, dtype=object)
    is_unknown = is_missing | (value == logic.UNDETERMINED)
    reason[is_open] = DEEP_ONLY
    reason[is_unknown] = why[is_unknown]
    return SampleIndex(samples).truth(calls, value, reason, NO_CALLS)


def _judged(
    question: CopyNumber, level: np.ndarray, has_shallow: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether the level is asked for, and whether a cohort without shallow levels leaves it open: for the whole cohort,
    else its deep losses would count and nobody of it would be without one."""
    match question.change:
        case "deep_deletion":
            return level <= -1.5, np.zeros(len(level), dtype=bool)
        case "amplification":
            return level >= 2, np.zeros(len(level), dtype=bool)
        case "loss":
            return level < 0, ~has_shallow
        case "gain":
            return level > 0, ~has_shallow
