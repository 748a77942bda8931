"""How the catalogue says to read a table: its format, its columns, and one value of a row.

The models only; the cohort file that holds them is in ``cohorts``, reading bytes by them in ``tables`` and
``picks``.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

TimeUnit = Literal["days", "weeks", "months", "months_of_30_days", "years"]


class Strict(BaseModel):
    """A part of the catalogue: unknown keys are errors, values cannot be changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def compiles(pattern: str) -> re.Pattern[str]:
    """The pattern compiled; ValueError with the pattern in it when that fails."""
    try:
        return re.compile(pattern)
    except re.error as exc:
        raise ValueError(f"'{pattern}' is not a regular expression: {exc}") from exc


def _is_regex(pattern: str | None) -> str | None:
    if pattern is not None and compiles(pattern).groups != 1:
        raise ValueError(f"'{pattern}' must hold exactly one (group): the part to keep")
    return pattern


Pattern = Annotated[str | None, BeforeValidator(_is_regex)]


class Pick(Strict):
    """How one value is read from a row: a column, or the first filled of several; then a pattern,
    a template and a list of corrections, in that order. With ``template_when`` the template is used only
    for values that it matches (MC3 has sample barcodes and, in places, bare patient barcodes). With ``each`` the cell
    is a list with that separator: each part is read by the rule, and what they say is joined by ``;``, once each."""

    columns: tuple[str, ...]
    pattern: Pattern = None
    template: str | None = None
    template_when: str | None = None
    each: str | None = Field(default=None, min_length=1)
    corrections: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"columns": (value,)}
        if isinstance(value, dict) and "column" in value:
            value = dict(value)
            value["columns"] = (value.pop("column"),)
        return value

    @model_validator(mode="after")
    def _template_has_a_slot(self) -> Pick:
        if self.template is not None and "{}" not in self.template:
            raise ValueError(f"template '{self.template}' needs a {{}} where the value goes")
        if self.template_when is not None:
            if self.template is None:
                raise ValueError("template_when needs a template")
            compiles(self.template_when)
        return self

    def read(self, value: str) -> str | None:
        """One filled cell as this rule reads it; None when the pattern does not find its part."""
        if self.each is None:
            return self._read_one(value)
        parts = (self._read_one(part.strip()) for part in value.split(self.each) if part.strip())
        return ";".join(dict.fromkeys(part for part in parts if part is not None)) or None

    def _read_one(self, value: str) -> str | None:
        if self.pattern is not None:
            found = re.search(self.pattern, value)
            if found is None or found.group(1) is None:
                return None
            value = found.group(1)
        if self.template is not None and (self.template_when is None or re.search(self.template_when, value)):
            value = self.template.replace("{}", value)
        return self.corrections.get(value, value)


class ColumnMap(Strict):
    """One source column of a clinical table: which harmonised attribute it is, in which unit, and
    what its words mean. ``words`` maps a source word to the vocabulary's value and wins over the
    shared vocabulary (seed ``vocabulary_words``); for a text or a number it is what stands there instead. ``also`` are
    further attributes that the same cells fill, each with a unit, pattern and words of its own."""

    attribute: str
    unit: TimeUnit | None = None
    pattern: Pattern = None
    words: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = Field(
        default=(), description="words of this column that say nothing, beside those of the file's format"
    )
    also: tuple[ColumnMap, ...] = Field(
        default=(), description="further attributes that the column feeds, each written like this one"
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"attribute": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _feeds_each_once(self) -> ColumnMap:
        named = [self.attribute, *(further.attribute for further in self.also)]
        if len(set(named)) < len(named) or any(further.also for further in self.also):
            raise ValueError(
                f"'also' names an attribute twice, or has an 'also' of its own ({', '.join(named)})"
            )
        return self

    def named(self, column: str) -> dict[str, ColumnMap]:
        """This map under the column's name, and each further one under a name of its own."""
        return {column: self} | {f"{column} -> {further.attribute}": further for further in self.also}


class IntervalEvent(Strict):
    """Whether an interval ended with an event: one of these dates is filled, or one of these words stands there. Else
    it is censored."""

    attribute: str = Field(description="the status, e.g. PFS_STATUS")
    if_filled: tuple[str, ...] = Field(default=(), description="date columns: filled is an event")
    if_word: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="column: words that are an event"
    )

    @model_validator(mode="after")
    def _says_when(self) -> IntervalEvent:
        if not (self.if_filled or self.if_word):
            raise ValueError("event needs if_filled or if_word: when is it one?")
        return self


class Interval(Strict):
    """Two date columns turned into a number of days at ingestion; neither date is kept. dbt turns the days into
    months for a time, else into the attribute's unit (AGE: years); ``unit`` says which where the attribute has none.

    ``end`` may be several columns: the earliest of the dates that are filled (progression, else last contact).
    """

    attribute: str
    start: str
    end: tuple[str, ...]
    date_format: str = "%d/%m/%Y"
    unit: TimeUnit | None = None
    event: IntervalEvent | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every date column that it reads."""
        return (self.start, *self.end, *(self.event.if_filled if self.event is not None else ()))

    @model_validator(mode="before")
    @classmethod
    def _one_end(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("end"), str):
            return value | {"end": (value["end"],)}
        return value


class SignatureRelease(Strict):
    """Which published set a table of mutational signatures is: ``target`` says whose opportunities (how often
    each trinucleotide occurs) the profiles hold, those of the whole genome or of the exome."""

    reference_id: str = Field(pattern=r"^[A-Za-z0-9_.]+$", description="e.g. COSMIC_v3.4_GRCh37_genome")
    version: str
    target: Literal["genome", "exome"]
    ncbi_build: str


class TableFormat(Strict):
    """How the bytes of a table become rows and columns."""

    type: Literal["delimited", "xlsx"] = "delimited"
    delimiter: str = "\t"
    encoding: str = "utf-8"
    header_row: int = Field(default=1, ge=1, description="1-based row of the header; rows above are skipped")
    comment: str | None = None
    decimal: Literal[".", ","] = "."
    sheet: str | None = None
    quoting: bool = True
    has_header: bool = True
    names: tuple[str, ...] = Field(default=(), description="column names of a table without a header")
    missing: tuple[str, ...] = ("", "NA", "NaN", "N/A", "#N/A", "[Not Available]", "[Not Applicable]")

    @model_validator(mode="after")
    def _sheet_only_in_workbooks(self) -> TableFormat:
        if self.type == "xlsx" and not self.sheet:
            raise ValueError("an xlsx table needs the name of its sheet")
        if not self.has_header and not self.names:
            raise ValueError("a table without a header needs 'names'")
        return self
