"""The tools of a chat: thin, over the same answers as terminal and browser."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, ParamSpec, TypeVar

import duckdb
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from analytics.errors import AnalysisError
from analytics.questions.asked import AskedQuestion, asked, read_question
from ingestion.errors import IngestionError
from interfaces.mcp import schema
from interfaces.mcp.sent import Sender
from warehouse.browsing import cohorts as cohort_tables
from warehouse.browsing.genes import gene_frequency
from warehouse.browsing.listing import Listing
from warehouse.browsing.records import claims_with_numbers, statistic
from warehouse.browsing.scans import leading_genes, scans
from warehouse.browsing.search import search
from warehouse.browsing.tables import table_columns, tables
from warehouse.published_file import published
from warehouse.questions.asked_pages import AskedPage, AskedPages
from warehouse.questions.names import known_gene
from warehouse.questions.scans.answer import published_scan
from warehouse.settings import Settings
from warehouse.sql_apart import ask_apart

P = ParamSpec("P")
T = TypeVar("T")

INSTRUCTIONS = """A warehouse of public immune-checkpoint-blockade cohorts. Ask `ask_biomarker` whether a biomarker
predicts benefit. Repeat `headline`, `verdict` and `against` as they are, in this order, and every guard that speaks
against it; never give an estimate without its interval, estimator, people, events and adjustment. A gene is mutated,
wild-type, not profiled or undetermined: the last two are no wild-type. An interval that holds 1 is no evidence of no
difference. Nothing here is advice for a patient."""
RULES = """Words on burden: beyond burden; nominally beyond burden (a single question is a family of one); ... masked by
burden; compatible with burden alone; burden not excluded; no association shown (with what could have been shown); too
few to say. Words on prediction: predictive (a randomised interaction excludes 1); consistent with predictive;
conflicting; prognostic; undetermined. Associated under checkpoint blockade only is not a finding. One person is counted
once; unlike clocks are never pooled; every question is counted, and the answer says which of how many it is."""

_BIOMARKERS = (
    "STK11, STK11:truncating & KRAS:G12C, any(ARID1A, PBRM1), TMB >= 10, TMB per doubling; "
    "or the whole text of a question"
)
Biomarker = Annotated[str, Field(description=_BIOMARKERS)]
Endpoint = Annotated[
    str | None, Field(description="OS (without), PFS, DSS, DFI, PFI; responses: orr, dcr, durable_benefit")
]
Cohorts = Annotated[list[str] | None, Field(description="cohort identifiers; without, every ICB cohort")]
Where = Annotated[
    dict[str, list[str]] | None, Field(description='column -> values, e.g. {"cancer_type": ["Melanoma"]}')
]
Adjust = Annotated[list[str] | None, Field(description="covariates: sex, age_group, TP53_mutated, ...")]

_answers = AskedPages()


def _in_one_sentence(tool: Callable[P, T]) -> Callable[P, T]:
    """A foreseen fault is said to the model in one sentence with the remedy."""

    @functools.wraps(tool)
    def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return tool(*args, **kwargs)
        except (IngestionError, AnalysisError) as exc:
            raise ToolError(str(exc)) from exc

    return answered


@contextmanager
def _open() -> Iterator[tuple[duckdb.DuckDBPyConnection, Sender]]:
    with published() as con:
        yield con, Sender.of(con)


def _question(
    biomarker: str,
    endpoint: str | None,
    cohorts: list[str] | None,
    where: dict[str, list[str]] | None,
    adjust: list[str] | None,
    landmark_months: float | None = None,
) -> AskedQuestion:
    text = read_question(biomarker)
    return asked(
        text.biomarker,
        endpoint=endpoint or text.endpoint,
        cohorts=cohorts if cohorts is not None else text.cohorts,
        where=where if where is not None else text.kept,
        adjust=adjust if adjust is not None else text.adjust,
        landmark=landmark_months if landmark_months is not None else text.landmark_months,
        cut=text.cut,
    )


def _asked(con: duckdb.DuckDBPyConnection, question: AskedQuestion) -> AskedPage:
    return _answers.ask(con, Settings.from_environment(), question)


def find(words: str) -> schema.Table:
    """Genes, aliases, gene sets, cohorts, cancer types, claims and scans whose name has these words in it."""
    with _open() as (con, sender):
        return sender.table(search(con, words))


def list_cohorts(cancer_type: str | None = None) -> schema.Table:
    """The cohorts, or those with patients of a cancer type."""
    with _open() as (con, sender):
        return sender.table(cohort_tables.cohorts(con, cancer_type))


def describe_cohort(cohort: str) -> schema.Tables:
    """A cohort: receipt of what its files became, clocks, persons shared with others, rows refused, files."""
    with _open() as (con, sender):
        return sender.tables(cohort, cohort_tables.cohort_listings(con, cohort))


def ask_biomarker(
    biomarker: Biomarker,
    endpoint: Endpoint = None,
    cohorts: Cohorts = None,
    where: Where = None,
    adjust: Adjust = None,
    landmark_months: float | None = None,
) -> schema.Answer:
    """Does a biomarker predict benefit from checkpoint blockade? Headline, verdict, reason against, a row a cohort,
    the pool, guards. The question is counted: the answer says which of how many it is."""
    question = _question(biomarker, endpoint, cohorts, where, adjust, landmark_months)
    with _open() as (con, sender):
        return sender.answer(_asked(con, question))


def survival_curve(
    biomarker: Biomarker,
    endpoint: Endpoint = None,
    cohorts: Cohorts = None,
    where: Where = None,
    landmark_months: float | None = None,
) -> schema.Curves:
    """Kaplan-Meier curves of both groups with numbers at risk, and the answer that they belong to."""
    question = _question(biomarker, endpoint, cohorts, where, None, landmark_months)
    with _open() as (con, sender):
        return sender.curves(_asked(con, question))


def mutation_frequency(gene: str) -> schema.Table:
    """Patients of each cohort by the status of a gene: mutated, wild-type, undetermined, not profiled."""
    with _open() as (con, sender):
        found = gene_frequency(con, known_gene(con, gene))
        return sender.table(found, "share_mutated is of mutated and wild-type: the other two are neither.")


def list_scans() -> schema.Table:
    """The scans: which of all genes predict benefit."""
    with _open() as (con, sender):
        return sender.table(scans(con))


def scan_results(
    scan: str, gene: str | None = None, top: Annotated[int, Field(ge=1, le=200)] = 20
) -> schema.Scan:
    """The leading genes of a scan, or one, each with the word on burden and its rate among all that were tested."""
    with _open() as (con, sender):
        found = published_scan(con, scan)
        spec = scans(con)
        own = Listing(spec.name, spec.title, spec.columns, tuple(r for r in spec.rows if r[0] == scan))
        return sender.scan(found, own, leading_genes(found, scan, gene=gene, top=top))


def check_claims(
    paper: str | None = None, verdict: str | None = None, claim: str | None = None
) -> list[schema.Claim]:
    """Printed numbers of the papers with the verdict that the last run earned; at most a hundred."""
    with _open() as (con, sender):
        return sender.claims(claims_with_numbers(con, paper=paper, verdict=verdict, claim=claim))


def lineage(stat_id: str, page: Annotated[int, Field(ge=1)] = 1) -> schema.Tables:
    """A registered statistic walked back to people, files, rows, checksums and the run."""
    with _open() as (con, sender):
        return sender.tables(stat_id, statistic(con, stat_id, page))


def describe_tables(table: str | None = None) -> schema.Table:
    """The public tables; or the columns of one with their meaning, for writing SQL."""
    with _open() as (con, sender):
        if table is None:
            return sender.table(tables(con))
        return sender.table(table_columns(con, table))


def run_sql(query: str, limit: Annotated[int, Field(ge=1, le=1000)] = 100) -> schema.Table:
    """One SELECT on the published file, read-only, 20 seconds. Says when rows are cut off. A number that you compute so
    has no guards: for an effect ask `ask_biomarker`."""
    answer = ask_apart(query, most_rows=limit)
    with _open() as (_, sender):
        return sender.table(answer.listing, answer.said)


TOOLS = (
    find, list_cohorts, describe_cohort, ask_biomarker, survival_curve, mutation_frequency, list_scans, scan_results,
    check_claims, lineage, describe_tables, run_sql,
)  # fmt: skip


def chat_server() -> MCPServer:
    """The server with its tools, the rules as a resource, and two prompts."""
    server = MCPServer("icb-warehouse", instructions=INSTRUCTIONS, log_level="ERROR")
    for tool in TOOLS:
        server.add_tool(_in_one_sentence(tool), name=tool.__name__)
    server.resource("icb://rules", name="rules", mime_type="text/plain")(_rules)
    server.prompt(name="dossier")(_dossier)
    server.prompt(name="check_paper")(_check_paper)
    logging.getLogger("mcp").setLevel(logging.ERROR)
    return server


def _rules() -> str:
    """What the words of verdicts mean, and what is never said."""
    return RULES


def _dossier(gene: str) -> str:
    """Everything about a gene, the answer first."""
    return (
        f"Write what is known of {gene} under checkpoint blockade: ask_biomarker for OS, PFS and orr, survival_curve, "
        f"mutation_frequency, its row in every scan (list_scans, scan_results), check_claims. {INSTRUCTIONS}"
    )


def _check_paper(text: str) -> str:
    """Hold the numbers of a paper against the warehouse."""
    return (
        "For each number in the text below about a biomarker under checkpoint blockade: find the cohort, ask the same "
        "question (ask_biomarker, survival_curve), and say what the paper has, what is computed here with all its "
        f"guards, and whether they agree. Say what cannot be asked. {INSTRUCTIONS}\n\n{text}"
    )
