"""The unit that stands in the name of a column."""

from __future__ import annotations

#: End of a name -> unit, the longest first.
_ENDINGS = {
    "_mut_per_mb": "mutations per megabase",
    "_mb": "megabases",
    "_months": "months of 30.4375 days",
    "_years": "years",
    "_days": "days",
    "_percent": "percent",
    "_fraction": "fraction, 0 to 1",
    "percentile_in_assay_and_cancer_type": "fraction, 0 to 1",
    "_bases": "bases",
    "_bp": "bases",
}
_BEGINNINGS = {
    "share_": "fraction, 0 to 1",
    "n_": "count",
    "is_": "true or false",
    "has_": "true or false",
    "log2_value": "logarithm to base 2",
}


def unit_of(column: str) -> str | None:
    """The unit of a column; None where its name states none: a word, an identifier, a value with a unit beside it."""
    for ending, unit in _ENDINGS.items():
        if column.endswith(ending):
            return unit
    return next((unit for start, unit in _BEGINNINGS.items() if column.startswith(start)), None)
