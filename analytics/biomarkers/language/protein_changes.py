"""Protein changes in HGVS short form, as far as a question needs them: p.G12C, p.R213*, p.R401Lfs*28, p.E746_A750del.

A change that cannot be read is None: it is never taken for another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_THREE_LETTERS = {
    "ALA": "A", "ARG": "R", "ASN": "N", "ASP": "D", "CYS": "C", "GLN": "Q", "GLU": "E", "GLY": "G", "HIS": "H",
    "ILE": "I", "LEU": "L", "LYS": "K", "MET": "M", "PHE": "F", "PRO": "P", "SER": "S", "THR": "T", "TRP": "W",
    "TYR": "Y", "VAL": "V", "SEC": "U", "TER": "*",
}  # fmt: skip
_LONG = re.compile("|".join(_THREE_LETTERS), re.IGNORECASE)
#: Where a change begins, where it ends, what becomes of it. X and * as the first letter are no amino acids.
_CHANGE = re.compile(
    r"(?P<first>[A-Z*])(?P<start>\d+)(?:_(?P<last>[A-Z*])(?P<end>\d+))?(?P<effect>.*)", re.IGNORECASE
)
#: What a change can become, after the residue: the letters of insertions are part of the effect.
_EFFECT = re.compile(
    r"=|\*|[A-Z]|(?P<shift>[A-Z]?FS(?:\*(?:\d+|\?)?)?)|(?:DELINS|INS)[A-Z*]+|DEL[A-Z]*|INS\d*|DUP[A-Z]*|_?SPLICE"
    r"|EXT\*?\d*|>[A-Z*]+",
    re.IGNORECASE,
)
_WORDS = ("delins", "del", "ins", "dup", "fs", "splice", "ext")

#: MAF classes in which a change of an effect can stand; used to say what a call without a readable change could be.
_CLASSES_OF_EFFECT = {
    "missense": ("Missense_Mutation",),
    "nonsense": ("Nonsense_Mutation",),
    "frameshift": ("Frame_Shift_Del", "Frame_Shift_Ins", "Frame_Shift_Indel"),
    "inframe": ("In_Frame_Del", "In_Frame_Ins", "In_Frame_Indel"),
    "splice": ("Splice_Site", "Splice_Region"),
}


@dataclass(frozen=True)
class ProteinChange:
    """A change that was read.

    Attributes
    ----------
    first, start : the first amino acid that is altered and its residue.
    last, end : the same of the last one; equal to the first for a change of one residue.
    effect : what stands after the residues, 'C', '*', 'fs', 'del', 'delinsS', 'splice'; '' is any change there.
    """

    first: str
    start: int
    last: str
    end: int
    effect: str

    @property
    def text(self) -> str:
        """'G12C', 'E746_A750del', 'V600'."""
        span = f"{self.first}{self.start}"
        if self.end != self.start:
            span += f"_{self.last}{self.end}"
        return f"{span}_splice" if self.is_splice else span + self.effect

    @property
    def is_residue(self) -> bool:
        """Whether it names a place only."""
        return self.effect == ""

    @property
    def is_splice(self) -> bool:
        return self.effect == "splice"

    @property
    def classes(self) -> tuple[str, ...] | None:
        """MAF classes in which the change can stand; None is all that alter the protein."""
        kind = self._kind()
        return None if kind is None else _CLASSES_OF_EFFECT[kind]

    def _kind(self) -> str | None:
        if self.effect == "*":
            return "nonsense"
        if self.effect == "fs":
            return "frameshift"
        if self.effect == "splice":
            return "splice"
        if re.fullmatch(r"(del|ins|dup|>).*", self.effect):
            return None if "*" in self.effect else "inframe"
        return "missense" if re.fullmatch("[A-Z]", self.effect) else None

    def letter_at(self, residue: int) -> str | None:
        """The amino acid that the change names at a residue; None where it names none."""
        return {self.end: self.last, self.start: self.first}.get(residue)


def read_change(text: object) -> ProteinChange | None:
    """A protein change, or None where it cannot be read.

    One-letter and three-letter codes, with or without ``p.`` and parentheses; the length of a frame shift is left
    out, for sources count it in two ways.
    """
    if not isinstance(text, str):
        return None
    bare = text.strip().removeprefix("p.").strip("()").strip()
    short = _LONG.sub(lambda found: _THREE_LETTERS[found.group().upper()], bare) if _is_long(bare) else bare
    found = _CHANGE.fullmatch(short)
    if found is None:
        return None
    effect = found["effect"]
    if effect and _EFFECT.fullmatch(effect) is None:
        return None
    first, start = found["first"].upper(), int(found["start"])
    last, end = (found["last"] or first).upper(), int(found["end"] or start)
    if start < 1 or end < start:
        return None
    return ProteinChange(first, start, last, end, _spelt(effect))


def _is_long(bare: str) -> bool:
    found = re.match(r"([A-Za-z]{3})\d", bare)
    return found is not None and found[1].upper() in _THREE_LETTERS


def _spelt(effect: str) -> str:
    """The effect in HGVS's own case: words small, amino acids large."""
    upper = effect.upper().lstrip("_")
    if "FS" in upper:
        return "fs"
    for word in _WORDS:
        if upper.startswith(word.upper()):
            rest = upper[len(word) :]
            # the letters that a deletion or duplication takes may be given or not: the residues say them already
            return word + (rest if word in ("delins", "ins", "ext") else "")
    return upper
