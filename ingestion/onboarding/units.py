"""Whether a column's numbers are in the unit of the attribute that its name points to. Where neither the name nor the
values say so, the column is asked about and left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.catalog.attributes import Attribute

_TIME_UNITS = {
    "day": "days", "week": "weeks", "month": "months", "year": "years", "tage": "days", "woche": "weeks",
    "monat": "months", "jahr": "years", "jours": "days", "semaine": "weeks", "mois": "months", "années": "years",
    "días": "days", "dias": "days", "semana": "weeks", "meses": "months", "años": "years", "giorni": "days",
    "mesi": "months", "anni": "years",
}  # fmt: skip
#: Short forms count at the end of a name alone: OS_mo, OS (d), PFS [wks].
_SHORT_UNITS = {
    "d": "days", "w": "weeks", "wk": "weeks", "wks": "weeks", "m": "months", "mo": "months", "mos": "months",
    "mon": "months", "y": "years", "yr": "years", "yrs": "years",
}  # fmt: skip
_RATE = re.compile(r"(/|per|pro|por|par)[\s_.(-]*(mb|mega)|mutmb|mb-?1$", re.IGNORECASE)
#: Attributes that keep the source's words, and the parts of a name that say what its numbers are.
_SAYS_UNIT = {
    "PDL1_RAW": re.compile(r"%|percent|pct|prozent|pourcent|porcent|fraction|share|anteil", re.IGNORECASE),
    "LDH_RAW": re.compile(r"u\s*/\s*l|kat|uln", re.IGNORECASE),
}
#: More values than this share beyond what an attribute can be are another unit; fewer are errors of single cells.
_MOST_OUTSIDE = 0.1


@dataclass(frozen=True)
class UnitDoubt:
    """A question about a column's unit, and whether the column is left out until it is answered."""

    question: str
    is_left_out: bool


def time_unit(column: str) -> str:
    """The one unit of time that a column's name says, else ""."""
    plain = column.lower()
    found = {unit for word, unit in _TIME_UNITS.items() if word in plain}
    last = re.split(r"[\s_.()\[\]-]+", plain.rstrip(")] "))[-1]
    if not found and last in _SHORT_UNITS:
        return _SHORT_UNITS[last]
    return found.pop() if len(found) == 1 else ""


def unit_doubt(column: str, name: str, attribute: Attribute, numbers: Sequence[float]) -> UnitDoubt | None:
    """What has to be asked about the unit of a column before it is read as an attribute; None where nothing has."""
    if not numbers:
        return None
    shown = f"{column} ({min(numbers):g} to {max(numbers):g})"
    if attribute.type == "time":
        question = (
            f"In which unit is {shown}? Its name says none: write {column}: {{attribute: {name}, unit: ...}}."
        )
        return None if time_unit(column) else UnitDoubt(question, is_left_out=True)
    if name == "TMB_NONSYNONYMOUS" and not _is_rate(column, numbers):
        question = f"Is {shown} a rate per megabase (TMB_NONSYNONYMOUS) or a count (MUTATION_COUNT)?"
        return UnitDoubt(question + " Write it under columns.", is_left_out=True)
    if name in _SAYS_UNIT and not _SAYS_UNIT[name].search(column):
        return UnitDoubt(
            f"In which unit is {shown}? {name} keeps the numbers as they are.", is_left_out=False
        )
    return _out_of_range(shown, name, attribute, numbers)


def _is_rate(column: str, numbers: Sequence[float]) -> bool:
    """The name says per megabase; or it says TMB and no count, and the values are no whole numbers."""
    if _RATE.search(column):
        return True
    is_bare = re.fullmatch(r"tmb[\s_-]*(score)?", column.strip(), re.IGNORECASE) is not None
    return is_bare and any(number != int(number) for number in numbers) and min(numbers) >= 0


def _out_of_range(shown: str, name: str, attribute: Attribute, numbers: Sequence[float]) -> UnitDoubt | None:
    low, high = attribute.range or (None, None)
    outside = [n for n in numbers if (low is not None and n < low) or (high is not None and n > high)]
    if not outside:
        return None
    can_be = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"
    question = (
        f"{len(outside)} of {len(numbers)} values of {shown} are not within {can_be}, as {name} has to be"
    )
    if len(outside) <= _MOST_OUTSIDE * len(numbers):
        return UnitDoubt(f"{question}: they are read as missing. What are they?", is_left_out=False)
    return UnitDoubt(
        f"{question} ({attribute.description}). In which unit is it? It is left out.", is_left_out=True
    )
