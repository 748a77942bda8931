"""From text to a biomarker; errors point at the character."""

from __future__ import annotations

from lark import Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from analytics.biomarkers.errors import BiomarkerSyntaxError
from analytics.biomarkers.language.builder import TreeBuilder
from analytics.biomarkers.language.grammar import TOKEN_WORDS, parser
from analytics.biomarkers.language.model import Biomarker

#: Each level takes several frames of Python's thousand; nobody can read fifty.
_DEEPEST = 50


def parse(text: str) -> Biomarker:
    """The biomarker that a text asks for.

    Raises
    ------
    BiomarkerSyntaxError : one sentence, and a caret under the character that is meant.
    """
    try:
        tree = parser().parse(text)
    except UnexpectedInput as error:
        raise _unexpected(error, text) from None
    if _depth(tree) > _DEEPEST:
        raise BiomarkerSyntaxError(
            f"Brackets and 'not' stand more than {_DEEPEST} deep: write it with fewer.", text, len(text)
        )
    try:
        return TreeBuilder(text).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, BiomarkerSyntaxError):
            raise error.orig_exc from None
        raise


def _depth(tree: Tree[Token]) -> int:
    """How many questions lie within each other; counted without recursion, which ends at some hundreds."""
    deepest, left = 0, [(tree, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]
    return deepest


def _unexpected(error: UnexpectedInput, text: str) -> BiomarkerSyntaxError:
    """lark's error in one sentence."""
    if isinstance(error, UnexpectedToken):
        is_end = error.token.type == "$END"
        position = len(text) if is_end else (error.token.start_pos or 0)
        expected = set(error.accepts or error.expected)
        found = "the end" if is_end else f"'{error.token}'"
    elif isinstance(error, UnexpectedCharacters):
        position = error.pos_in_stream or 0
        expected = set(error.allowed or ())
        found = f"'{text[position : position + 1]}'"
    else:
        return BiomarkerSyntaxError("This is no biomarker.", text, len(text))
    if not text.strip():
        return BiomarkerSyntaxError("The biomarker is empty: write a gene, e.g. ALK.", text, 0)
    words = [word for token, word in TOKEN_WORDS.items() if token in expected]
    listed = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
    place = "at the end" if position >= len(text) else f"at character {position + 1}, not {found}"
    return BiomarkerSyntaxError(f"Expected {listed} {place}.", text, position)
