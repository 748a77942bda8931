"""Names of a biomarker against what the warehouse knows: current symbols, the spelling of sets, or an error with the
names that are near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analytics.biomarkers.errors import NotAskableError, UnknownNameError, near_names
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.builder import attribute_name
from analytics.biomarkers.language.model import (
    And,
    AnyOf,
    Attribute,
    Biomarker,
    Continuous,
    CopyNumber,
    CountOf,
    Cut,
    Expression,
    Feature,
    HasWord,
    Joint,
    Logical,
    Measure,
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
    all_of,
    any_of,
    not_,
)
from analytics.biomarkers.language.text import canonical, member_text
from analytics.biomarkers.words import narrower_words

_NO_GENE = "write a current HGNC symbol or one of its earlier ones"


@dataclass(frozen=True)
class Resolved:
    """A biomarker whose names the warehouse knows, and sentences on names that were not current."""

    biomarker: Biomarker
    notes: tuple[str, ...]


def resolve(biomarker: Biomarker, inputs: BiomarkerInputs) -> Resolved:
    """The biomarker with current gene symbols and known names.

    Raises
    ------
    UnknownNameError : a name that nothing knows, with near ones.
    NotAskableError : a name of another kind, e.g. a clinical attribute where a gene is asked for.
    """
    names = _Names(inputs)
    found = names.biomarker(biomarker)
    return Resolved(found, tuple(names.notes))


class _Names:
    def __init__(self, inputs: BiomarkerInputs) -> None:
        self.inputs = inputs
        self.notes: list[str] = []

    def biomarker(self, asked: Biomarker) -> Biomarker:
        match asked:
            case Joint(first, second):
                return Joint(self.logical(first), self.logical(second))
            case Continuous(measure, per):
                return Continuous(self.measure(measure), per)
            case _:
                return self.logical(asked)

    def logical(self, asked: Logical) -> Logical:
        match asked:
            case Not(part):
                return not_(self.logical(part))
            case And(parts):
                return all_of([self.logical(part) for part in parts], canonical)
            case Or(parts):
                return any_of([self.logical(part) for part in parts], canonical)
            case Mutation(gene, what):
                return Mutation(self.gene(gene), what)
            case CopyNumber(gene, change):
                return CopyNumber(self.gene(gene), change)
            case Rearrangement(gene):
                return Rearrangement(self.gene(gene))
            case AnyOf() | CountOf():
                return replace(asked, members=self.members(asked.members))
            case Cut() | TopShare() | MedianSplit():
                return replace(asked, measure=self.measure(asked.measure))
            case HasWord(attribute, word):
                known_attribute = Attribute(self.attribute(attribute.name))
                return HasWord(known_attribute, self.word(known_attribute.name, word))
            case SignaturePresent(signature):
                known = self.inputs.known_signatures()
                return SignaturePresent(self.known("signature", signature, known))
        raise TypeError(f"no names in {type(asked).__name__}")

    def measure(self, asked: Measure) -> Measure:
        match asked:
            case Expression(gene):
                return Expression(self.gene(gene))
            case SetExpression(name) | SetScore(name):
                return replace(asked, gene_set=self.known("gene set", name, self.inputs.known_gene_sets()))
            case Feature(name):
                return Feature(self.known("immune feature", name, self.inputs.known_features()))
            case Attribute(name):
                return Attribute(self.attribute(name))
            case _:
                return asked

    def members(self, members: tuple[Member, ...]) -> tuple[Member, ...]:
        found: set[Member] = set()
        for member in members:
            if isinstance(member, SetMembers):
                known = self.known("gene set", member.gene_set, self.inputs.known_gene_sets())
                found.add(replace(member, gene_set=known))
            else:
                found.add(replace(member, gene=self.gene(member.gene)))
        return tuple(sorted(found, key=member_text))

    def gene(self, name: str) -> str:
        symbol = self.inputs.gene_symbols([name]).get(name)
        if symbol is None:
            attribute = attribute_name(name)
            if attribute in self.inputs.known_attributes():
                raise NotAskableError(
                    f"{attribute} is a clinical attribute, not a gene: compare it, e.g. {attribute} >= 1 or "
                    f'{attribute} = "word".'
                )
            raise UnknownNameError("gene", name, near_names(name, self.inputs.known_genes()), _NO_GENE)
        if symbol.upper() != name.upper():
            self.notes.append(f"{name} is {symbol} today.")
        return symbol

    def attribute(self, name: str) -> str:
        known = self.inputs.known_attributes()
        if name not in known and name in self.inputs.gene_symbols([name]):
            raise NotAskableError(
                f"{name} is a gene and has nothing to compare: write {name} for its mutations, or "
                f"expr({name}) for its expression."
            )
        return self.known("clinical attribute", name, known)

    def word(self, attribute: str, asked: str) -> str:
        """The word as the warehouse spells it; a broader word counts through the narrower ones that it holds."""
        frame = self.inputs.attribute(attribute)
        words = frame["value_text"].dropna().unique()
        if len(words) == 0 and frame["value_number"].notna().any():
            raise NotAskableError(f"{attribute} is a number: compare it with one, e.g. {attribute} >= 1.")
        by_key = {str(word).strip().lower(): str(word).strip() for word in sorted(words)}
        key = asked.strip().lower()
        if key in by_key or narrower_words(attribute, key) & by_key.keys():
            return by_key.get(key, key)
        near = near_names(asked, by_key.values()) or tuple(sorted(by_key.values())[:6])
        raise UnknownNameError(f"value of {attribute}", asked, near, "nobody has the attribute")

    def known(self, kind: str, name: str, known: Sequence[str]) -> str:
        """The spelling of a name that is known, whatever its case."""
        if name in known:
            return name
        spelt = next((word for word in known if word.lower() == name.lower()), None)
        if spelt is None:
            near = near_names(name, known)
            raise UnknownNameError(kind, name, near, _listed(known, lambda n: f"there are {n}"))
        return spelt


def _listed(known: Sequence[str], sentence: Callable[[str], str], most: int = 12) -> str:
    if not known:
        return "none are known here"
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return sentence(", ".join(sorted(known)[:most]) + more)
