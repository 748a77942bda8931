"""Words of clinical attributes: who has one, who has another, and whose word does not say.

A word can be broader than the one that is asked for: 'ever smoked' may be former or current. Words for not knowing are
no answer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.model import HasWord
from analytics.biomarkers.logic import Truth
from analytics.biomarkers.mutations import SampleIndex

#: What sources write where they do not know.
NO_ANSWER = frozenset(
    {
        "unknown", "unk", "unassessable", "not assessable", "not evaluable", "not available", "not reported",
        "not done", "not tested", "indeterminate", "equivocal", "na", "n/a", "ne", "nd", "missing", "other/unknown",
    }
)  # fmt: skip
#: attribute -> word -> the words that it holds.
_BROADER = {
    "SMOKING_HISTORY": {"ever": frozenset({"former", "current"})},
    "STAGE": {"iv": frozenset({"iv-m1a", "iv-m1b", "iv-m1c", "iv-m1d"})},
}


def narrower_words(attribute: str, word: str) -> frozenset[str]:
    """The words that a broader one holds, in small letters; none for most words."""
    return _BROADER.get(attribute, {}).get(word, frozenset())


def word_truth(question: HasWord, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Truth:
    """The truth for each sample; that somebody has the word has been looked up before (``resolve``)."""
    name = question.attribute.name
    frame = inputs.attribute(name)
    words = frame["value_text"].map(lambda word: word.strip().lower() if isinstance(word, str) else None)
    asked = question.word.strip().lower()
    holds = narrower_words(name, asked)
    index = SampleIndex(samples)
    places = index.places(frame)
    value = np.full(index.size, logic.NOT_PROFILED, dtype=np.int8)
    reason = np.full(index.size, f"no {name} of the patient", dtype=object)
    for place, word, written in zip(places, words, frame["value_text"], strict=True):
        if place < 0 or word is None:
            continue
        is_open = word in NO_ANSWER and word != asked
        is_broad = asked in narrower_words(name, word)
        value[place] = (
            logic.UNDETERMINED if is_open or is_broad
            else logic.TRUE if word == asked or word in holds
            else logic.FALSE
        )  # fmt: skip
        reason[place] = f"the source says '{written}'" if is_open or is_broad else None
    return Truth(value, reason)
