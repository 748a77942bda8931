"""Which samples have a rearranged gene, from structural variants and fusions.

A rearrangement is no mutation: the two are asked by different words. A sample that was not looked at has no status, and
one that was is without a rearrangement only in the genes of its panel.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.model import Rearrangement
from analytics.biomarkers.logic import Truth
from analytics.biomarkers.mutations import SampleIndex

NOT_LOOKED_AT = "the sample was not looked at for structural variants"


def rearrangement_truth(question: Rearrangement, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Truth:
    """The truth for each sample."""
    index = SampleIndex(samples)
    found = inputs.rearrangements([question.gene])
    places = index.places(found)
    found, places = found[places >= 0], places[places >= 0]
    value = np.full(index.size, logic.NOT_PROFILED, dtype=np.int8)
    reason = np.full(index.size, NOT_LOOKED_AT, dtype=object)
    is_known = found["is_rearranged"].notna().to_numpy(dtype=bool)
    is_it = found["is_rearranged"].fillna(False).to_numpy(dtype=bool)
    value[places] = np.where(is_known, np.where(is_it, logic.TRUE, logic.FALSE), logic.NOT_PROFILED)
    reason[places] = found["reason"].to_numpy(dtype=object)
    reason[places[is_known]] = None
    return Truth(value, reason)
