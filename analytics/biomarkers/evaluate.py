"""From a biomarker to an assignment: which sample is in which group or has which value."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.assignment import COLUMNS, KNOWN, NOT_PROFILED, UNDETERMINED, Assignment
from analytics.biomarkers.copy_number import copy_number_truth
from analytics.biomarkers.cuts import continuous_values, cut_truth, median_truth, share_truth
from analytics.biomarkers.groups import Group
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.labels import groups_of, label_of, phrase, scale_of
from analytics.biomarkers.language.model import (
    And,
    AnyOf,
    Biomarker,
    Continuous,
    CopyNumber,
    CountOf,
    Cut,
    Expression,
    HasWord,
    Joint,
    Logical,
    MedianSplit,
    Member,
    Mutation,
    Not,
    Or,
    Rearrangement,
    SetExpression,
    SetMembers,
    SetScore,
    SignaturePresent,
    TopShare,
)
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.text import canonical
from analytics.biomarkers.logic import Truth
from analytics.biomarkers.mutations import Mutations, SampleIndex
from analytics.biomarkers.rearrangements import rearrangement_truth
from analytics.biomarkers.resolve import resolve
from analytics.biomarkers.words import word_truth
from analytics.immune.gene_sets import MIN_COVERAGE

_STATUS_WORDS = {logic.UNDETERMINED: UNDETERMINED, logic.NOT_PROFILED: NOT_PROFILED}
NOT_FITTED = "no signatures were fitted to the sample"


def evaluate(biomarker: Biomarker | str, inputs: BiomarkerInputs) -> Assignment:
    """Assign every sample of the inputs.

    Parameters
    ----------
    biomarker : a parsed biomarker, or the text of one.

    Raises
    ------
    BiomarkerSyntaxError : the text is no biomarker.
    UnknownNameError : a gene, set, attribute, feature or signature that the inputs do not know, with near names.
    NotAskableError : a question that does not fit its names, e.g. a gene with a cut.
    """
    asked = parse(biomarker) if isinstance(biomarker, str) else biomarker
    resolved = resolve(asked, inputs)
    return _Evaluation(resolved.biomarker, resolved.notes, inputs).assignment()


class _Evaluation:
    """One biomarker over the samples of the inputs."""

    def __init__(self, biomarker: Biomarker, notes: tuple[str, ...], inputs: BiomarkerInputs) -> None:
        self.biomarker = biomarker
        self.inputs = inputs
        self.samples = inputs.samples().reset_index(drop=True)
        self.notes = list(notes)
        self.gene_sets: dict[str, tuple[str, ...]] = {}
        questions = list(_questions(biomarker))
        self.mutation_genes = sorted(
            {gene for question in questions for gene in self._mutated_genes(question)}
        )
        self.other_genes = sorted({gene for question in questions for gene in self._other_genes(question)})
        self.mutations = Mutations(inputs, self.samples, self.mutation_genes) if self.mutation_genes else None

    def assignment(self) -> Assignment:
        groups = groups_of(self.biomarker)
        group, value, found = self._assigned(groups)
        own = (
            np.zeros(len(self.samples), dtype=np.int64) if self.mutations is None else self.mutations.n_own()
        )
        rows = pd.DataFrame(
            {
                "cohort_id": self.samples["cohort_id"],
                "sample_id": self.samples["sample_id"],
                "group": group,
                "value": value,
                "status": [_STATUS_WORDS.get(int(word), KNOWN) for word in found.value],
                "status_reason": found.reason,
                "not_looked_at": found.not_looked_at,
                "n_own_mutations": own,
            }
        )
        return Assignment(
            biomarker=canonical(self.biomarker),
            label=label_of(self.biomarker),
            groups=groups,
            scale=scale_of(self.biomarker),
            rows=rows[list(COLUMNS)],
            genes=tuple(sorted({*self.mutation_genes, *self.other_genes})),
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _assigned(self, groups: tuple[Group, ...]) -> tuple[logic.Reasons, npt.NDArray[np.float64], Truth]:
        """Group and value of each sample, and whether they are known."""
        n = len(self.samples)
        group, value = np.full(n, None, dtype=object), np.full(n, np.nan)
        if isinstance(self.biomarker, Continuous):
            found = continuous_values(self.biomarker, self.inputs, self.samples)
            self.notes += found.notes
            return group, found.value, Truth(found.status, found.reason)
        if isinstance(self.biomarker, Joint):
            first, second = self._truth(self.biomarker.first), self._truth(self.biomarker.second)
            names = (phrase(self.biomarker.first), phrase(self.biomarker.second))
            known = [_is_known(first), _is_known(second)]
            both = logic.conjunction(known, names)
            place = np.clip(first.value, 0, 1) + 2 * np.clip(second.value, 0, 1)
        else:
            both = self._truth(self.biomarker)
            place = np.clip(both.value, 0, 1)
        keys = np.array([g.key for g in groups], dtype=object)
        is_known = both.value >= logic.FALSE
        group[is_known] = keys[place[is_known]]
        return group, value, both

    def _truth(self, question: Logical) -> Truth:
        match question:
            case Mutation():
                return self._mutation(question)
            case CopyNumber():
                return copy_number_truth(question, self.inputs, self.samples)
            case Rearrangement():
                return rearrangement_truth(question, self.inputs, self.samples)
            case AnyOf(members):
                parts, names = self._members(members)
                return _of_members(logic.disjunction(parts, names), members)
            case CountOf(members, comparison, number):
                parts, names = self._members(members)
                return _of_members(logic.count(parts, names, comparison, number), members)
            case Cut():
                return self._noted(*cut_truth(question, self.inputs, self.samples))
            case TopShare():
                return self._noted(*share_truth(question, self.inputs, self.samples))
            case MedianSplit():
                return self._noted(*median_truth(question, self.inputs, self.samples))
            case HasWord():
                return word_truth(question, self.inputs, self.samples)
            case SignaturePresent():
                return self._signature(question)
            case Not(part):
                return logic.negation(self._truth(part))
            case And(parts_):
                return logic.conjunction([self._truth(p) for p in parts_], [phrase(p) for p in parts_])
            case Or(parts_):
                return logic.disjunction([self._truth(p) for p in parts_], [phrase(p) for p in parts_])
        raise TypeError(f"{type(question).__name__} cannot be evaluated")

    def _mutation(self, question: Mutation) -> Truth:
        if self.mutations is None:
            raise TypeError("a question about a mutation has no genes")
        return self.mutations.answer(question)

    def _noted(self, truth: Truth, notes: tuple[str, ...]) -> Truth:
        self.notes += notes
        return truth

    def _members(self, members: tuple[Member, ...]) -> tuple[list[Truth], list[str]]:
        """One truth a gene, each gene and class once; the names that go before a reason."""
        asked: dict[Mutation, None] = {}
        for member in members:
            if isinstance(member, Mutation):
                asked[member] = None
            else:
                asked |= dict.fromkeys(self._asked_of_set(member))
        questions = list(asked)
        return [self._mutation(q) for q in questions], [q.gene for q in questions]

    def _asked_of_set(self, member: SetMembers) -> list[Mutation]:
        """A question for each gene of a set. A few genes that no assay of the cohorts covers are left out and named;
        where they are many the set is not covered, and no sample is judged."""
        questions = [Mutation(gene, member.what) for gene in self._set(member.gene_set)]
        covered = [q for q in questions if self.mutations is not None and self.mutations.is_covered(q.gene)]
        if not covered or len(covered) < MIN_COVERAGE * len(questions):
            return questions
        left_out = [q.gene for q in questions if q not in covered]
        if left_out:
            self.notes.append(
                f"{', '.join(left_out)} of {member.gene_set}: covered by no assay of these cohorts, left out."
            )
        return covered

    def _set(self, name: str) -> tuple[str, ...]:
        if name not in self.gene_sets:
            self.gene_sets[name] = tuple(self.inputs.gene_set(name))
        return self.gene_sets[name]

    def _signature(self, question: SignaturePresent) -> Truth:
        frame = self.inputs.signature_presence(question.signature)
        present = frame["is_present"].astype("boolean")
        is_open = present.isna().to_numpy(dtype=bool)
        value = np.where(is_open, logic.UNDETERMINED, present.fillna(False).to_numpy(dtype=np.int8))
        reason = frame["reason"].astype(object).where(is_open, None)
        return SampleIndex(self.samples).truth(frame, value, reason, NOT_FITTED)

    def _mutated_genes(self, question: Logical | Continuous) -> tuple[str, ...]:
        match question:
            case Mutation(gene, _):
                return (gene,)
            case AnyOf(members) | CountOf(members, _, _):
                return tuple(
                    gene
                    for member in members
                    for gene in (
                        self._set(member.gene_set) if isinstance(member, SetMembers) else (member.gene,)
                    )
                )
            case _:
                return ()

    def _other_genes(self, question: Logical | Continuous) -> tuple[str, ...]:
        if isinstance(question, CopyNumber | Rearrangement):
            return (question.gene,)
        measure = getattr(question, "measure", None)
        if isinstance(measure, Expression):
            return (measure.gene,)
        return self._set(measure.gene_set) if isinstance(measure, SetExpression | SetScore) else ()


def _of_members(found: Truth, members: tuple[Member, ...]) -> Truth:
    """A gene set is asked as a whole, of assays that cover it; genes that are named are asked one by one."""
    is_of_set = any(isinstance(member, SetMembers) for member in members)
    return logic.where_all_were_looked_at(found) if is_of_set else found


def _is_known(part: Truth) -> Truth:
    """True where the answer is known, whatever it is."""
    known = np.where(part.value >= logic.FALSE, logic.TRUE, part.value).astype(np.int8)
    return Truth(known, part.reason, part.unseen)


def _questions(biomarker: Biomarker) -> Iterator[Logical | Continuous]:
    """The questions that a biomarker is made of."""
    match biomarker:
        case Joint(first, second):
            yield from _questions(first)
            yield from _questions(second)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _questions(part)
        case Not(part):
            yield from _questions(part)
        case _:
            yield biomarker
