"""Groups and their names: what a biomarker's groups are called in keys of estimates and for people."""

from __future__ import annotations

from analytics import keys
from analytics.biomarkers.assignment import Scale
from analytics.biomarkers.groups import Group, gene_groups
from analytics.biomarkers.language.model import (
    And,
    AnyOf,
    Attribute,
    Biomarker,
    Burden,
    Comparison,
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
    PerDoubling,
    PerSd,
    Rearrangement,
    SetExpression,
    SetMembers,
    SetScore,
    SignaturePresent,
    TopShare,
    Within,
)
from analytics.biomarkers.language.protein_changes import ProteinChange
from analytics.biomarkers.language.text import number_text

#: The groups of a plain gene are called as they always were: published keys do not move.
_LONGEST_KEY = 60
_MOST_NAMED = 4
_SIGNS: dict[Comparison, str] = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "=": "="}
_OPPOSITE: dict[Comparison, str] = {">=": "<", ">": "≤", "<=": ">", "<": "≥", "=": "not"}
_SPELT = {"≥": " ge ", "≤": " le ", ">": " gt ", "<": " lt ", "=": " is ", "*": "ter", "%": " percent "}
_CLASS_NAMES = {"inframe": "in-frame", "frameshift": "frame shift", "splice": "splice site"}


def groups_of(biomarker: Biomarker) -> tuple[Group, ...]:
    """Reference first; none for a continuous biomarker."""
    match biomarker:
        case Continuous():
            return ()
        case Mutation(gene, "any"):
            return gene_groups(gene)
        case Joint(first, second):
            names = [_short(first), _short(second)]
            keys = [slug(name) for name in names]
            if keys[0] == keys[1]:
                keys = ["first", "second"]
            return (
                Group("neither", "neither", is_reference=True),
                Group(f"{keys[0]}_only", f"{names[0]} only"),
                Group(f"{keys[1]}_only", f"{names[1]} only"),
                Group("both", "both"),
            )
        case _:
            positive, negative = phrase(biomarker), opposite(biomarker)
            return (Group(slug(negative), negative, is_reference=True), Group(slug(positive), positive))


def label_of(biomarker: Biomarker) -> str:
    """The biomarker for people: a title, not a group."""
    match biomarker:
        case Mutation(gene, "any"):
            return gene
        case Joint(first, second):
            return f"{_short(first)} and {_short(second)}, jointly"
        case Continuous(measure, _):
            return measure_name(measure)
        case _:
            return phrase(biomarker)


def scale_of(biomarker: Biomarker) -> Scale:
    """Groups, or what one step of the value is."""
    if not isinstance(biomarker, Continuous):
        return Scale("groups")
    match biomarker.per:
        case PerSd(within):
            return Scale("continuous", f"per standard deviation {among(biomarker.measure, within)}")
        case PerDoubling():
            what = "mutations per Mb + 1" if isinstance(biomarker.measure, Burden) else "expression + 1"
            return Scale("continuous", f"per doubling of {what}")
        case per:
            unit = "mutations per Mb" if isinstance(biomarker.measure, Burden) else "units"
            one = "mutation per Mb" if isinstance(biomarker.measure, Burden) else "unit"
            return Scale(
                "continuous", f"per {one}" if per.number == 1 else f"per {number_text(per.number)} {unit}"
            )


def among(measure: Measure, within: Within) -> str:
    """'within cohort, panel and cancer type'."""
    parts = ["cohort"]
    if isinstance(measure, Burden) and not within.across_panels:
        parts.append("panel")
    if within.cancer_type:
        parts.append("cancer type")
    return "within " + (" and ".join(parts) if len(parts) < 3 else f"{parts[0]}, {parts[1]} and {parts[2]}")


