"""From lark's tree to a biomarker, rule by rule.

The grammar says what can stand where; what can be combined with what is said here, so that an error is about biomarkers
and not about tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import Token, Transformer, v_args
from lark.tree import Meta

from analytics.biomarkers.errors import BiomarkerSyntaxError, near_names
from analytics.biomarkers.language.model import (
    CLASS_WORDS,
    COPY_NUMBER_WORDS,
    REARRANGED_WORDS,
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
    MutationClass,
    PerDoubling,
    PerSd,
    PerUnit,
    Rearrangement,
    Scaling,
    SetExpression,
    SetMembers,
    SetScore,
    SignaturePresent,
    TopShare,
    Within,
    all_of,
    any_of,
    not_,
)
from analytics.biomarkers.language.protein_changes import ProteinChange, read_change
from analytics.biomarkers.language.text import RESERVED, canonical, member_text

FUNCTIONS = ("expr", "score", "feature", "signature", "any", "count")
_COMPARISONS: dict[str, Comparison] = {"≥": ">=", "≤": "<=", "==": "="}
#: Other names of clinical attributes -> the one that the language writes.
ATTRIBUTE_NAMES = {"AGE": "AGE_YEARS", "PDL1_RAW": "PDL1", "PD-L1": "PDL1"}
#: Open reading frames are the only HGNC symbols with small letters.
_OPEN_FRAME = re.compile(r"(C(?:\d+|X|Y))ORF(\w+)")


def gene_symbol(name: str) -> str:
    """A gene symbol in HGNC's case: ``alk`` is ALK, ``c9orf72`` is C9orf72."""
    upper = name.strip().upper()
    found = _OPEN_FRAME.fullmatch(upper)
    return f"{found[1]}orf{found[2]}" if found else upper


def attribute_name(name: str) -> str:
    """A clinical attribute by the one name that the language writes."""
    upper = name.upper()
    return ATTRIBUTE_NAMES.get(upper, upper)


@dataclass(frozen=True)
class _Argument:
    """What a function is of: a name, or a gene set."""

    token: Token
    is_set: bool


@dataclass(frozen=True)
class _Compared:
    comparison: Token
    value: Token


@dataclass(frozen=True)
class _Share:
    side: Token
    number: Token
    within: Within


@dataclass(frozen=True)
class _Median:
    half: Token
    within: Within


@dataclass(frozen=True)
class _Per:
    step: Token
    within: Within


_Tail = _Compared | _Share | _Median | _Per
_Subject = Token | Mutation | CopyNumber | Rearrangement | Measure | SignaturePresent


