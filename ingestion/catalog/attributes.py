"""The harmonised clinical attributes, and what a cohort file may say about them.

The attributes stand in ``catalog/attributes.yaml``; here is their model and the checks that hold a file's columns,
words, constants, intervals and drugs to them, so that nothing that a run cannot use is accepted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import field_validator, model_validator

from ingestion.catalog.columns import ColumnMap, Interval, Strict, TimeUnit
from ingestion.errors import CatalogError
from ingestion.vocabulary import allowed_values, load_vocabulary

if TYPE_CHECKING:
    from ingestion.catalog.cohorts import Cohort
    from ingestion.catalog.source_files import SourceFile

_UNITS = "|".join(get_args(TimeUnit))
#: A bound of a range; null in the file is no bound.
Bound = float | None


class Attribute(Strict):
    """A harmonised clinical attribute.

    ``own_name`` is the column name under which cBioPortal studies carry it where that is not the attribute's own
    (OS_MONTHS), ``synonyms`` are further ones, in the order in which they are asked; supplement cohorts name their
    columns in the cohort file. ``unit`` is that of a number (years of AGE), or of a time's automatic columns.
    ``range`` is lowest and highest plausible value, in ``unit`` for a number, in months for a time.
    """

    level: Literal["patient", "sample"]
    type: Literal["number", "word", "text", "time"]
    description: str
    own_name: str | None = None
    synonyms: tuple[str, ...] = ()
    unit: TimeUnit | None = None
    range: tuple[Bound, Bound] | None = None

    @field_validator("range", mode="before")
    @classmethod
    def _two_bounds(cls, value: Any) -> Any:
        if value is not None and (not isinstance(value, list | tuple) or len(value) != 2):
            raise ValueError("range is [lowest, highest]; null is no bound")
        return value

    @model_validator(mode="after")
    def _range_fits(self) -> Attribute:
        if self.range is None:
            return self
        if self.type not in ("number", "time"):
            raise ValueError("only a number or a time has a range")
        low, high = self.range
        if low is not None and high is not None and not low < high:
            raise ValueError(f"range [{low}, {high}] holds nothing")
        return self

    def own_column(self, name: str) -> str | None:
        """The name that maps by itself. A time has one only where the name says the unit (OS_MONTHS): a column
        OS_TIME may hold days."""
        if self.own_name is not None:
            return self.own_name
        return None if self.type == "time" else name

    @property
    def harmonised_unit(self) -> TimeUnit | None:
        """The unit of its harmonised values: months for every time."""
        return "months" if self.type == "time" else self.unit


def check_cohort(path: Path, cohort: Cohort, attributes: Mapping[str, Attribute]) -> None:
    """`check_attributes` for every file, and the classes of the cohort's own drugs are those of the vocabulary.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    for drug, drug_class in cohort.drug_classes.items():
        if drug_class not in allowed_values("DRUG_CLASS"):
            raise _no_value(path, f"drug_classes.{drug}", drug_class, "DRUG_CLASS")
    for file in cohort.files:
        check_attributes(path, file, attributes)


def check_attributes(path: Path, file: SourceFile, attributes: Mapping[str, Attribute]) -> None:
    """Everything that a file says about attributes can be used: they exist, times and intervals have units, words
    lead to values of the vocabulary.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    prefix = f"files.{file.id}"
    for column, first in file.columns.items():
        for name, mapping in first.named(column).items():
            key = f"{prefix}.columns.{name}"
            _check_column(path, key, mapping, _known(path, key, mapping.attribute, attributes))
    for name, constant in file.constants.items():
        key = f"{prefix}.constants.{name}"
        attribute = _known(path, key, name, attributes)
        words = load_vocabulary().get(name, {})
        if attribute.type == "word" and constant.strip().lower() not in words:
            raise _no_value(path, key, constant, name)
        _check_number(path, key, constant, attribute)
    for interval in file.intervals:
        key = f"{prefix}.intervals.{interval.attribute}"
        _check_interval(path, key, interval, _known(path, key, interval.attribute, attributes))
        if interval.event is not None:
            status = _known(path, f"{key}.event", interval.event.attribute, attributes)
            if "event" not in allowed_values(interval.event.attribute) or status.type != "word":
                raise CatalogError(
                    f"{path}: key '{key}.event' names {interval.event.attribute}, which is no status; name one such as "
                    "PFS_STATUS."
                )
    named = [interval.attribute for interval in file.intervals]
    for name in named:
        if named.count(name) > 1:
            raise CatalogError(
                f"{path}: key '{prefix}.intervals' names {name} twice; keep the one whose dates are meant."
            )


def _known(path: Path, key: str, name: str, attributes: Mapping[str, Attribute]) -> Attribute:
    if name not in attributes:
        raise CatalogError(
            f"{path}: key '{key}' names attribute '{name}', which catalog/attributes.yaml does not have; "
            "correct it or add the attribute there."
        )
    return attributes[name]


def _check_column(path: Path, key: str, mapping: ColumnMap, attribute: Attribute) -> None:
    if attribute.type == "time" and mapping.unit is None:
        raise CatalogError(f"{path}: key '{key}' is a time and needs 'unit: {_UNITS}'.")
    if attribute.type != "time" and attribute.unit is None and mapping.unit is not None:
        raise CatalogError(
            f"{path}: key '{key}' has a unit, but {mapping.attribute} is no time and has none in "
            "catalog/attributes.yaml; take 'unit' out."
        )
    for word, value in mapping.words.items():
        if attribute.type == "word" and value not in allowed_values(mapping.attribute):
            raise _no_value(path, f"{key}.words.{word}", value, mapping.attribute)
        _check_number(path, f"{key}.words.{word}", value, attribute)


def _check_interval(path: Path, key: str, interval: Interval, attribute: Attribute) -> None:
    if attribute.type not in ("time", "number"):
        raise CatalogError(
            f"{path}: key '{key}' is the time between two dates, but {interval.attribute} is a {attribute.type}; "
            "name a time or a number."
        )
    if attribute.type == "time":
        return
    if attribute.unit is None and interval.unit is None:
        raise CatalogError(
            f"{path}: key '{key}' counts days, but nothing says in which unit the number {interval.attribute} is; "
            f"add 'unit: {_UNITS}' to the interval."
        )
    if None not in (attribute.unit, interval.unit) and attribute.unit != interval.unit:
        raise CatalogError(
            f"{path}: key '{key}' has unit {interval.unit}, but {interval.attribute} is in {attribute.unit} in "
            "catalog/attributes.yaml; take 'unit' out."
        )


def _check_number(path: Path, key: str, value: str, attribute: Attribute) -> None:
    """What the file itself writes as a number is one, with a decimal point."""
    if attribute.type not in ("number", "time"):
        return
    try:
        is_number = math.isfinite(float(value)) and "_" not in value
    except ValueError:
        is_number = False
    if not is_number:
        raise CatalogError(
            f"{path}: key '{key}' is '{value}', which is not a number; write one, with a decimal point."
        )


def _no_value(path: Path, key: str, value: str, attribute: str) -> CatalogError:
    return CatalogError(
        f"{path}: key '{key}' is '{value}', which is no value of {attribute}; write one of: "
        f"{', '.join(allowed_values(attribute))}; or add it to catalog/vocabularies/vocabulary_words.csv."
    )
