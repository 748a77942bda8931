"""The grammar of the biomarker language (lark, LALR), and what its tokens are called in an error.

Keywords may be written in any case; they are words of their own, so that ``NOTCH1`` is a gene. A token after a colon or
within brackets is read by where it stands: ``TOP1`` is a gene, ``TMB top 20%`` is a share.
"""

from __future__ import annotations

from functools import lru_cache

from lark import Lark

GRAMMAR = r"""
start: joint

?joint: disjunction (JOINT disjunction)*
?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: NOT negation -> negated
         | atom

?atom: "(" joint ")"
     | subject tail?                                 -> asked
     | ANY "(" member ("," member)* ")"              -> any_of
     | COUNT "(" member ("," member)* ")" COMPARISON NUMBER -> count_of

?subject: (NAME | QUOTED)                            -> name
        | (NAME | QUOTED) ":" QUALIFIER              -> qualified
        | FUNCTION "(" argument ")"                  -> function

?member: (NAME | QUOTED)                             -> member_gene
       | (NAME | QUOTED) ":" QUALIFIER               -> member_gene
       | SET (NAME | QUOTED)                         -> member_set
       | SET (NAME | QUOTED) ":" QUALIFIER           -> member_set

?argument: (NAME | QUOTED)                           -> argument_name
         | SET (NAME | QUOTED)                       -> argument_set

?tail: COMPARISON (NUMBER | NAME | QUOTED)           -> compared
     | SIDE NUMBER "%" within                        -> share
     | HALF MEDIAN within                            -> median
     | PER (SD | DOUBLING | NUMBER) within           -> per

within: (WITHIN NAME)? (ACROSS PANELS)?

JOINT.3: /(x|×)(?![A-Za-z0-9_.-])/i
_OR.3: /\|\|?|∨|or(?![A-Za-z0-9_.-])/i
_AND.3: /&&?|∧|and(?![A-Za-z0-9_.-])/i
NOT.3: /!(?!=)|¬|not(?![A-Za-z0-9_.-])/i
ANY.3: /any(?=\s*\()/i
COUNT.3: /count(?=\s*\()/i
FUNCTION.2: /[A-Za-z_]+(?=\s*\()/
SET.3: /set\s*:/
SIDE.3: /(top|bottom)(?![A-Za-z0-9_.-])/i
HALF.3: /(above|below)(?![A-Za-z0-9_.-])/i
MEDIAN.3: /median(?![A-Za-z0-9_.-])/i
PER.3: /per(?![A-Za-z0-9_.-])/i
SD.3: /sd(?![A-Za-z0-9_.-])/i
DOUBLING.3: /doubling(?![A-Za-z0-9_.-])/i
WITHIN.3: /within(?![A-Za-z0-9_.-])/i
ACROSS.3: /across(?![A-Za-z0-9_.-])/i
PANELS.3: /panels(?![A-Za-z0-9_.-])/i
COMPARISON: />=|<=|≥|≤|==|!=|≠|=|>|</
NUMBER: /[-+]?(\d+(\.\d+)?|\.\d+)(?![A-Za-z0-9_.])/
QUALIFIER: /(p\.)?[A-Za-z*][A-Za-z0-9_*?>=-]*/
NAME: /[A-Za-z][A-Za-z0-9_]*([.-][A-Za-z0-9_]+)*/
QUOTED: /"[^"\n]+"|'[^'\n]+'/

%ignore /[ \t\r\n]+/
"""

#: Token -> what a person would call it.
TOKEN_WORDS = {
    "NAME": "a gene or a measure",
    "QUOTED": "a name in quotes",
    "FUNCTION": "expr(...), score(...), feature(...) or signature(...)",
    "ANY": "any(...)",
    "COUNT": "count(...)",
    "LPAR": "'('",
    "RPAR": "')'",
    "COMMA": "','",
    "COLON": "':'",
    "NOT": "'!'",
    "_AND": "'&'",
    "_OR": "'|'",
    "JOINT": "'x'",
    "COMPARISON": "a comparison such as '>='",
    "NUMBER": "a number",
    "PERCENT": "'%'",
    "SIDE": "'top' or 'bottom'",
    "HALF": "'above median' or 'below median'",
    "MEDIAN": "'median'",
    "PER": "'per'",
    "SD": "'sd'",
    "DOUBLING": "'doubling'",
    "WITHIN": "'within cancer_type'",
    "ACROSS": "'across panels'",
    "PANELS": "'panels'",
    "SET": "'set:' and a gene set",
    "QUALIFIER": "a class of mutation, a protein change or a copy-number change",
    "$END": "the end",
}


@lru_cache(maxsize=1)
def parser() -> Lark:
    """The parser, made once."""
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True)
