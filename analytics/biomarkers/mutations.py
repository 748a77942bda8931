"""Which samples have a mutation that a biomarker asks for: a gene, a class, a protein change, a residue, a hotspot.

A gene as such follows the warehouse's own status to the letter. A narrower question is answered from the calls: one
that is asked for makes positive; without one, a call or a doubtful row that could be it makes undetermined; everybody
else who was looked at is the reference, mutated in another way or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.model import Mutation, MutationClass
from analytics.biomarkers.language.protein_changes import ProteinChange, read_change
from analytics.biomarkers.logic import Reasons, Truth

BoolArray = npt.NDArray[np.bool_]

_SPLICE = ("Splice_Site", "Splice_Region")
#: MAF classes of a word of the language; 'truncating' is a column of the calls.
_CLASSES: dict[MutationClass, tuple[str, ...]] = {
    "missense": ("Missense_Mutation",),
    "inframe": ("In_Frame_Del", "In_Frame_Ins", "In_Frame_Indel"),
    "splice": _SPLICE,
    "nonsense": ("Nonsense_Mutation",),
    "frameshift": ("Frame_Shift_Del", "Frame_Shift_Ins", "Frame_Shift_Indel"),
}
#: Classes that say no more than that the protein may be altered.
_SAYS_NOTHING = ("Unknown", "Targeted_Region")
_STATUS = {
    "mutated": logic.TRUE,
    "wild_type": logic.FALSE,
    "undetermined": logic.UNDETERMINED,
    "not_profiled": logic.NOT_PROFILED,
}


class SampleIndex:
    """Places of samples in the frame of all samples."""

    def __init__(self, samples: pd.DataFrame) -> None:
        self._index = pd.MultiIndex.from_frame(samples[["cohort_id", "sample_id"]])
        self.size = len(samples)

    def places(self, rows: pd.DataFrame) -> npt.NDArray[np.intp]:
        """The place of each row's sample, -1 where the sample is not among them."""
        if rows.empty:
            return np.empty(0, dtype=np.intp)
        return self._index.get_indexer(pd.MultiIndex.from_frame(rows[["cohort_id", "sample_id"]]))

    def truth(
        self,
        rows: pd.DataFrame,
        value: npt.ArrayLike,
        reason: Sequence[str | None] | pd.Series | Reasons,
        otherwise: str,
    ) -> Truth:
        """The truth of every sample from a row of each sample that was looked at.

        Parameters
        ----------
        value, reason : of each row, (rows,). otherwise : why a sample without a row is not profiled.
        """
        places = self.places(rows)
        here = places >= 0
        values = np.full(self.size, logic.NOT_PROFILED, dtype=np.int8)
        reasons = np.full(self.size, otherwise, dtype=object)
        values[places[here]] = np.asarray(value, dtype=np.int8)[here]
        reasons[places[here]] = np.asarray(reason, dtype=object)[here]
        return Truth(values, reasons)


@dataclass(frozen=True)
class _Rows:
    """Rows of one kind, of one gene: the frame and the place of each row's sample."""

    frame: pd.DataFrame
    places: npt.NDArray[np.intp]
    numbers: npt.NDArray[np.intp]


class _ByGene:
    """A frame cut by gene, once."""

    def __init__(self, frame: pd.DataFrame, index: SampleIndex) -> None:
        places = index.places(frame)
        kept = frame[places >= 0].reset_index(drop=True)
        self.frame, self.places = kept, places[places >= 0]
        self._groups = kept.groupby("gene", sort=False).indices

    def of(self, gene: str) -> _Rows:
        numbers = np.asarray(self._groups.get(gene, np.empty(0, dtype=np.intp)), dtype=np.intp)
        return _Rows(self.frame.iloc[numbers], self.places[numbers], numbers)