@v_args(meta=True)
class TreeBuilder(Transformer[Token, Biomarker]):
    """One method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def _error(self, sentence: str, position: int) -> BiomarkerSyntaxError:
        return BiomarkerSyntaxError(sentence, self.text, position)

    # --- logic

    def start(self, meta: Meta, children: list[object]) -> object:
        return children[0]

    def joint(self, meta: Meta, children: list[object]) -> Joint:
        operators = [child for child in children if isinstance(child, Token)]
        if len(operators) > 1:
            raise self._error("Joint groups are of two questions.", _start(operators[1]))
        position = _start(operators[0])
        first, second = (
            self._logical(child, position, "a part of joint groups") for child in (children[0], children[2])
        )
        if first == second:
            raise self._error("Joint groups are of two different questions.", position)
        return Joint(first, second)

    def disjunction(self, meta: Meta, children: list[object]) -> Logical:
        return any_of((self._logical(c, meta.start_pos, "a part of 'or'") for c in children), canonical)

    def conjunction(self, meta: Meta, children: list[object]) -> Logical:
        return all_of((self._logical(c, meta.start_pos, "a part of 'and'") for c in children), canonical)

    def negated(self, meta: Meta, children: list[object]) -> Logical:
        return not_(self._logical(children[1], meta.start_pos, "turned round by 'not'"))

    def _logical(self, part: object, position: int, role: str) -> Logical:
        if isinstance(part, Continuous):
            raise self._error(
                f"A value cannot be {role}: give it a cut, such as '>= 10' or 'top 20%'.", position
            )
        if isinstance(part, Joint):
            raise self._error(f"Joint groups cannot be {role}.", position)
        return part  # type: ignore[return-value]  # every other node is a yes-or-no question

    # --- genes

    def any_of(self, meta: Meta, children: list[object]) -> AnyOf:
        return AnyOf(_members(children[1:]))

    def count_of(self, meta: Meta, children: list[object]) -> Logical:
        *members, comparison, number = children[1:]
        if str(comparison) in ("!=", "≠"):
            raise self._error("A count is compared by >=, >, <=, < or =.", _start(comparison))
        if "." in str(number) or float(str(number)) < 0:
            raise self._error("A count is compared with a whole number, 0 or more.", _start(number))
        return CountOf(_members(members), _comparison(comparison), int(str(number)))

    def member_gene(self, meta: Meta, children: list[Token]) -> Member:
        gene = gene_symbol(_bare(children[0]))
        what = self._mutation(children[1], gene) if len(children) > 1 else "any"
        return Mutation(gene, what)

    def member_set(self, meta: Meta, children: list[Token]) -> Member:
        name = _bare(children[1])
        what = self._mutation(children[2], f"set:{name}") if len(children) > 2 else "any"
        if isinstance(what, ProteinChange):
            raise self._error("A protein change is of one gene, not of a gene set.", _start(children[2]))
        return SetMembers(name, what)

    def name(self, meta: Meta, children: list[Token]) -> Token:
        return children[0]

    def qualified(self, meta: Meta, children: list[Token]) -> Mutation | CopyNumber | Rearrangement:
        if str(children[0]) == "set":
            name = str(children[1])
            raise self._error(
                f"A gene set is asked by any(set:{name}), count(set:{name}) >= 2, score(set:{name}) or "
                f"expr(set:{name}).",
                _start(children[0]),
            )
        gene = gene_symbol(_bare(children[0]))
        word = str(children[1]).lower()
        for change, others in COPY_NUMBER_WORDS.items():
            if word in (change, *others):
                return CopyNumber(gene, change)
        if word in REARRANGED_WORDS:
            return Rearrangement(gene)
        return Mutation(gene, self._mutation(children[1], gene))

    def _mutation(self, token: Token, of: str) -> MutationClass | ProteinChange:
        """A class by its word, else a protein change."""
        word = str(token).lower()
        for known, others in CLASS_WORDS.items():
            if word in (known, *others):
                return known
        change = read_change(str(token))
        if change is not None and change.first != "*":
            return change
        words: list[str] = [*CLASS_WORDS, *COPY_NUMBER_WORDS, REARRANGED_WORDS[0]]
        near = near_names(word, words)
        hint = (
            f"is it {' or '.join(near)}?" if near
            else f"write one of {', '.join(words)}, a protein change (G12C) or a residue (V600)."
        )  # fmt: skip
        raise self._error(
            f"'{token}' is no class of mutation and no protein change of {of}: {hint}", _start(token)
        )

    # --- measures

    def argument_name(self, meta: Meta, children: list[Token]) -> _Argument:
        return _Argument(children[0], is_set=False)

    def argument_set(self, meta: Meta, children: list[Token]) -> _Argument:
        return _Argument(children[1], is_set=True)

    def function(self, meta: Meta, children: tuple[Token, _Argument]) -> Measure | SignaturePresent:
        function, argument = children
        token, is_set = argument.token, argument.is_set
        name, word = _bare(token), str(function).lower()
        if word not in FUNCTIONS:
            near = near_names(word, FUNCTIONS)
            hint = f"is it {' or '.join(near)}?" if near else f"there are {', '.join(FUNCTIONS)}."
            raise self._error(f"There is no '{function}(...)': {hint}", _start(function))
        if word == "score" and not is_set:
            raise self._error("A score is of a gene set: write score(set:name).", _start(token))
        if word in ("feature", "signature") and is_set:
            raise self._error(f"{word}(...) takes a name, not a gene set.", _start(token))
        if word == "expr":
            return SetExpression(name) if is_set else Expression(gene_symbol(name))
        if word == "score":
            return SetScore(name)
        return Feature(name.lower()) if word == "feature" else SignaturePresent(name)

    def asked(self, meta: Meta, children: list[_Subject | _Tail]) -> Biomarker:
        subject = children[0]
        tail = children[1] if len(children) > 1 else None
        if isinstance(subject, Mutation | CopyNumber | Rearrangement | SignaturePresent):
            if tail is not None:
                what = "a signature" if isinstance(subject, SignaturePresent) else "a gene's alteration"
                raise self._error(f"Only a measure can be cut; {what} is there or not.", meta.start_pos)
            return subject
        measure = self._measure(subject, has_tail=tail is not None)
        if isinstance(measure, Mutation):
            return measure
        if tail is None:
            return self._continuous(measure, PerUnit(), meta.start_pos)
        return self._cut(measure, tail, meta)  # type: ignore[arg-type]  # what stands second is a tail

    def _measure(self, subject: object, *, has_tail: bool) -> Measure | Mutation:
        if not isinstance(subject, Token):
            return subject  # type: ignore[return-value]  # a measure from function()
        name = _bare(subject)
        if subject.type == "NAME" and name.upper() == "TMB":
            return Burden()
        if has_tail:
            return Attribute(attribute_name(name))
        if subject.type == "NAME" and name.lower() in RESERVED:
            raise self._error(
                f"'{name}' is a word of the language: quote it if it is a gene.", _start(subject)
            )
        return Mutation(gene_symbol(name))

    def _cut(self, measure: Measure, tail: _Tail, meta: Meta) -> Biomarker:
        match tail:
            case _Compared(comparison, value):
                return self._compared(measure, comparison, value)
            case _Share(side, number, within):
                percent = float(str(number))
                if not 0 < percent < 100:
                    raise self._error("A share lies between 0 and 100 %.", _start(number))
                self._check_panels(measure, within, meta)
                return TopShare(measure, "top" if str(side).lower() == "top" else "bottom", percent, within)
            case _Median(half, within):
                self._check_panels(measure, within, meta)
                return MedianSplit(measure, "above" if str(half).lower() == "above" else "below", within)
            case _Per(step, within):
                scaling = self._scaling(measure, step, within, meta)
                return self._continuous(measure, scaling, _start(step))

    def _compared(self, measure: Measure, comparison: Token, value: Token) -> Logical:
        is_unequal = str(comparison) in ("!=", "≠")
        if value.type == "NUMBER":
            question: Logical = Cut(
                measure, "=" if is_unequal else _comparison(comparison), float(str(value)) + 0.0
            )
        elif not isinstance(measure, Attribute):
            raise self._error("A measure is compared with a number.", _start(value))
        elif not is_unequal and _comparison(comparison) != "=":
            raise self._error("Words are compared by = or !=.", _start(comparison))
        else:
            question = HasWord(measure, _bare(value))
        return not_(question) if is_unequal else question

    def _scaling(self, measure: Measure, token: Token, within: Within, meta: Meta) -> Scaling:
        if token.type == "SD":
            self._check_panels(measure, within, meta)
            return PerSd(within)
        if within != Within():
            raise self._error("'within' belongs to 'per sd', a share or a median.", _start(token))
        if token.type == "DOUBLING":
            return PerDoubling()
        number = float(str(token))
        if number <= 0:
            raise self._error("A step is above 0.", _start(token))
        return PerUnit(number)

    def _continuous(self, measure: Measure, per: Scaling, position: int) -> Continuous:
        is_transcript = isinstance(measure, Expression | SetExpression | SetScore)
        if isinstance(per, PerUnit) and is_transcript:
            raise self._error(
                "Expression has no unit that cohorts share: write 'per sd', or give a cut.", position
            )
        if isinstance(per, PerDoubling) and not isinstance(measure, Burden | Expression):
            raise self._error("'per doubling' is for TMB and the expression of a gene.", position)
        return Continuous(measure, per)

    def _check_panels(self, measure: Measure, within: Within, meta: Meta) -> None:
        if within.across_panels and not isinstance(measure, Burden):
            raise self._error("'across panels' is for TMB.", meta.start_pos)

    # --- what stands after a measure

    def compared(self, meta: Meta, children: tuple[Token, Token]) -> _Compared:
        return _Compared(*children)

    def share(self, meta: Meta, children: tuple[Token, Token, Within]) -> _Share:
        return _Share(*children)

    def median(self, meta: Meta, children: tuple[Token, Token, Within]) -> _Median:
        return _Median(children[0], children[2])

    def per(self, meta: Meta, children: tuple[Token, Token, Within]) -> _Per:
        return _Per(children[1], children[2])

    def within(self, meta: Meta, children: list[Token]) -> Within:
        names = [token for token in children if token.type == "NAME"]
        if names and str(names[0]).lower() not in ("cancer_type", "cohort"):
            raise self._error(
                f"There is no 'within {names[0]}': write within cancer_type; within cohort is always meant.",
                _start(names[0]),
            )
        return Within(
            cancer_type=any(str(token).lower() == "cancer_type" for token in names),
            across_panels=any(token.type == "ACROSS" for token in children),
        )


def _members(children: list[object]) -> tuple[Member, ...]:
    """Members once each, by their text: the order of a list of genes says nothing."""
    return tuple(sorted(set(children), key=member_text))  # type: ignore[arg-type]  # made by member_*


def _bare(token: object) -> str:
    text = str(token)
    return text[1:-1].strip() if text[:1] in "\"'" else text


def _comparison(token: object) -> Comparison:
    text = str(token)
    return _COMPARISONS.get(text, text)  # type: ignore[arg-type]  # the token's pattern allows no other


def _start(token: object) -> int:
    position = token.start_pos if isinstance(token, Token) else None
    return position or 0
