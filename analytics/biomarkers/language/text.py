"""A biomarker in words: the one text of the language that it has, and what people read in tables and figures."""

from __future__ import annotations

import re
from decimal import Decimal

from analytics.biomarkers.language.model import (
    REARRANGED_WORDS,
    And,
    AnyOf,
    Attribute,
    Biomarker,
    Burden,
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
    MutationClass,
    Not,
    Or,
    PerDoubling,
    PerSd,
    Rearrangement,
    Scaling,
    SetExpression,
    SetMembers,
    SetScore,
    SignaturePresent,
    TopShare,
    Within,
)
from analytics.biomarkers.language.protein_changes import ProteinChange

#: A name that needs no quotes.
PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*")
#: Words that the language keeps for itself: a gene of that name is quoted.
RESERVED = frozenset({"and", "or", "not", "x", "tmb", "per", "top", "bottom", "above", "below", "within"})
#: The operator of joint groups.
JOINT = "x"


def canonical(biomarker: Biomarker) -> str:
    """The one text of a biomarker: ``parse(canonical(b)) == b``."""
    match biomarker:
        case Joint(first, second):
            return f"{_inner(first)} {JOINT} {_inner(second)}"
        case Continuous(measure, per):
            return f"{measure_text(measure)}{_scaling_text(per)}"
        case And(parts):
            return " & ".join(_inner(part) if isinstance(part, Or) else canonical(part) for part in parts)
        case Or(parts):
            return " | ".join(canonical(part) for part in parts)
        case Not(part):
            return f"!{canonical(part)}" if _is_short(part) else f"!({canonical(part)})"
        case _:
            return _question_text(biomarker)


def _question_text(question: Logical) -> str:
    match question:
        case Mutation(gene, what):
            return f"{name_text(gene)}{_what_text(what)}"
        case CopyNumber(gene, change):
            return f"{name_text(gene)}:{change}"
        case Rearrangement(gene):
            return f"{name_text(gene)}:{REARRANGED_WORDS[0]}"
        case AnyOf(members):
            return f"any({', '.join(member_text(m) for m in members)})"
        case CountOf(members, comparison, number):
            return f"count({', '.join(member_text(m) for m in members)}) {comparison} {number}"
        case Cut(measure, comparison, number):
            return f"{measure_text(measure)} {comparison} {number_text(number)}"
        case TopShare(measure, side, percent, within):
            return f"{measure_text(measure)} {side} {number_text(percent)}%{_within_text(within)}"
        case MedianSplit(measure, half, within):
            return f"{measure_text(measure)} {half} median{_within_text(within)}"
        case HasWord(attribute, word):
            return f"{measure_text(attribute)} = {_quoted(word)}"
        case SignaturePresent(signature):
            return f"signature({name_text(signature)})"
    raise TypeError(f"no text for {type(question).__name__}")


def measure_text(measure: Measure) -> str:
    """'TMB', 'expr(CD274)', 'score(set:tis)'."""
    match measure:
        case Burden():
            return "TMB"
        case Expression(gene):
            return f"expr({name_text(gene)})"
        case SetExpression(gene_set):
            return f"expr(set:{name_text(gene_set)})"
        case SetScore(gene_set):
            return f"score(set:{name_text(gene_set)})"
        case Feature(name):
            return f"feature({name_text(name)})"
        case Attribute(name):
            return name_text(name)


def member_text(member: Member) -> str:
    """'ALK', 'TP53:truncating', 'set:ddr'."""
    match member:
        case Mutation(gene, what):
            return f"{name_text(gene)}{_what_text(what)}"
        case SetMembers(gene_set, what):
            return f"set:{name_text(gene_set)}{_what_text(what)}"


def name_text(name: str) -> str:
    """A name, in quotes where it would be read as something else."""
    is_plain = PLAIN_NAME.fullmatch(name) is not None and name.lower() not in RESERVED
    return name if is_plain else _quoted(name)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def number_text(number: float) -> str:
    """10, 0.5, 1200000: never an exponent."""
    text = format(Decimal(repr(float(number))).normalize(), "f")
    return "0" if text == "-0" else text


def _what_text(what: MutationClass | ProteinChange) -> str:
    if isinstance(what, ProteinChange):
        return f":{what.text}"
    return "" if what == "any" else f":{what}"


def _within_text(within: Within) -> str:
    where = " within cancer_type" if within.cancer_type else ""
    return f"{where} across panels" if within.across_panels else where


def _scaling_text(per: Scaling) -> str:
    match per:
        case PerSd(within):
            return f" per sd{_within_text(within)}"
        case PerDoubling():
            return " per doubling"
        case _:
            return "" if per.number == 1 else f" per {number_text(per.number)}"


def _is_short(part: Logical) -> bool:
    return isinstance(part, Mutation | CopyNumber | Rearrangement | AnyOf | SignaturePresent)


def _inner(part: Logical) -> str:
    text = canonical(part)
    return f"({text})" if isinstance(part, And | Or) else text
