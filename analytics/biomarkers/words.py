"""Words of clinical attributes: who has one, who has another, and whose word does not say.

A word can be broader than the one that is asked for: 'ever smoked' may be former or current. Words for not knowing are
no answer. An attribute in the sources' own words has no common vocabulary: a word that no cohort uses beside the one
asked for may hold it ('TC1/2/3 or IC1/2/3' of one trial may be IC2+ of another), and is no answer either.
"""

from __future__ import annotations

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
    frame = frame[frame["value_text"].map(lambda word: isinstance(word, str)).astype(bool)]
    asked = question.word.strip().lower()
    holds = narrower_words(name, asked)
    words = frame["value_text"].str.strip().str.lower()
    speaks = frame.loc[words.isin({asked, *holds}), "cohort_id"]
    beside = set(words[frame["cohort_id"].isin(speaks)])
    value: list[int] = []
    reason: list[str | None] = []
    for written, word, is_own in zip(frame["value_text"], words, frame["is_own_words"], strict=True):
        is_open = word in NO_ANSWER and word != asked
        is_broad = asked in narrower_words(name, word)
        is_other = bool(is_own) and word not in beside
        value.append(
            logic.UNDETERMINED if is_open or is_broad or is_other
            else logic.TRUE if word == asked or word in holds
            else logic.FALSE
        )  # fmt: skip
        never = f", which no cohort says beside '{question.word}'" if is_other and not is_open else ""
        reason.append(f"the source says '{written}'{never}" if is_open or is_broad or is_other else None)
    return SampleIndex(samples).truth(frame, value, reason, f"no {name} of the patient")
