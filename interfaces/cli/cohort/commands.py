"""The commands of ``icb cohort``: thin, what they do is beside them."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.tables_out import Format, FormatOption, print_json, say, show
from warehouse.published_file import PublishedFileError, published
from warehouse.settings import Settings

if TYPE_CHECKING:
    from interfaces.cli.cohort.add import AddedCohort

cohort_app = typer.Typer(no_args_is_help=True, help="Cohorts of the catalogue: add, check, list, receipt.")

ADD_ONE = "add one with 'icb cohort add <study_id>'"


@cohort_app.command("list")
def cohort_list(style: FormatOption = Format.table) -> None:
    """Cohorts of the catalogue, with the files that are awaited: those that the published version has not read.

    A file that is not valid is named after the others; the exit code is then 1.

    Example: icb cohort list --format csv
    """
    from ingestion.catalog.loading import load_catalog
    from warehouse.browsing.cohorts import files_read

    settings = Settings.from_environment()
    catalog = load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)
    columns = ["cohort_id", "title", "is_icb", "endpoints", "assay", "files", "awaited", "licence"]
    try:
        read = files_read()
    except PublishedFileError as exc:
        say(f"! Which awaited files have come cannot be said: {exc}", is_aside=True)
        read = set()
    rows: list[dict[str, Any]] = [
        {
            "cohort_id": c.cohort_id,
            "title": c.title,
            "is_icb": c.is_icb,
            "endpoints": ", ".join(f"{e} from {rule.origin}" for e, rule in c.endpoints.items()),
            "assay": c.assay.name,
            "files": len(c.files),
            "awaited": ", ".join(
                f"{file.id} ({PurePosixPath(file.address).name})"
                for file in c.files
                if file.awaited is not None and (c.cohort_id, file.id) not in read
            ),
            "licence": c.licence,
        }
        for c in catalog.cohorts
    ]
    show(rows, columns, style)
    if not rows and not catalog.left_out:
        say(f"! {settings.catalogs[-1] / 'cohorts'} holds no cohort file; {ADD_ONE}.", is_aside=True)
    _refuse([cohort.sentence for cohort in catalog.left_out])


def _refuse(faults: list[str]) -> None:
    """Say every fault, a line each, and end with exit code 1 if there is one."""
    for fault in faults:
        say(f"icb: {fault}", is_aside=True)
    if faults:
        raise typer.Exit(1)


@cohort_app.command("check")
def cohort_check(
    cohort: Annotated[
        str | None, typer.Argument(help="A cohort of the catalogue, or the path of a file; all without.")
    ] = None,
    no_files: Annotated[
        bool, typer.Option("--no-files", help="Look at the cohort files only: nothing is fetched.")
    ] = False,
    columns: Annotated[
        bool, typer.Option("--columns", help="Also which clinical column becomes what, and which nothing.")
    ] = False,
    no_receipt: Annotated[
        bool,
        typer.Option("--no-receipt", help="Do not build the tables of the named cohort for its receipt."),
    ] = False,
    style: FormatOption = Format.table,
) -> None:
    """Open the files of a cohort as a run does, say what becomes of each, and refuse what a run would refuse.

    Every file is fetched (or read from ICB_MIRROR) and parsed. The tables of one cohort are then built, alone and in a
    file of their own (half a minute), and its receipt is shown as 'icb cohort receipt' shows it after a run; a check
    that it fails is a fault. A line on standard error says each fault with file, key and remedy, and the exit code is
    then 1. A file that is awaited and not there is no fault.

    Examples: icb cohort check tmb_mskcc_2018 --columns; icb cohort check --no-files
    """
    from interfaces.cli.cohort.check import check_cohorts, rows_of
    from warehouse.reports.cohort_receipt import COLUMNS

    build = cohort is not None and not no_files and not no_receipt and style is not Format.csv
    settings = Settings.from_environment()
    checked = check_cohorts(settings, cohort, open_files=not no_files, build_receipt=build)
    if style is Format.json:
        print_json([vars(one) | {"files": [vars(file) for file in one.files]} for one in checked])
    else:
        shown = ["cohort_id", "file", "kind", "state", "rows", "columns mapped", "rejected"]
        rows = rows_of(checked)
        if rows or style is Format.csv:
            show(rows, shown[:4] if no_files else shown, style)
    if style is Format.table:
        for one in checked:
            for file in one.files:
                if columns and file.columns:
                    say(f"\n{one.cohort_id}, {file.file_id}: {'; '.join(file.columns)}")
                if columns and file.not_mapped:
                    say(f"  not mapped: {', '.join(file.not_mapped)}")
                if file.state == "awaited":
                    say(f"! {one.cohort_id}, {file.file_id} is awaited and not there: {file.note}")
            if one.receipt:
                say()
                show(one.receipt, COLUMNS, style, title=f"Receipt of {one.cohort_id}, built alone")
            for warning in one.warnings:
                say(f"! {warning}")
        valid = [one.cohort_id for one in checked if not one.faults]
        if valid:
            say(f"{len(valid)} cohort file{' is' if len(valid) == 1 else 's are'} valid: {', '.join(valid)}")
    _refuse([fault for one in checked for fault in one.faults])


@cohort_app.command("receipt")
def cohort_receipt(
    cohort: Annotated[str, typer.Argument(help="A cohort of the published version.")],
    style: FormatOption = Format.table,
) -> None:
    """What a cohort's files became: from raw rows to people, endpoints, sequenced samples, calls and genes, every
    loss with its rule, and what two routes say of the same thing.

    Example: icb cohort receipt roh_2017
    """
    from warehouse.reports.cohort_receipt import COLUMNS, receipt

    with published() as con:
        lines = receipt(con, cohort)
    show(lines, COLUMNS, style, title=f"Receipt of {cohort}")


@cohort_app.command("add")
def cohort_add(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Identifier of a cBioPortal study, e.g. tmb_mskcc_2018; the folder or archive of one; or your own "
            "tables (CSV, TSV, XLSX, MAF, BED)."
        ),
    ],
    cohort_id: Annotated[
        str, typer.Option("--id", help="Identifier of the cohort made of tables, or of a folder.")
    ] = "",
    icb: Annotated[
        bool | None,
        typer.Option(
            "--icb/--not-icb", help="Whether its patients got a checkpoint inhibitor: never assumed."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if there is one.")] = False,
    style: FormatOption = Format.table,
) -> None:
    """Write a catalogue file for any cBioPortal study, or for tables of your own, and say what could be mapped.

    A study of your own is its folder, or tar.gz, in cBioPortal's format; each run reads the folder anew.

    Tables are read: columns with their words, units, ranges and words for missing, the likely attribute, which way an
    event is by the response, dates that become times. Both lie under ICB_FILES; the file goes to the last folder of
    ICB_CATALOG.

    The study is fetched (or read from ICB_MIRROR) and its clinical columns are compared with catalog/attributes.yaml.
    Licence and assay are written down as the study states them; what it does not state the file says.
    Then: map other columns and explain words under 'columns', say when each endpoint's clock starts, check, run.

    Examples: icb cohort add mel_mskimpact_2020 --icb && icb cohort check mel_mskimpact_2020;
    icb cohort add luad_tcga_pan_can_atlas_2018 --not-icb;
    icb cohort add files/our_study_2026 --icb; icb cohort add clinic.csv panel.maf panel.bed --id clinic --icb
    """
    from interfaces.cli.cohort.add import add_cohort, study_of
    from interfaces.cli.cohort.add_tables import add_tables

    settings = Settings.from_environment()
    study = study_of(sources, cohort_id)
    if study is None:
        guesses, questions, path = add_tables(sources, cohort_id, settings, is_icb=icb, overwrite=overwrite)
        show(guesses, ["column", "holds", "n_filled", "attribute", "words", "low", "high", "why"], style)
        if style is Format.table:
            say("\n".join(["\nTo be said by you:", *(f"! {question}" for question in questions)]))
            say(f"Wrote {path}. Edit it, then: icb cohort check {path.stem} && icb run")
        return
    ask = typer.confirm if sys.stdin.isatty() else None
    added = add_cohort(study, settings, is_icb=icb, overwrite=overwrite, ask=ask)
    _show_added(added, study.study_id, style)


def _show_added(added: AddedCohort, study_id: str, style: Format) -> None:
    """What became of a study's columns, and for people what the file lacks."""
    if style is Format.json:
        print_json(vars(added))
        return
    columns = ["column", "level", "attribute", "n_filled"]
    if style is Format.csv:
        show(added.columns, columns, style)
        return
    show([c for c in added.columns if c["attribute"]], columns, style, title="Mapped")
    unmapped = [c for c in added.columns if not c["attribute"]]
    if unmapped:
        say("\nNot mapped: name them under 'columns' if wanted")
        show(unmapped, ["column", "level", "n_filled"], style)
    if added.words:
        say("\nWords without a meaning: their values are rejected until the file explains them")
        show(added.words, ["column", "attribute", "word", "n"], style)
    stated = ", ".join(f"{key} {value}" for key, value in added.assay.items())
    say(f"\nLicence: {added.licence}. Assay: {stated}.")
    if added.not_read:
        say(f"Not read: {', '.join(added.not_read)}")
    say("\n".join(f"! {note}" for note in added.notes))
    say(f"Wrote {added.path}. Edit it, then: icb cohort check {study_id} && icb run")
