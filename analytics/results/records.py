"""Result rows that are no statistics: what was asked, who was counted, what was drawn, what was left out, which run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from analytics.claims.model import VERDICTS
from analytics.results.schema import ResultRow, column, required


@dataclass(frozen=True, kw_only=True)
class SpecRecord(ResultRow):
    """One variant of one analysis."""

    TABLE: ClassVar[str] = "analysis_specs"
    MEANING: ClassVar[str] = (
        "One way (variant) of doing one analysis, as its file declares it, and the run that did it."
    )

    analysis_id: str = required("The question, a file under catalog/analyses")
    variant: str = required("The way of doing it: as_published, default, ...")
    kind: str | None = column("Kind of analysis: survival, comparison, landscape, ...")
    title: str = required("Title")
    question: str = required("The question in words")
    description: str | None = column("What the variant does")
    paper_id: str | None = column("Paper whose result is repeated, if any")
    biomarker: str | None = column(
        "What is asked about, in the language of docs/biomarkers.md; a gene is the shortest"
    )
    genes: tuple[str, ...] = column("Genes whose calls it looks at", default=())
    endpoints: tuple[str, ...] = column("Endpoints", default=())
    endpoint_parts: tuple[str, ...] = column(
        "What an endpoint of its own is the first event of: 'EFS: PFS', 'EFS: OS'", default=()
    )
    time_rules: tuple[str, ...] = column("What the variant changes about time zero, late entry and follow-up")
    cohorts: tuple[str, ...] = column("Cohorts", default=())
    filters: tuple[str, ...] = column("Which rows are asked for, 'column: value' each", default=())
    covariates: tuple[str, ...] = column("Adjusted for", default=())
    strata: tuple[str, ...] = column("Stratified by", default=())
    estimators: tuple[str, ...] = column("Estimators", default=())
    is_prespecified: bool | None = column("Written down before the data were looked at")
    registered_on: date | None = column("Date on which the spec was written down")  # noqa: RUF009  a date is no mutable default
    spec_sha256: str | None = column("Checksum of the spec file")
    run_id: str | None = column("Run that computed it, see stats.runs")

    @property
    def first_endpoint(self) -> str:
        """The endpoint that is asked first; empty where there is none."""
        return self.endpoints[0] if self.endpoints else ""


@dataclass(frozen=True, kw_only=True)
class FlowRecord(ResultRow):
    """One step of a selection."""

    TABLE: ClassVar[str] = "analysis_flow"
    MEANING: ClassVar[str] = (
        "One step from all patients of the cohorts to those who are counted, with the reason."
    )

    analysis_id: str = required("See analysis_specs")
    variant: str = required("See analysis_specs")
    endpoint: str | None = column("Endpoint")
    step_number: int = required("Order of the step, from 0")
    step: str = required("What is asked of a row")
    n: int = required("Rows kept after the step")
    n_left_out: int = required("Rows that the step left out")
    reason: str | None = column("Why they were left out")


@dataclass(frozen=True, kw_only=True)
class MemberRecord(ResultRow):
    """One patient of an analysis. There are millions: they are made as a frame."""

    TABLE: ClassVar[str] = "analysis_members"
    MEANING: ClassVar[str] = (
        "One patient of an analysis, counted or not, with status; stats.stat_members says behind which statistics."
    )

    member_id: int = required(
        "Number of the row; one of the whole file, the same in every run of the same rows"
    )
    analysis_id: str = required("See analysis_specs")
    variant: str = required("See analysis_specs")
    endpoint: str = required("Endpoint")
    cohort_id: str = required("Cohort")
    patient_id: str = required("Patient as the source names him or her")
    person_id: str | None = column("Person across cohorts")
    sample_id: str | None = column("Sample whose gene status counts")
    status: str | None = column(
        "Group of the biomarker (mutated, wild_type, ...), not_profiled or undetermined, as the variant counts it; "
        "null where no biomarker is asked"
    )
    status_reason: str | None = column(
        "Why a person is not_profiled or undetermined, or was called otherwise as published; else null"
    )
    is_member: bool = required("Counted in the estimates over all members")
    left_at: str | None = column("Step that left the row out, if any")
    time_months: float | None = column("Follow-up in months of 30.4375 days")
    is_event: bool | None = column("Event at the end of follow-up")
    source_file_id: str | None = column("File of the time, see marts.source_files")
    source_row: int | None = column("Row in that file")


@dataclass(frozen=True, kw_only=True)
class StatSetRecord(ResultRow):
    """Which set of people a statistic was computed on."""

    TABLE: ClassVar[str] = "stat_sets"
    MEANING: ClassVar[str] = (
        "A statistic with the set of people it was computed on; statistics of the same people share a set."
    )

    stat_id: str = required("See stats.every_stat; a statistic of nobody has no row")
    set_id: int = required("See set_members")


@dataclass(frozen=True, kw_only=True)
class SetMemberRecord(ResultRow):
    """One member of a set of people. There are millions: they are made as a frame."""

    TABLE: ClassVar[str] = "set_members"
    MEANING: ClassVar[str] = "One person of a set of people, by number; stats.stat_members has them by name."

    set_id: int = required("See stat_sets")
    member_id: int = required("See analysis_members")


@dataclass(frozen=True, kw_only=True)
class MemberRowRecord(ResultRow):
    """One row of a source behind one member. There are millions: the warehouse makes them where the marts are."""

    TABLE: ClassVar[str] = "member_rows"
    MEANING: ClassVar[str] = (
        "One row of a source behind one person of an analysis, whichever statistic is asked for; stats.lineage has "
        "them by statistic."
    )

    member_id: int = required("See analysis_members")
    role: str = required("What the row is to the statistic: patient, time, event, mutation, ...")
    mart: str = required("Table of the marts that the row is in")
    source_file_id: str | None = column("File, see marts.source_files")
    source_row: int | None = column("Row in that file")


@dataclass(frozen=True, kw_only=True)
class StatisticRowRecord(ResultRow):
    """One row of a source behind one member for one statistic. The warehouse makes them where the marts are."""

    TABLE: ClassVar[str] = "statistic_rows"
    MEANING: ClassVar[str] = (
        "One row of a source behind one person for what one statistic is about, its feature or pair; rows whichever "
        "statistic is asked for are in member_rows, stats.lineage has both."
    )

    stat_id: str = required("See stats.every_stat")
    member_id: int = required("See analysis_members")
    role: str = required(
        "What the row is to the statistic: feature, expression, burden, resistance event, ..."
    )
    mart: str = required("Table of marts or stats that the row is in")
    source_file_id: str | None = column("File, see marts.source_files")
    source_row: int | None = column("Row in that file")


@dataclass(frozen=True, kw_only=True)
class FigureRecord(ResultRow):
    """A figure on disk."""

    TABLE: ClassVar[str] = "figures"
    MEANING: ClassVar[str] = "A figure on disk, with its title and with words for those who cannot see it."

    analysis_id: str = required("See analysis_specs, or scan_<scan_id>")
    figure: str = required("File stem under figures/<analysis_id>: .svg, .png, and .csv with its source data")
    title: str = required("What it shows")
    alt: str = required("What a reader would take from it, for those who cannot see it")


@dataclass(frozen=True, kw_only=True)
class LeftOutRecord(ResultRow):
    """A cohort that is in no table of a version."""

    TABLE: ClassVar[str] = "left_out_cohorts"
    MEANING: ClassVar[str] = "A cohort of the catalogue that could not be read or failed its checks, and why."

    cohort_id: str = required("A cohort of the catalogue that is in no table of this version")
    sentence: str = required("Why: what is wrong, where, and the remedy")
    run_id: str | None = column("Run that left it out, see stats.runs")


@dataclass(frozen=True, kw_only=True)
class RunRecord(ResultRow):
    """A run."""

    TABLE: ClassVar[str] = "runs"
    MEANING: ClassVar[str] = "A run: what became of it, commit, versions, where the sources were read from."

    run_id: str = required("Run")
    started_at: datetime | None = column("UTC")  # noqa: RUF009  datetime is no mutable default
    outcome: str | None = column(
        "published; refused (by the gate); unfinished (it failed, was stopped, or made only a part)",
        words=("published", "refused", "unfinished"),
    )
    published_version: str | None = column("The version that it published")
    commit_sha: str | None = column("Commit of the code, if it is a checkout")
    has_uncommitted_changes: bool | None = column("The code differed from that commit")
    version: str | None = column("Version of icb-warehouse")
    python: str | None = column("Python version")
    packages: tuple[str, ...] = column("Packages that compute, each with its version")
    catalog: str | None = column("public or demo", words=("public", "demo"))
    read_from: str | None = column("https, or the mirror's folder")


@dataclass(frozen=True, kw_only=True)
class ClaimRecord(ResultRow):
    """A printed number beside the warehouse's own."""

    TABLE: ClassVar[str] = "claim_checks"
    MEANING: ClassVar[str] = "A printed number against the warehouse's own, with the verdict of this run."

    claim_id: str = required("See marts.published_claims")
    paper_id: str = required("Paper")
    row_id: str | None = column("Row of the paper's table of claims, e.g. A6")
    verdict: str = required("exact, within rounding, different, ...: earned by this run", words=VERDICTS)
    sentence: str | None = column("Why, in words")
    printed: str | None = column("As printed")
    computed_estimate: float | None = column("What the warehouse computes, in the claim's unit")
    computed_ci_low: float | None = column("95 % interval, low end")
    computed_ci_high: float | None = column("95 % interval, high end")
    computed_p: float | None = column("Two-sided p")
    computed_n: int | None = column("Rows analysed")
    computed_n_in_group: int | None = column("of these in the group that the estimate is about")
    estimator: str | None = column("Estimator of the computed value")
    stat_id: str | None = column("Statistic that it was checked with")
    p_stat_id: str | None = column("Statistic that the p was checked with")
    default_stat_id: str | None = column("The honest default beside it")
    default_estimate: float | None = column("Its estimate, in the claim's unit")
    largest_difference_in_last_digits: float | None = column(
        "Largest difference in units of the last printed digit"
    )
    missing_sources: tuple[str, ...] = column("What is not at hand, if anything", default=())
    rule_ids: tuple[str, ...] = column(
        "Rules that found a contradiction among the printed numbers", default=()
    )
    rule_findings: tuple[str, ...] = column("What they found, a sentence each")
