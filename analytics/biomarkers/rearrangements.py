"""Which samples have a rearranged gene, from structural variants and fusions.

A rearrangement is no mutation: the two are asked by different words. A sample that was not looked at has no status, and
one that was is without a rearrangement only in the genes of its panel.
"""

from __future__ import annotations

import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.model import Rearrangement
from analytics.biomarkers.logic import Truth
from analytics.biomarkers.mutations import SampleIndex

NOT_LOOKED_AT = "the sample was not looked at for structural variants"
#: The words of the inputs.
STATUS = {
    "rearranged": logic.TRUE,
    "not_rearranged": logic.FALSE,
    "undetermined": logic.UNDETERMINED,
    "not_profiled": logic.NOT_PROFILED,
}


def rearrangement_truth(question: Rearrangement, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Truth:
    """The truth for each sample."""
    found = inputs.rearrangements([question.gene])
    value = found["status"].map(STATUS)
    reason = found["reason"].astype(object).where(value < logic.FALSE, None)
    return SampleIndex(samples).truth(found, value, reason, NOT_LOOKED_AT)
