"""``icb gene``: the answer about one gene, in the terminal or as a dossier."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.tables_out import Format, FormatOption, OutputOption, print_json, show
from warehouse.published_file import published
from warehouse.settings import Settings

if TYPE_CHECKING:  # estimators take a second to load: only an answer waits for them
    from analytics.results.statistic import SurvivalStatistic
    from warehouse.questions.gene_answer import GeneAnswer


def gene(
    symbol: Annotated[str, typer.Argument(help="HGNC symbol, or an alias that the warehouse knows.")],
    cohort: Annotated[
        list[str] | None, typer.Option("--cohort", help="One cohort; may be given again.")
    ] = None,
    cancer_type: Annotated[
        str | None, typer.Option("--cancer-type", help="cBioPortal's word, e.g. Melanoma.")
    ] = None,
    endpoint: Annotated[str, typer.Option("--endpoint", help="OS, PFS, DSS, DFI or PFI.")] = "OS",
    adjust: Annotated[
        str, typer.Option("--adjust", help="Covariates, comma-separated, e.g. sex,drug_class,TP53_mutated.")
    ] = "",
    report: Annotated[bool, typer.Option("--report", help="Write a dossier as one HTML file.")] = False,
    output: OutputOption = None,
    style: FormatOption = Format.table,
) -> None:
    """Is a mutation in a gene associated with outcome? Per cohort and pooled, with the patient flow and what speaks
    against believing it.

    Example: icb gene ALK --cohort tmb_mskcc_2018 --cancer-type Melanoma --adjust sex,drug_class
    """
    from warehouse.questions.gene_answer import answer_gene, write_gene_down

    covariates = [name.strip() for name in adjust.split(",") if name.strip()]
    asked: dict[str, Any] = {
        "cohorts": cohort or [],
        "cancer_type": cancer_type,
        "endpoint": endpoint.upper(),
        "adjust": covariates,
    }
    settings = Settings.from_environment()
    with published() as con:
        answer = answer_gene(con, symbol, **asked)
        write_gene_down(con, answer, settings, cohort or [], cancer_type, covariates)
        if report:
            # Every kind of analysis and matplotlib: 2 s that the answer alone need not wait for.
            from warehouse.reports.gene_dossier import write_dossier

            print(write_dossier(con, settings, symbol, output, **asked))
            return
    _print(answer, style)


#: Columns of the estimates, in the terminal and in a spreadsheet.
_COLUMNS = (
    "cohort_id", "estimator", "adjusted_for", "strata", "n", "n_in_group", "events", "events_in_group",
    "median_in_group_months", "median_in_reference_months", "hr", "ci_low", "ci_high", "p",
)  # fmt: skip
_IN_TERMINAL = tuple(column for column in _COLUMNS if column not in ("adjusted_for", "strata"))


def _print(answer: GeneAnswer, style: Format) -> None:
    """The answer for a terminal, a spreadsheet (the estimates) or a program (all of it)."""
    from warehouse.questions.gene_answer import DEFINITION, warnings_by_cohort

    estimates = [_cells(row) for row in answer.estimates]
    if style is Format.json:
        print_json(
            {
                "gene": answer.gene,
                "definition": DEFINITION,
                "endpoint": answer.endpoint,
                "flow": [asdict(step) for step in answer.flow],
                "estimates": [
                    cells | {"warnings": row.warnings}
                    for cells, row in zip(estimates, answer.estimates, strict=True)
                ],
                "guards": [asdict(finding) for finding in answer.guards],
            }
        )
        return
    if style is Format.table:
        print(f"{answer.gene}, {answer.endpoint}. {DEFINITION}.\n")
        show([asdict(step) for step in answer.flow], ["step", "n", "reason"], style, title="Who is counted")
    show(estimates, _IN_TERMINAL, style, title="Mutated against wild-type")
    if style is Format.table:
        for line in warnings_by_cohort(answer.estimates):
            print(f"! {line}")
        print("\nWhether to believe it")
        for found in answer.guards:
            print(f"{'!' if found.is_warning else ' '} {found.guard}: {found.sentence}")


def _cells(row: SurvivalStatistic) -> dict[str, Any]:
    counts, model = row.counts, row.model
    values = (
        row.cohort_id or "pooled", row.key.split(".", 1)[1], model.adjusted_for, model.strata, counts.n,
        counts.n_in_group, counts.events, counts.events_in_group, row.median_in_group_months,
        row.median_in_reference_months, row.estimate, row.ci_low, row.ci_high, row.p,
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))
