"""``icb gene``: the answer about one gene, in the terminal or as a dossier."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from interfaces.cli.tables_out import Format, FormatOption, OutputOption, print_json, show
from warehouse.published_file import published
from warehouse.settings import Settings


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
    from warehouse.questions.gene_answer import gene_report, write_gene_down

    covariates = [name.strip() for name in adjust.split(",") if name.strip()]
    asked: dict[str, Any] = {
        "cohorts": cohort or [],
        "cancer_type": cancer_type,
        "endpoint": endpoint.upper(),
        "adjust": covariates,
    }
    settings = Settings.from_environment()
    with published() as con:
        answer = gene_report(con, symbol, **asked)
        write_gene_down(con, answer, settings, cohort or [], cancer_type, covariates)
        if report:
            # Every kind of analysis and matplotlib: 2 s that the answer alone need not wait for.
            from warehouse.reports.gene_dossier import write_dossier

            print(write_dossier(con, settings, symbol, output, **asked))
            return
    _print(answer, style)


def _print(report: dict[str, Any], style: Format) -> None:
    """The report for a terminal, a spreadsheet (the estimates) or a program (all of it)."""
    from warehouse.questions.gene_answer import warnings_by_cohort

    if style is Format.json:
        print_json(report)
        return
    columns = ["cohort_id", "estimator", "n", "n_mutated", "events", "events_mutated", "median_mutated",
               "median_wild_type", "hr", "ci_low", "ci_high", "p"]  # fmt: skip
    if style is Format.table:
        print(f"{report['gene']}, {report['endpoint']}. {report['definition']}.\n")
        show(report["flow"], ["step", "n", "reason"], style, title="Who is counted")
    show(report["estimates"], columns, style, title="Mutated against wild-type")
    if style is Format.table:
        for line in warnings_by_cohort(report["estimates"]):
            print(f"! {line}")
        print("\nWhether to believe it")
        for found in report["guards"]:
            print(f"{'!' if found['is_warning'] else ' '} {found['guard']}: {found['sentence']}")
