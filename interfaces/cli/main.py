"""``icb``: the command line. Each command is thin; a known error is one sentence on stderr and exit code 1."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from ingestion.storage_faults import storage_fault
from interfaces.cli.ask_command import ask, gene
from interfaces.cli.claims_command import claims
from interfaces.cli.cohort.commands import cohort_app
from interfaces.cli.diff_command import diff
from interfaces.cli.failures import CommandError, one_sentence
from interfaces.cli.init_command import init
from interfaces.cli.release_command import release
from interfaces.cli.scan_command import scan
from interfaces.cli.serve_commands import explore, mcp
from interfaces.cli.streamed_rows import stream
from interfaces.cli.tables_out import Format, FormatOption, OutputOption, least_shown, print_json, show
from interfaces.cli.versions_command import list_versions, prune, rollback
from warehouse.closed_sql import closed_file, distinct, one_statement
from warehouse.export.disclosure import disclosed_record
from warehouse.export.readable import readable, shown
from warehouse.project_folder import take_settings
from warehouse.published_file import first_line, published
from warehouse.settings import PROJECT, Settings
from warehouse.sql_words import absent

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Does a mutation predict benefit from immune-checkpoint blockade, and where does each number come from?",
)
app.add_typer(cohort_app, name="cohort")

#: Exit code of a run that has published, but without a cohort.
LEFT_OUT = 3
_SQL_REMEDY = 'icb sql "show all tables" lists what there is'


def main() -> None:
    """Entry point: a foreseen fault becomes one sentence on standard error."""
    for out in (sys.stdout, sys.stderr):
        if isinstance(out, io.TextIOWrapper):  # a terminal of another encoding than UTF-8 gets \\u00e9
            out.reconfigure(errors="backslashreplace")
    try:
        take_settings()
        code = app(prog_name="icb", standalone_mode=False) or 0
    except Exception as exc:
        known = one_sentence(exc)
        if known is None:
            raise
        sentence, code = known
        if sentence:
            print(shown(sentence), file=sys.stderr)
    sys.exit(code)


def process() -> None:
    """``icb`` as a process of its own. A question ends it at once: nothing of it is open any more, and to take the
    interpreter apart costs 0.3 s of 3."""
    try:
        main()
    except SystemExit as ended:
        if sys.argv[1:2] not in (["ask"], ["gene"]) or not isinstance(ended.code, int):
            raise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code)


app.command()(init)


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
    Analyses are computed by as many processes as there are cores and memory for (ICB_WORKERS).

    Examples: ICB_MIRROR=/path/to/mirror icb run; icb run --explain; icb run --accept "roh_2017 was withdrawn"
    """
    if accept is not None and not accept.strip():
        raise CommandError("it is empty", where="--accept", remedy="say why the change is meant")
    if explain:
        from orchestration.run import explained_rows

        show(explained_rows(demo=demo, private=private or ()), ["asset", "does", "why"], Format.table)
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
    CSV and JSON print every row as it comes; a table shows the first 1,000.

    Examples: icb sql "select status, count(*) from marts.gene_status('ALK') group by status";
    icb sql --allow-files "copy marts.cohorts to 'cohorts.parquet'"
    """
    text = sys.stdin.read() if query == "-" else query
    if allow_files:
        print("! --allow-files: the query may read and write every file that you may.", file=sys.stderr)
    with closed_file(allow_files=allow_files) as con:
        try:
            asked = one_statement(con, text, allow_files=allow_files)
            for sentence in absent(con, asked):
                print(f"! {sentence}", file=sys.stderr)
            cursor = con.execute(asked)
            columns = distinct([column[0] for column in cursor.description or []])
            stream(cursor, columns, style)
        except duckdb.Error as exc:
            is_of_files = isinstance(exc, duckdb.IOException)
            fault = storage_fault(str(exc), Settings.from_environment().data) if is_of_files else None
            raise fault or CommandError(first_line(exc), where="the query", remedy=_sql_remedy(exc)) from exc


def _sql_remedy(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.PermissionException):
        return "a query sees the published file alone; --allow-files lets it read and write other files"
    if isinstance(error, duckdb.IOException):
        return "the folder of that file must be there, have room, and be one that you may write to"
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
    tables: Annotated[
        Path | None,
        typer.Option("--tables", help="A new folder: its tables as CSV, those of a paper as Word."),
    ] = None,
    style: FormatOption = Format.table,
) -> None:
    """Make a report from the published file: one HTML file that needs no network, and prints.

    What is folded is printed when it is open. With --tables the tables are written instead of the document: each as
    CSV, and Table 1, the main numbers and the checked claims as one Word document.

    Examples: icb report igf1r_melanoma --output igf1r.html; icb report igf1r_melanoma --tables igf1r_tables
    """
    from warehouse.reports.documents import make_report, make_tables, report_rows

    settings = Settings.from_environment()
    if report_id is None:
        show(report_rows(settings), ["report_id", "title", "file"], style)
        return
    with published() as con:
        if tables is not None:
            print("\n".join(map(str, make_tables(con, settings, report_id, tables))))
            return
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
    from warehouse.results.lineage import walk

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
        for name, value in disclosed_record(record, least_shown()).items():
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


app.command()(release)


app.command()(diff)


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
    process()
