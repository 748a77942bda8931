"""``icb scan``: a published scan, a scan asked of the published file, or the registry of every hypothesis."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.failures import CommandError
from interfaces.cli.tables_out import Format, FormatOption, least_shown, say, show
from warehouse.published_file import published
from warehouse.settings import Settings

if TYPE_CHECKING:
    from analytics.scan.survival_scan import ScanResult
    from warehouse.questions.scans.asked import AskedScan, ScanAnswer

# What a scan of your own is asked with.
CohortsOption = Annotated[
    list[str] | None,
    typer.Option("--cohort", help="Ask of this cohort, without a spec; may be given again."),
]
CancerTypesOption = Annotated[
    list[str] | None, typer.Option("--cancer-type", help="Of these only; may be given again.")
]
EndpointOption = Annotated[
    str,
    typer.Option("--endpoint", help="OS, PFS, DSS, DFI, PFI, or a response: orr, dcr, durable_benefit."),
]
DefinitionOption = Annotated[
    str, typer.Option("--definition", help="nonsynonymous, truncating, hotspot or driver.")
]
HotspotOption = Annotated[
    int, typer.Option("--hotspot-people", min=2, help="People from which a residue is recurrent.")
]
GeneSetOption = Annotated[
    str | None, typer.Option("--gene-set", help="Scan the genes of this set of marts.gene_sets only.")
]
StrataOption = Annotated[
    str | None, typer.Option("--strata", help="Strata, comma-separated; cohort and cancer type without.")
]
ControlOption = Annotated[
    list[str] | None,
    typer.Option("--control", help="Cohort with people without checkpoint blockade; may be given again."),
]


def scan(
    scan_id: Annotated[
        str | None, typer.Argument(help="A scan of the catalogue; see stats.scan_specs.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many genes, best p first.")] = 20,
    gene: Annotated[str | None, typer.Option("--gene", help="One gene only.")] = None,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", help="Folder for volcano, QQ, ranked, forest and burden plots."),
    ] = None,
    registry: Annotated[
        bool, typer.Option("--registry", help="Every hypothesis that was run, registered or asked.")
    ] = False,
    cohort: CohortsOption = None,
    cancer_type: CancerTypesOption = None,
    endpoint: EndpointOption = "OS",
    definition: DefinitionOption = "nonsynonymous",
    hotspot_people: HotspotOption = 10,
    genes: Annotated[str, typer.Option("--genes", help="Scan these only, comma-separated.")] = "",
    gene_set: GeneSetOption = None,
    adjust: Annotated[str, typer.Option("--adjust", help="Covariates, comma-separated.")] = "",
    strata: StrataOption = None,
    control: ControlOption = None,
    draws: Annotated[int, typer.Option("--draws", min=0, help="Draws of the burden null.")] = 5000,
    style: FormatOption = Format.table,
) -> None:
    """Of all genes, which predict benefit, and which only look as if they did?

    With the name of a scan: its published answer. With --cohort: a scan of your own of the published file, which is
    exploratory and written down in the registry.

    Example: icb scan msk_pan_cancer_os --top 30 --figures out

    Example: icb scan --cohort tmb_mskcc_2018 --cancer-type Melanoma --definition truncating --adjust sex,age_group
    """
    if registry:
        _print_registry(style)
        return
    if not cohort:
        _published(scan_id, top, gene, figures, style)
        return
    if scan_id is not None:
        raise CommandError(
            "a scan of the catalogue has its own cohorts",
            where="--cohort",
            remedy="leave out its name, or --cohort",
        )
    from warehouse.questions.scans.asked import AskedScan

    asked = AskedScan(
        cohorts=tuple(dict.fromkeys(cohort)),
        cancer_types=tuple(cancer_type or ()),
        endpoint=endpoint,
        definition=definition,
        hotspot_people=hotspot_people,
        genes=_listed(genes),
        gene_set=gene_set,
        adjust=_listed(adjust),
        strata=_listed(strata) if strata is not None else None,
        control=tuple(control or ()),
        draws=draws,
    )
    _ask(asked, top, gene, figures, style)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))


def _published(scan_id: str | None, top: int, gene: str | None, figures: Path | None, style: Format) -> None:
    from warehouse.questions.scans.answer import (
        in_short,
        leading_rows,
        published_scan,
        shown_columns,
        warning_lines,
    )

    with published() as con:  # what is written within it counts nobody out
        found = published_scan(con, scan_id)
        rows = leading_rows(found.result, top=top, gene=gene, where=scan_id or "")
        for_people = style is Format.table
        columns = shown_columns(found.result, for_people=for_people)
        shown = in_short(rows, columns) if for_people else (rows, columns)
        show(*shown, style, title=found.title)
        if for_people:
            say("\n".join([*warning_lines(rows), *(f"! {note}" for note in found.notes)]))
        if figures is not None:
            _write(found.result, found.title, figures, scan_id or "")


def _ask(asked: AskedScan, top: int, gene: str | None, figures: Path | None, style: Format) -> None:
    from warehouse.questions.scans.answer import in_short, leading_rows, shown_columns, warning_lines
    from warehouse.questions.scans.asked import ask_scan

    with published() as con:  # what is written within it counts nobody out
        answer, notes = ask_scan(con, asked, Settings.from_environment())
        result, scan_id = answer.result, answer.spec.scan_id
        rows = leading_rows(result, top=top, gene=gene, where=scan_id)
        for_people = style is Format.table
        if for_people:
            show(_flow(answer), ["step", "n", "reason"], style, title="Who is counted")
        columns = shown_columns(result, for_people=for_people)
        shown = in_short(rows, columns) if for_people else (rows, columns)
        show(*shown, style, title=answer.spec.title)
        if for_people:
            say("\n".join([*warning_lines(rows), *(f"! {note}" for note in notes)]))
        else:
            say("\n".join(notes), is_aside=True)
        if figures is not None:
            _write(result, answer.spec.title, figures, scan_id)


def _flow(answer: ScanAnswer) -> list[dict[str, object]]:
    flow = answer.selection.flow
    return [
        {"step": step, "n": n, "reason": reason}
        for step, n, reason in zip(flow["step"], flow["n"], flow["reason"], strict=True)
    ]


def _write(result: ScanResult, title: str, folder: Path, scan_id: str) -> None:
    from analytics.scan.figures import scan_pictures
    from warehouse.questions.scans.answer import write_pictures

    written = write_pictures(scan_pictures(result, title), folder, scan_id, least_shown())
    print(f"Wrote {len(written)} figures (SVG, PNG, and their numbers as CSV) to {folder}.", file=sys.stderr)


def _print_registry(style: Format) -> None:
    from warehouse.questions.registry import AD_HOC, COLUMNS, registry_file, registry_rows

    settings = Settings.from_environment()
    with published() as con:
        rows, broken = registry_rows(con, settings)
    shown = [row | {"cohorts": _in_short(row["cohorts"])} for row in rows] if style is Format.table else rows
    show(shown, COLUMNS, style, title="Every hypothesis that was run")
    for sentence in broken:
        say(f"! {sentence}", is_aside=True)
    if style is Format.table:
        asked = {row["name"]: row["hypotheses"] for row in rows if row["kind"] in AD_HOC}
        registered = sum(row["hypotheses"] for row in rows if row["kind"] not in AD_HOC)
        print(
            f"{registered:,} hypotheses in registered scans and analyses; beside them {len(asked):,} questions with "
            f"{sum(asked.values()):,} hypotheses, each counted once ({registry_file(settings)})."
        )


def _in_short(cohorts: str) -> str:
    names = cohorts.split(", ")
    return cohorts if len(names) < 3 else f"{names[0]} and {len(names) - 1} more"
