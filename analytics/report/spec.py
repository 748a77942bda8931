"""What a report holds: the typed form of one file under ``catalog/reports``. Reading YAML does not belong here."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lead(_Strict):
    """One line of the answer: an analysis, or named estimates of it with the words that introduce their numbers."""

    analysis: str
    estimates: dict[str, str] = Field(
        default_factory=dict, description="estimate key -> what it is, in plain words"
    )


class SectionSpec(_Strict):
    """One chapter: analyses and scans in the order in which they are read."""

    title: str
    text: str = ""
    analyses: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    figures: tuple[str, ...] = Field(
        default=("*",), description="patterns of figure stems that are shown, in this order"
    )
    tables: tuple[str, ...] = Field(
        default=(), description="result tables that are shown; without it all that have rows"
    )

    @model_validator(mode="after")
    def _has_content(self) -> SectionSpec:
        if not self.analyses and not self.scans:
            raise ValueError("a section names at least one analysis or scan")
        return self


class ClaimsSpec(_Strict):
    """Whose printed numbers are checked: a paper, or some rows of it."""

    paper_id: str
    rows: tuple[str, ...] = Field(
        default=(), description="rows of the paper's table, e.g. A6; all without it"
    )


class ReportSpec(_Strict):
    """One report. ``lead`` : what the answer at the top is read from."""

    report_id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    question: str
    intro: str = ""
    gene: str | None = None
    lead: tuple[Lead, ...]
    sections: tuple[SectionSpec, ...]
    claims: tuple[ClaimsSpec, ...] = ()

    @field_validator("lead", mode="before")
    @classmethod
    def _names_are_leads(cls, value: Any) -> Any:
        if isinstance(value, list):
            return [{"analysis": item} if isinstance(item, str) else item for item in value]
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> ReportSpec:
        if not self.sections:
            raise ValueError("a report needs at least one section")
        shown = self.analyses()
        repeated = sorted({name for name in shown if shown.count(name) > 1})
        if repeated:
            raise ValueError(f"sections name '{repeated[0]}' twice")
        unshown = [lead.analysis for lead in self.lead if lead.analysis not in shown]
        if unshown:
            raise ValueError(f"lead names '{unshown[0]}', which is in no section")
        if any(section.scans for section in self.sections) and self.gene is None:
            raise ValueError("a section that names a scan needs the report's 'gene'")
        return self

    def analyses(self) -> list[str]:
        """Every analysis, in the order of the sections."""
        return [name for section in self.sections for name in section.analyses]

    def scans(self) -> list[str]:
        """Every scan, in the order of the sections."""
        return list(dict.fromkeys(name for section in self.sections for name in section.scans))