class Mutations:
    """Calls and status of the genes of one biomarker, read once."""

    def __init__(self, inputs: BiomarkerInputs, samples: pd.DataFrame, genes: Sequence[str]) -> None:
        self._index = SampleIndex(samples)
        self._is_undetermined = samples["is_undetermined"].to_numpy(dtype=bool)
        asked = list(genes)
        self._status = _ByGene(inputs.gene_status(asked), self._index)
        self._calls = _ByGene(inputs.calls(asked), self._index)
        self._doubtful = _ByGene(inputs.doubtful_calls(asked), self._index)
        self._inputs = inputs
        self._own = np.zeros(len(self._calls.frame), dtype=bool)

    def answer(self, question: Mutation) -> Truth:
        """The truth for each sample; the calls that are asked for are remembered as the biomarker's own."""
        status, is_doubted = self._gene(question.gene)
        calls = self._calls.of(question.gene)
        is_it, could_be = self._judged(question, calls.frame)
        self._own[calls.numbers[is_it]] = True
        if question.what == "any":
            return status
        return self._narrower(question, status, is_doubted, calls, is_it, could_be)

    def is_covered(self, gene: str) -> bool:
        """Whether the assay of any sample lists the gene: whether it is mutated or wild-type in one."""
        rows = self._status.of(gene).frame
        n_others = int((rows["status"] != "mutated").sum())
        return n_others < self._index.size

    def n_own(self) -> npt.NDArray[np.int64]:
        """Calls of each sample that any question so far asked for, each once."""
        return np.bincount(self._calls.places[self._own], minlength=self._index.size).astype(np.int64)

    def _gene(self, gene: str) -> tuple[Truth, BoolArray]:
        """The gene's own status, and where it is undetermined by a doubtful row alone."""
        rows = self._status.of(gene)
        value = np.full(self._index.size, logic.FALSE, dtype=np.int8)
        reason = np.full(self._index.size, None, dtype=object)
        value[rows.places] = rows.frame["status"].map(_STATUS).to_numpy(dtype=np.int8)
        is_unknown = (rows.frame["status_reason"].notna()).to_numpy(dtype=bool)
        reason[rows.places[is_unknown]] = rows.frame["status_reason"].to_numpy(dtype=object)[is_unknown]
        n_calls = np.zeros(self._index.size, dtype=np.int64)
        n_calls[rows.places] = rows.frame["n_mutations"].to_numpy(dtype=np.int64)
        is_doubted = (value == logic.UNDETERMINED) & ~self._is_undetermined & (n_calls == 0)
        return Truth(value, reason), is_doubted

    def _narrower(
        self,
        question: Mutation,
        status: Truth,
        is_doubted: BoolArray,
        calls: _Rows,
        is_it: BoolArray,
        could_be: BoolArray,
    ) -> Truth:
        is_open = (status.value == logic.TRUE) | (status.value == logic.FALSE) | is_doubted
        value = np.where(is_open, logic.FALSE, status.value).astype(np.int8)
        reason = status.reason.copy()
        reason[is_open] = None
        doubtful = self._doubtful.of(question.gene)
        is_possible = _possible(question, doubtful.frame)
        for places, reasons in (
            (
                doubtful.places[is_possible],
                doubtful.frame["status_reason"].to_numpy(dtype=object)[is_possible],
            ),
            (calls.places[could_be], np.full(int(could_be.sum()), _not_understood(question), dtype=object)),
        ):
            here = is_open[places]
            value[places[here]] = logic.UNDETERMINED
            reason[places[here]] = reasons[here]
        positive = calls.places[is_it]
        positive = positive[is_open[positive]]
        value[positive] = logic.TRUE
        reason[positive] = None
        return Truth(value, reason)

    def _judged(self, question: Mutation, calls: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
        """Of each call: whether it is asked for, and whether it could be and is not understood."""
        what = question.what
        if isinstance(what, ProteinChange):
            return _change_calls(what, calls)
        if what == "hotspot":
            return _hotspot_calls(calls, self._inputs.hotspots([question.gene]))
        return _class_calls(what, calls)


def _class_calls(what: MutationClass, calls: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
    nothing = np.zeros(len(calls), dtype=bool)
    if what == "any":
        return ~nothing, nothing
    if what == "truncating":
        known = calls["is_truncating"].notna().to_numpy(dtype=bool)
        is_it = calls["is_truncating"].astype("boolean").fillna(False).to_numpy(dtype=bool)
        return is_it, ~known | _says_nothing(calls)
    is_it = calls["variant_classification"].isin(_CLASSES[what]).to_numpy(dtype=bool)
    return is_it, _says_nothing(calls)


def _change_calls(what: ProteinChange, calls: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
    read = {text: read_change(text) for text in calls["hgvsp_short"].dropna().unique()}
    changes = [read.get(text) if isinstance(text, str) else None for text in calls["hgvsp_short"]]
    is_it = np.array([change is not None and _is_change(change, what) for change in changes], dtype=bool)
    shifted = np.array(
        [change is not None and _numbered_otherwise(change, what) for change in changes], dtype=bool
    )
    unread = np.array([change is None for change in changes], dtype=bool)
    return is_it, (unread | shifted) & _fits(what, calls) & ~is_it


def _hotspot_calls(calls: pd.DataFrame, hotspots: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
    """Missense and in-frame changes at a recurrent residue; without a residue, at its place in the genome."""
    residues = set(hotspots["residue"].dropna().astype(int))
    places = hotspots.dropna(subset=["start_position"])
    keys = {tuple(key) for key in places[["ncbi_build", "chromosome", "start_position"]].to_numpy().tolist()}
    builds = set(places["ncbi_build"].dropna())
    read = [read_change(text) for text in calls["hgvsp_short"]]
    at_residue = np.array(
        [r is not None and not r.is_splice and r.start in residues for r in read], dtype=bool
    )
    has_no_residue = np.array([r is None for r in read], dtype=bool)
    own = [tuple(key) for key in calls[["ncbi_build", "chromosome", "start_position"]].to_numpy().tolist()]
    at_place = np.array([key in keys for key in own], dtype=bool) & has_no_residue
    is_placed = (calls["start_position"].notna() & calls["ncbi_build"].isin(builds)).to_numpy(dtype=bool)
    is_truncating = calls["is_truncating"].astype("boolean")
    is_certain = ~is_truncating.fillna(True).to_numpy(dtype=bool) & ~_says_nothing(calls)
    can_alter = ~is_truncating.fillna(False).to_numpy(dtype=bool)
    is_it = (at_residue | at_place) & is_certain
    could_be = can_alter & ~is_it & ((has_no_residue & ~is_placed) | at_residue | at_place)
    return is_it, could_be & bool(residues)


def _is_change(change: ProteinChange, what: ProteinChange) -> bool:
    if not what.is_residue:
        return change == what
    overlaps = change.start <= what.end and what.start <= change.end and not change.is_splice
    return overlaps and not _numbered_otherwise(change, what)


def _numbered_otherwise(change: ProteinChange, what: ProteinChange) -> bool:
    """The same residue with another amino acid: counted on another transcript, so it says nothing of this one."""
    if change.is_splice or what.is_splice:
        return False
    for residue in (what.start, what.end):
        named, asked = change.letter_at(residue), what.letter_at(residue)
        if named is not None and asked is not None and named != asked and "X" not in (named, asked):
            return True
    return False


def _fits(what: ProteinChange, calls: pd.DataFrame) -> BoolArray:
    """Whether a call's class allows the change; a residue can be hit by every class that alters an amino acid."""
    classes = calls["variant_classification"]
    is_open = _says_nothing(calls) | classes.isna().to_numpy(dtype=bool)
    allowed = ~classes.isin(_SPLICE) if what.classes is None else classes.isin(what.classes)
    return is_open | allowed.to_numpy(dtype=bool)


def _possible(question: Mutation, doubtful: pd.DataFrame) -> BoolArray:
    """Whether a doubtful row could be what is asked for: only its class can rule it out."""
    what = question.what
    if isinstance(what, ProteinChange):
        return _fits(what, doubtful)
    if what == "hotspot":
        return ~doubtful["is_truncating"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    is_it, could_be = _class_calls(what, doubtful)
    return is_it | could_be


def _says_nothing(calls: pd.DataFrame) -> BoolArray:
    classes = calls["variant_classification"]
    return (classes.isna() | classes.isin(_SAYS_NOTHING)).to_numpy(dtype=bool)


def _not_understood(question: Mutation) -> str:
    if isinstance(question.what, ProteinChange):
        return "a call of the gene without a protein change that can be read on this transcript"
    if question.what == "hotspot":
        return "a call of the gene without a residue or a place that can be read"
    return "a call of the gene whose class does not say its effect"
