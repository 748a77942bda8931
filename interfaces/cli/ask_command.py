"""``icb ask`` and ``icb gene``: a question, its answer, and what can be made of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.failures import CommandError
from interfaces.cli.tables_out import Format, FormatOption, OutputOption, print_json, show
from warehouse.published_file import published
from warehouse.settings import Settings

if TYPE_CHECKING:  # estimators take a second to load: only an answer waits for them
    from analytics.questions.asked import AskedQuestion
    from warehouse.questions.answer import Answer

CohortOption = Annotated[
    list[str] | None, typer.Option("--cohort", help="One cohort, or several with commas; may be given again.")
]
EndpointOption = Annotated[
    str | None,
    typer.Option("--endpoint", help="OS, PFS, DSS, DFI, PFI; orr, dcr, durable_benefit. OS without."),
]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", help="Whom to ask, e.g. cancer_type=Melanoma|Bladder Cancer,line=1."),
]
AdjustOption = Annotated[
    str | None, typer.Option("--adjust", help="Covariates, with commas, e.g. sex,drug_class,TP53_mutated.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Every estimator, by cohort, too.")]
ReportOption = Annotated[bool, typer.Option("--report", help="Write a report as one HTML file.")]


def ask(
    question: Annotated[
        str, typer.Argument(help="A biomarker (docs/biomarkers.md), or the whole text of a question.")
    ],
    where: WhereOption = None,
    endpoint: EndpointOption = None,
    cohort: CohortOption = None,
    adjust: AdjustOption = None,
    landmark: Annotated[
        float | None,
        typer.Option("--landmark", help="Count from so many months on, only who is followed that long."),
    ] = None,
    interaction: Annotated[
        str | None,
        typer.Option("--interaction", help="Another biomarker: joint groups and their interaction."),
    ] = None,
    cut: Annotated[
        str | None,
        typer.Option("--cut", help="searched: cut a number where it separates most, with a p that pays."),
    ] = None,
    everything: AllOption = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="Folder for people, curves and table as CSV, and an R script."),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option("--save", help="Write the question as an analysis of the catalogue, by this name."),
    ] = None,
    report: ReportOption = False,
    output: OutputOption = None,
    style: FormatOption = Format.table,
) -> None:
    """Does a biomarker predict benefit? The answer first: effect, verdict, the strongest reason against; then every
    cohort and the pool, what speaks against believing it, and what would settle it.

    The answer ends with the question in one text, which this command takes again, with quotes.

    Examples: icb ask "STK11:truncating & KRAS:G12C" --endpoint PFS;
    icb ask "TMB per doubling" --where "cancer_type=Melanoma" --adjust sex;
    icb ask STK11 --interaction KRAS:G12C
    """
    clauses = [
        f"{name} {value}"
        for name, value in (
            ("endpoint", endpoint), ("cohort", ",".join(cohort) if cohort else None), ("where", where),
            ("adjust", adjust), ("landmark", landmark), ("cut", cut),
        ) if value is not None
    ]  # fmt: skip
    _answer("; ".join([question, *clauses]), interaction, everything, export, save, report, output, style)


def gene(
    symbol: Annotated[str, typer.Argument(help="HGNC symbol, or an alias that the warehouse knows.")],
    cohort: CohortOption = None,
    cancer_type: Annotated[
        str | None, typer.Option("--cancer-type", help="cBioPortal's word, e.g. Melanoma.")
    ] = None,
    endpoint: EndpointOption = None,
    adjust: AdjustOption = None,
    everything: AllOption = False,
    report: ReportOption = False,
    output: OutputOption = None,
    style: FormatOption = Format.table,
) -> None:
    """Is a mutation in a gene associated with outcome? Short for 'icb ask'.

    Example: icb gene ALK --cohort tmb_mskcc_2018 --cancer-type Melanoma --adjust sex,drug_class
    """
    from analytics.biomarkers.language.model import Mutation
    from analytics.biomarkers.language.parse import parse

    asked = parse(symbol)
    if not isinstance(asked, Mutation) or asked.what != "any":
        raise CommandError(
            f"'{symbol}' is more than a gene", where="icb gene", remedy=f'ask: icb ask "{symbol}"'
        )
    quoted = None if cancer_type is None else 'cancer_type="' + cancer_type.replace('"', '\\"') + '"'
    ask(
        symbol, where=quoted, endpoint=endpoint, cohort=cohort, adjust=adjust, everything=everything,
        report=report, output=output, style=style,
    )  # fmt: skip


@contextmanager
def _without_collection() -> Iterator[None]:
    """What is loaded and computed stays until the answer is printed: to look for rubbish in it costs 0.3 s of 3.7."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_without_collection()
def _answer(
    text: str,
    interaction: str | None,
    everything: bool,
    export: Path | None,
    save: str | None,
    report: bool,
    output: Path | None,
    style: Format,
) -> None:
    from analytics.questions.asked import read_question

    made = [
        name for name, is_asked in (("--save", save), ("--export", export), ("--report", report)) if is_asked
    ]
    if len(made) > 1:
        raise CommandError(
            f"{' and '.join(made)} are two things to make", where="icb ask", remedy="ask for one at a time"
        )
    if output is not None and not report:
        raise CommandError(
            "it names the file of a report", where="--output", remedy="add --report, or --export a folder"
        )
    question = read_question(text, interaction)
    settings = Settings.from_environment()
    if save is not None:
        _save(question, save, settings)
        return
    from warehouse.questions.names import known_names

    with published() as con:
        # Before the statistics are loaded, which takes seconds: a misspelt name need not wait for them.
        known_names(con, question)
        from warehouse.questions.answering import answer_checked, checked_question
        from warehouse.questions.registry import write_question_down

        checked = checked_question(con, question, everything=everything)
        answer = answer_checked(con, checked, everything=everything)
        answer = replace(answer, family=write_question_down(settings, answer))
        if report:
            # Every kind of analysis and matplotlib: 2 s that the answer alone need not wait for.
            from warehouse.reports.dossier import write_dossier

            print(write_dossier(con, settings, answer.question, output))
            return
        if export is not None:
            from warehouse.questions.export import export_answer

            for path in export_answer(con, answer, checked, export):
                print(path)
            return
        _print(answer, everything, style)  # within, for sentences count nobody out there


def _print(answer: Answer, everything: bool, style: Format) -> None:
    if style is Format.table:
        from interfaces.cli.ask_layout import print_answer

        print_answer(answer, everything=everything)
        return
    from warehouse.questions.record import CSV_COLUMNS, answer_record, answer_rows

    if style is Format.json:
        print_json(answer_record(answer))
    else:
        show(list(answer_rows(answer)), CSV_COLUMNS, style)


def _save(question: AskedQuestion, name: str, settings: Settings) -> None:
    from warehouse.questions.saved import save_question

    with published() as con:
        path = save_question(con, question, name, settings)
    print(f"Wrote {path}: the next 'icb run' computes it as a registered analysis.")
