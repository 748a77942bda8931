"""What a biomarker is, as frozen values: the tree that ``parse`` makes and ``evaluate`` walks.

Equal questions are equal trees: ``all_of``, ``any_of`` and ``not_`` flatten, sort and drop what is said twice.
``text.canonical`` writes a tree as the one text that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from analytics.biomarkers.language.protein_changes import ProteinChange

MutationClass = Literal[
    "any", "truncating", "missense", "inframe", "splice", "nonsense", "frameshift", "hotspot"
]
CopyNumberChange = Literal["deep_deletion", "amplification", "loss", "gain"]
Comparison = Literal[">=", ">", "<=", "<", "="]
Side = Literal["top", "bottom"]
Half = Literal["above", "below"]

#: word of the language -> what it is called elsewhere (cBioPortal's OQL first).
CLASS_WORDS: dict[MutationClass, tuple[str, ...]] = {
    "any": ("mut", "mutated"),
    "truncating": ("trunc",),
    "missense": (),
    "inframe": ("in_frame",),
    "splice": (),
    "nonsense": (),
    "frameshift": ("frame_shift",),
    "hotspot": (),
}
COPY_NUMBER_WORDS: dict[CopyNumberChange, tuple[str, ...]] = {
    "deep_deletion": ("homdel", "deepdel"),
    "amplification": ("amp",),
    "loss": (),
    "gain": (),
}
#: Words for a gene with a structural variant of the tumour; a fusion is one.
REARRANGED_WORDS = ("rearranged", "fusion", "sv")


# --- mutations, copy number and rearrangements


@dataclass(frozen=True)
class Mutation:
    """A gene has a counted, non-synonymous call of a class, or the protein change or residue."""

    gene: str
    what: MutationClass | ProteinChange = "any"


@dataclass(frozen=True)
class CopyNumber:
    """The copy number of a gene is changed."""

    gene: str
    change: CopyNumberChange


@dataclass(frozen=True)
class Rearrangement:
    """A gene lies at a site of a structural variant of the tumour; that is no mutation of it."""

    gene: str


@dataclass(frozen=True)
class SetMembers:
    """Each gene of a gene set, asked the same of."""

    gene_set: str
    what: MutationClass = "any"


Member = Mutation | SetMembers


@dataclass(frozen=True)
class AnyOf:
    """At least one of several genes is mutated."""

    members: tuple[Member, ...]


@dataclass(frozen=True)
class CountOf:
    """How many of several genes are mutated, compared with a number."""

    members: tuple[Member, ...]
    comparison: Comparison
    number: int


# --- what is measured


@dataclass(frozen=True)
class Burden:
    """Mutation burden, counted from the calls."""


@dataclass(frozen=True)
class Expression:
    """Expression of a gene on the logarithmic scale of its cohort, log2(x + 1)."""

    gene: str


@dataclass(frozen=True)
class SetExpression:
    """Mean over the genes of a set of the expression in standard deviations within cohort."""

    gene_set: str


@dataclass(frozen=True)
class SetScore:
    """ssGSEA score of a gene set, scored within cohort."""

    gene_set: str


@dataclass(frozen=True)
class Feature:
    """An immune feature by its name in the vocabulary."""

    name: str


@dataclass(frozen=True)
class Attribute:
    """A clinical attribute by its name in the catalogue."""

    name: str


Measure = Burden | Expression | SetExpression | SetScore | Feature | Attribute


@dataclass(frozen=True)
class Within:
    """Among whom ranks and standard deviations are taken. Always within cohort; a burden also within panel, unless
    ``across_panels``; within cancer type where ``cancer_type``."""

    cancer_type: bool = False
    across_panels: bool = False


@dataclass(frozen=True)
class Cut:
    """A measure compared with a number."""

    measure: Measure
    comparison: Comparison
    number: float


@dataclass(frozen=True)
class TopShare:
    """The highest or lowest share of a measure, in percent."""

    measure: Measure
    side: Side
    percent: float
    within: Within = Within()


@dataclass(frozen=True)
class MedianSplit:
    """Above or below the median; who lies on it is in neither asked-for half."""

    measure: Measure
    half: Half
    within: Within = Within()


@dataclass(frozen=True)
class HasWord:
    """A clinical attribute has a word."""

    attribute: Attribute
    word: str


@dataclass(frozen=True)
class SignaturePresent:
    """A mutational signature is present in the sample."""

    signature: str


# --- logic


@dataclass(frozen=True)
class Not:
    """The opposite."""

    part: Logical


@dataclass(frozen=True)
class And:
    """All parts; make it with :func:`all_of`."""

    parts: tuple[Logical, ...]


@dataclass(frozen=True)
class Or:
    """At least one part; make it with :func:`any_of`."""

    parts: tuple[Logical, ...]


Logical = (
    Mutation
    | CopyNumber
    | Rearrangement
    | AnyOf
    | CountOf
    | Cut
    | TopShare
    | MedianSplit
    | HasWord
    | SignaturePresent
    | Not
    | And
    | Or
)


# --- what can only stand by itself


@dataclass(frozen=True)
class Joint:
    """Four groups of two questions: neither, the first only, the second only, both."""

    first: Logical
    second: Logical


@dataclass(frozen=True)
class PerUnit:
    """The value in steps of so many units."""

    number: float = 1.0


@dataclass(frozen=True)
class PerSd:
    """The value in standard deviations."""

    within: Within = Within()


@dataclass(frozen=True)
class PerDoubling:
    """The value in doublings."""


Scaling = PerUnit | PerSd | PerDoubling


@dataclass(frozen=True)
class Continuous:
    """A value instead of groups."""

    measure: Measure
    per: Scaling


Biomarker = Logical | Joint | Continuous


def not_(part: Logical) -> Logical:
    """The opposite of a question; the opposite of an opposite is the question."""
    return part.part if isinstance(part, Not) else Not(part)


def all_of(parts: Iterable[Logical], key: Callable[[Logical], str]) -> Logical:
    """All of the parts, in the order of ``key`` (their text)."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    distinct = tuple(sorted(set(flat), key=key))
    return distinct[0] if len(distinct) == 1 else And(distinct)


def any_of(parts: Iterable[Logical], key: Callable[[Logical], str]) -> Logical:
    """At least one of the parts, in the order of ``key`` (their text)."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    distinct = tuple(sorted(set(flat), key=key))
    return distinct[0] if len(distinct) == 1 else Or(distinct)


#: Attributes that are burden as the source states it.
_BURDEN_ATTRIBUTES = ("TMB_NONSYNONYMOUS", "MUTATION_COUNT", "TMB_SCORE")


def measures_burden(biomarker: Biomarker) -> bool:
    """Whether mutation burden itself is asked about, alone or as a part."""
    match biomarker:
        case And(parts) | Or(parts):
            return any(measures_burden(part) for part in parts)
        case Not(part):
            return measures_burden(part)
        case Joint(first, second):
            return measures_burden(first) or measures_burden(second)
    measure = getattr(biomarker, "measure", None)
    is_stated = isinstance(measure, Attribute) and measure.name in _BURDEN_ATTRIBUTES
    return isinstance(measure, Burden) or is_stated