def phrase(question: Logical) -> str:
    """What a sample is that answers yes: 'KRAS G12C', 'TMB ≥ 10', 'STK11 truncating and KRAS G12C'."""
    match question:
        case Mutation(gene, what):
            return f"{gene} {_what(what)}"
        case CopyNumber(gene, change):
            return f"{gene} {change.replace('_', ' ')}"
        case Rearrangement(gene):
            return f"{gene} rearranged"
        case AnyOf(members):
            return _any_phrase(members)
        case CountOf(members, comparison, number):
            return f"{_SIGNS[comparison]} {number} of {_named(members)} mutated"
        case Cut(measure, comparison, number):
            return f"{measure_name(measure)} {_SIGNS[comparison]} {number_text(number)}"
        case TopShare(measure, side, percent, within):
            return f"{measure_name(measure)} {side} {number_text(percent)}%{_where(within)}"
        case MedianSplit(measure, half, within):
            return f"{measure_name(measure)} {half} median{_where(within)}"
        case HasWord(attribute, word):
            return f"{measure_name(attribute)} {word}"
        case SignaturePresent(signature):
            return f"{signature} present"
        case Not(part):
            return opposite(part)
        case And(parts):
            return " and ".join(f"({phrase(p)})" if isinstance(p, Or) else phrase(p) for p in parts)
        case Or(parts):
            return " or ".join(f"({phrase(p)})" if isinstance(p, And) else phrase(p) for p in parts)


def opposite(question: Logical) -> str:
    """What a sample is that answers no: 'not KRAS G12C', 'TMB < 10', 'ALK wild-type'."""
    match question:
        case Mutation(gene, "any"):
            return f"{gene} wild-type"
        case Cut(measure, comparison, number):
            return f"{measure_name(measure)} {_OPPOSITE[comparison]} {number_text(number)}"
        case TopShare(measure, side, percent, _):
            others = "lower" if side == "top" else "upper"
            return f"{measure_name(measure)} {others} {number_text(100 - percent)}%"
        case SignaturePresent(signature):
            return f"{signature} absent"
        case Not(part):
            return phrase(part)
        case AnyOf(members):
            return _any_phrase(members, "none")
        case CountOf(members, comparison, number):
            return f"{_OPPOSITE[comparison]} {number} of {_named(members)} mutated"
        case And() | Or():
            return f"not ({phrase(question)})"
        case _:
            return f"not {phrase(question)}"


def measure_name(measure: Measure) -> str:
    """'TMB', 'CD274 expression', 'age years'."""
    match measure:
        case Burden():
            return "TMB"
        case Expression(gene):
            return f"{gene} expression"
        case SetExpression(gene_set):
            return f"{gene_set} mean expression"
        case SetScore(gene_set):
            return f"{gene_set} ssGSEA score"
        case Feature(name):
            return name.replace("_", " ")
        case Attribute("PDL1"):
            return "PD-L1"
        case Attribute(name):
            return name.lower().replace("_", " ")


def slug(label: str) -> str:
    """A label as a key: 'TMB ≥ 10' is tmb_ge_10."""
    text = label
    for sign, word in _SPELT.items():
        text = text.replace(sign, word)
    return keys.slug(text)[:_LONGEST_KEY].rstrip("_")


def _short(question: Logical) -> str:
    match question:
        case Mutation(gene, "any"):
            return gene
        case _:
            return phrase(question)


def _what(what: str | ProteinChange) -> str:
    if isinstance(what, ProteinChange):
        return what.text
    return "mutated" if what == "any" else _CLASS_NAMES.get(what, what)


def _any_phrase(members: tuple[Member, ...], how_many: str = "any") -> str:
    return f"{how_many} of {_named(members)} mutated"


def _named(members: tuple[Member, ...]) -> str:
    names = [_member(member) for member in members]
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: _MOST_NAMED - 1])} and {len(names) - _MOST_NAMED + 1} others"


def _member(member: Member) -> str:
    name = member.gene_set if isinstance(member, SetMembers) else member.gene
    return name if member.what == "any" else f"{name} {_what(member.what)}"


def _where(within: Within) -> str:
    where = " within cancer type" if within.cancer_type else ""
    return f"{where} across panels" if within.across_panels else where
