"""``icb``: the command line. Each command is thin; a known error is one sentence on stderr and exit code 1."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import duckdb
import typer

from interfaces.cli.ask_command import ask, gene
from interfaces.cli.claims_command import claims
from interfaces.cli.diff_command import diff
from interfaces.cli.explore_command import explore
from interfaces.cli.failures import CommandError, one_sentence
from interfaces.cli.mcp_command import mcp
from interfaces.cli.prune_command import prune
from interfaces.cli.scan_command import scan
from interfaces.cli.tables_out import Format, FormatOption, OutputOption, distinct, print_json, show
from interfaces.cli.versions_command import list_versions, rollback
from warehouse.closed_sql import closed_file, one_statement
from warehouse.published_file import first_line, published
from warehouse.readable import readable, shown
from warehouse.settings import PROJECT, Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Does a mutation predict benefit from immune-checkpoint blockade, and where does each number come from?",
)
cohort_app = typer.Typer(no_args_is_help=True, help="Cohorts of the catalogue: add, check, list, receipt.")
app.add_typer(cohort_app, name="cohort")

ADD_ONE = "add one with 'icb cohort add <study_id>'"
#: Exit code of a run that has published, but without a cohort.
LEFT_OUT = 3
_SQL_REMEDY = 'icb sql "show all tables" lists what there is'


def main() -> None:
    """Entry point: a foreseen fault becomes one sentence on standard error."""
    try:
        code = app(prog_name="icb", standalone_mode=False) or 0
    except Exception as exc:
        known = one_sentence(exc)
        if known is None:
            raise
        sentence, code = known
        if sentence:
            print(shown(sentence), file=sys.stderr)
    sys.exit(code)


@app.command()
def run(
    demo: Annotated[
        bool, typer.Option("--demo", help="Generated cohorts in place of the public ones, offline.")
    ] = False,
    statistics_only: Annotated[
        bool, typer.Option("--statistics-only", help="On the tables of the last build.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Build again even if nothing has changed.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Publish nothing if a cohort cannot be read or fails its checks.")
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option("--accept", help="Why tables that shrink or cohorts that vanish are meant."),
    ] = None,
    private: Annotated[
        list[str] | None,
        typer.Option("--private", help="A private cohort that this version is to hold; may be given again."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say, a line an asset, what a run would do and why; do nothing.")
    ] = False,
) -> None:
    """Read sources, build tables, compute statistics, publish.

    A cohort whose file is not valid, that cannot be fetched or parsed, or that fails its checks is left out by name:
    the others are published, stats.left_out_cohorts says why, and the exit code is 3. With --strict (or ICB_STRICT=1)
    that is an error, exit code 1, and the last published file stays.

    Nothing is published either when a table empties or loses more than a fifth of its rows (ICB_MAX_SHRINK), a cohort
    vanishes, a check fails, or a figure or a report is not of this version. --accept says why the first two are meant.

    A cohort marked private is in no version unless --private (or ICB_PRIVATE_COHORTS) names it.

    What has not changed is not done again: tables whose sources, models and code are those of the last build, and
    analyses and scans whose spec, code, packages and rows are. --explain says which, and --force does everything.

    Examples: ICB_MIRROR=/path/to/mirror icb run; icb run --explain; icb run --accept "roh_2017 was withdrawn"
    """
    if accept is not None and not accept.strip():
        raise CommandError("it is empty", where="--accept", remedy="say why the change is meant")
    if explain:
        from orchestration.run import explained_rows

        show(explained_rows(demo=demo), ["asset", "does", "why"], Format.table)
        return
    if not (statistics_only or force or accept or private):
        # Dagster takes seconds to load, which a run that has nothing to do need not wait for
        from orchestration.unchanged import unchanged

        left_out = unchanged(demo=demo, strict=strict)
        if left_out is not None:
            raise typer.Exit(LEFT_OUT if left_out else 0)
    from orchestration.run import run_graph

    if run_graph(
        demo=demo,
        statistics_only=statistics_only,
        force=force,
        strict=strict,
        accept=accept,
        private=private or (),
    ):
        raise typer.Exit(LEFT_OUT)


@app.command(
    context_settings={"ignore_unknown_options": True}
)  # a query may begin with a comment: -- who is ...
def sql(
    query: Annotated[
        str, typer.Argument(help="SQL on the published file; '-' reads it from standard input.")
    ],
    allow_files: Annotated[
        bool, typer.Option("--allow-files", help="Let the query read and write other files, as you may.")
    ] = False,
    style: FormatOption = Format.table,
) -> None:
    """Run SQL on the published file: one statement that asks.

    The file is open read-only; other files, the network and extensions are closed to the query, unless --allow-files
    opens the files (a query of somebody else may then read and overwrite yours). Standard input is read for '-'.

    Examples: icb sql "select status, count(*) from marts.gene_status('ALK') group by status";
    icb sql --allow-files "copy marts.cohorts to 'cohorts.parquet'"
    """
    text = sys.stdin.read() if query == "-" else query
    if allow_files:
        print("! --allow-files: the query may read and write every file that you may.", file=sys.stderr)
    with closed_file(allow_files=allow_files) as con:
        try:
            cursor = con.execute(one_statement(con, text, allow_files=allow_files))
            columns = distinct([column[0] for column in cursor.description or []])
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        except duckdb.Error as exc:
            raise CommandError(first_line(exc), where="the query", remedy=_sql_remedy(exc)) from exc
    show(rows, columns, style)


def _sql_remedy(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.PermissionException):
        return "a query sees the published file alone; --allow-files lets it read and write other files"
    return f"mend it; {_SQL_REMEDY}"


app.command()(ask)


app.command()(gene)


app.command()(scan)


@app.command()
def report(
    report_id: Annotated[
        str | None, typer.Argument(help="A report of the catalogue; without it, which there are.")
    ] = None,
    output: OutputOption = None,
    style: FormatOption = Format.table,
) -> None:
    """Make a report from the published file: one HTML file that needs no network, and prints.

    Example: icb report igf1r_melanoma --output igf1r.html
    """
    from warehouse.reports.documents import make_report, report_rows

    settings = Settings.from_environment()
    if report_id is None:
        show(report_rows(settings), ["report_id", "title", "file"], style)
        return
    with published() as con:
        print(make_report(con, settings, report_id, output))


@app.command()
def lineage(
    stat_id: Annotated[str, typer.Argument(help="Name of a statistic, from stats.every_stat.")],
    rows: Annotated[bool, typer.Option("--rows", help="Every row behind it, not only the files.")] = False,
    style: FormatOption = Format.table,
) -> None:
    """Walk a statistic back to its spec, people, files, rows, checksums, run and commit.

    Example: icb lineage igf1r_melanoma_msk_validation/as_published/os.cox_univariable
    """
    from warehouse.lineage import walk

    with published() as con:
        found = walk(con, stat_id)
    if style is Format.json:
        print_json(vars(found))
        return
    row_columns = [
        "cohort_id",
        "patient_id",
        "person_id",
        "status",
        "role",
        "mart",
        "address",
        "member",
        "source_row",
    ]
    if style is Format.csv:
        show(found.rows, row_columns, style)
        return
    for title, record in (("Statistic", found.statistic), ("Spec", found.spec), ("Run", found.run)):
        print(f"{title}")
        for name, value in record.items():
            if value not in (None, ""):
                print(f"  {name}: {readable(value)}")
    show(found.flow, ["step", "n", "n_left_out", "reason"], style, title="People")
    show(found.files, ["role", "mart", "address", "member", "sha256", "n_rows", "first_row", "last_row"], style,
         title="Files and rows")  # fmt: skip
    if rows:
        show(found.rows, row_columns, style, title="Rows")


app.command()(claims)


app.command()(explore)


app.command()(mcp)


app.command("versions")(list_versions)


app.command()(rollback)


app.command()(prune)


app.command()(diff)


@cohort_app.command("list")
def cohort_list(style: FormatOption = Format.table) -> None:
    """Cohorts of the catalogue. A file that is not valid is named after the others; the exit code is then 1.

    Example: icb cohort list --format csv
    """
    from ingestion.catalog import load_catalog

    settings = Settings.from_environment()
    catalog = load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)
    columns = ["cohort_id", "title", "is_icb", "endpoints", "assay", "files", "licence"]
    rows: list[dict[str, Any]] = [
        {
            "cohort_id": c.cohort_id,
            "title": c.title,
            "is_icb": c.is_icb,
            "endpoints": ", ".join(f"{e} from {rule.origin}" for e, rule in c.endpoints.items()),
            "assay": c.assay.name,
            "files": len(c.files),
            "licence": c.licence,
        }
        for c in catalog.cohorts
    ]
    show(rows, columns, style)
    if not rows and not catalog.left_out:
        print(f"! {settings.catalogs[-1] / 'cohorts'} holds no cohort file; {ADD_ONE}.", file=sys.stderr)
    _refuse([cohort.sentence for cohort in catalog.left_out])


def _refuse(faults: list[str]) -> None:
    """Say every fault, a line each, and end with exit code 1 if there is one."""
    for fault in faults:
        print(f"icb: {fault}", file=sys.stderr)
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
    from interfaces.cli.cohort_check import check_cohorts, rows_of
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
                    print(f"\n{one.cohort_id}, {file.file_id}: {'; '.join(file.columns)}")
                if columns and file.not_mapped:
                    print(f"  not mapped: {', '.join(file.not_mapped)}")
                if file.state == "awaited":
                    print(f"! {one.cohort_id}, {file.file_id} is awaited and not there: {file.note}")
            if one.receipt:
                print()
                show(one.receipt, COLUMNS, style, title=f"Receipt of {one.cohort_id}, built alone")
            for warning in one.warnings:
                print(f"! {warning}")
        valid = [one.cohort_id for one in checked if not one.faults]
        if valid:
            print(
                f"{len(valid)} cohort file{' is' if len(valid) == 1 else 's are'} valid: {', '.join(valid)}"
            )
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
            help="Identifier of a cBioPortal study, e.g. tmb_mskcc_2018; or your own tables (CSV, TSV, XLSX, MAF, BED)."
        ),
    ],
    cohort_id: Annotated[str, typer.Option("--id", help="Identifier of the cohort made of tables.")] = "",
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

    Tables are read: columns with their words, units, ranges and words for missing, the likely attribute, which way an
    event is by the response, dates that become times. They lie under ICB_FILES; the file goes to the last folder of
    ICB_CATALOG.

    The study is fetched (or read from ICB_MIRROR) and its clinical columns are compared with catalog/attributes.yaml.
    Licence and assay are written down as the study states them; what it does not state the file says.
    Then: map other columns and explain words under 'columns', say when each endpoint's clock starts, check, run.

    Examples: icb cohort add mel_mskimpact_2020 --icb && icb cohort check mel_mskimpact_2020;
    icb cohort add luad_tcga_pan_can_atlas_2018 --not-icb;
    icb cohort add clinic.csv panel.maf panel.bed --id clinic --icb
    """
    from interfaces.cli.cohort_add import add_cohort, is_table
    from interfaces.cli.cohort_add_tables import add_tables

    settings = Settings.from_environment()
    if is_table(sources):
        guesses, questions, path = add_tables(sources, cohort_id, settings, is_icb=icb, overwrite=overwrite)
        show(guesses, ["column", "holds", "n_filled", "attribute", "words", "low", "high", "why"], style)
        if style is Format.table:
            print("\nTo be said by you:", *(f"! {question}" for question in questions), sep="\n")
            print(f"Wrote {path}. Edit it, then: icb cohort check {path.stem} && icb run")
        return
    (study_id,) = sources
    ask = typer.confirm if sys.stdin.isatty() else None
    added = add_cohort(study_id, settings, is_icb=icb, overwrite=overwrite, ask=ask)
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
        print("\nNot mapped: name them under 'columns' if wanted")
        show(unmapped, ["column", "level", "n_filled"], style)
    if added.words:
        print("\nWords without a meaning: their values are rejected until the file explains them")
        show(added.words, ["column", "attribute", "word", "n"], style)
    stated = ", ".join(f"{key} {value}" for key, value in added.assay.items())
    print(f"\nLicence: {added.licence}. Assay: {stated}.")
    if added.not_read:
        print(f"Not read: {', '.join(added.not_read)}")
    print(*(f"! {note}" for note in added.notes), sep="\n")
    print(f"Wrote {added.path}. Edit it, then: icb cohort check {study_id} && icb run")


@app.command()
def doctor(style: FormatOption = Format.table) -> None:
    """What is installed, where files are, how much space there is, and who holds the published file.

    Example: icb doctor --format json
    """
    from interfaces.cli.doctor import findings

    found = findings(Settings.from_environment(), PROJECT)
    show(found, ["what", "state", "detail"], style)
    if any(row["state"] == "problem" for row in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
