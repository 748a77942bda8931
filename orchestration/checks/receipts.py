"""The receipts of the cohorts (`icb cohort receipt`) where an operator looks: as checks of the files and of the raw
tables that they are made of. They are carried out when the marts are made, and tell of that build.
"""

from collections.abc import Iterator, Mapping

import dagster as dg
import duckdb

from ingestion.catalog.cohorts import Catalog
from orchestration.resources import BUILD_POOL, BuildFileError, Warehouse
from warehouse.build.steps import steps_in
from warehouse.reports.receipt_changes import RAW_ROWS, Counted, compared, counted, published_counts
from warehouse.settings import MAX_SHRINK

#: Of a source: what its rows became, and whether its cohort's receipt holds.
HOLDS = "its_receipt_holds"
#: Of a source: whether its cohort counts whom it counted. Of a raw table: whether every cohort has its rows still.
COUNTS_KEPT = "it_counts_whom_it_counted"
ROWS_KEPT = "every_cohort_has_the_rows_that_it_had"
RECEIPTS = dg.AssetKey(["marts", "cohort_receipts"])
#: Raw tables that a receipt counts the rows of.
_RAW_TABLES = (
    "case_lists", "clinical_values", "copy_number", "copy_number_segments", "expression", "immune_features",
    "mutation_spectra", "mutations", "profiled_samples", "published_exposures", "structural_variants",
    "timeline_events",
)  # fmt: skip
_MOST_SHOWN = 12
_SAID = {
    HOLDS: "What became of its rows. Fails when the receipt of its cohort does, which keeps the version back.",
    COUNTS_KEPT: "Its cohort has no fewer people, samples, events and mutated genes than in the published version, or "
    f"has lost no more than {MAX_SHRINK:.0%} of them (a warning).",
    ROWS_KEPT: f"No cohort has lost more than {MAX_SHRINK:.0%} of its rows since the published version (a warning).",
}


def receipt_checks(catalog: Catalog) -> dg.AssetChecksDefinition:
    """The checks of every file of a cohort and of every raw table that a receipt counts: one step after the marts."""
    sources = {
        dg.AssetKey(["sources", cohort.cohort_id, file.id]): cohort.cohort_id
        for cohort in catalog.cohorts
        for file in cohort.files
    }
    raw = {dg.AssetKey(["raw", table]): table for table in _RAW_TABLES}
    specs = [
        *(_spec(name, key) for key in sources for name in (HOLDS, COUNTS_KEPT)),
        *(_spec(ROWS_KEPT, key) for key in raw),
    ]

    @dg.multi_asset_check(name="receipts", specs=specs, can_subset=True, pool=BUILD_POOL)
    def receipts(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        asked = context.selected_asset_check_keys
        try:
            with warehouse.build(read_only=True) as con:
                now = counted(con)
                made_by = steps_in(con)[RECEIPTS.to_user_string()].run_id
                held = {key: holds(con, key, cohort) for key, cohort in sources.items()}
        except (BuildFileError, KeyError):  # a source that is read by itself, before anything was built
            yield from (_not_built(key) for key in asked)
            return
        lines = list(compared(now, published_counts(warehouse.settings.published_file)))
        found = list(held.values())
        for key, cohort in sources.items():
            of_cohort = [line for line in lines if line.cohort_id == cohort and line.section != RAW_ROWS]
            found.append(keeps(key, COUNTS_KEPT, {line.item: line for line in of_cohort}))
        for key, table in raw.items():
            of_table = [line for line in lines if (line.section, line.item) == (RAW_ROWS, table)]
            found.append(keeps(key, ROWS_KEPT, {line.cohort_id: line for line in of_table}))
        for result in found:
            if dg.AssetCheckKey(_asset(result), str(result.check_name)) in asked:
                told = {**result.metadata, "of the marts of run": dg.MetadataValue.text(made_by)}
                yield result._replace(metadata=told)

    return receipts


def _spec(name: str, key: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=key, description=_SAID[name], additional_deps=[RECEIPTS])


def holds(con: duckdb.DuckDBPyConnection, key: dg.AssetKey, cohort: str) -> dg.AssetCheckResult:
    """The result of ``its_receipt_holds``: rows of the file that were lost by rule, samples of the cohort's calls that
    meet no person, and what speaks against the cohort."""
    failures = con.execute(
        "select item, n, words from marts.cohort_receipts where cohort_id = ? and is_failure order by line_number",
        [cohort],
    ).fetchall()
    lost = con.execute(
        "select rule_id, sum(n_rows) from marts.rejected_rows "
        "where cohort_id = ? and source_file_id = ? and is_lost group by rule_id order by sum(n_rows) desc, rule_id",
        [cohort, key.path[-1]],
    ).fetchall()
    # `n` samples of the calls meet a person, and `value` is their share
    meeting = con.execute(
        "select n, value from marts.cohort_receipts where cohort_id = ? "
        "and item = 'samples of the calls that meet a person' and value > 0",
        [cohort],
    ).fetchall()
    metadata: dict[str, int | str] = {"rows lost": sum(int(n) for _, n in lost)}
    metadata |= {f"lost: {rule}": int(n) for rule, n in lost[:_MOST_SHOWN]}
    for n, share in meeting:
        metadata["samples of the calls that meet no person"] = round(n / share) - n
    metadata |= {f"against it: {item}": f"{n:,}: {words}" for item, n, words in failures}
    return dg.AssetCheckResult(
        passed=not failures,
        asset_key=key,
        check_name=HOLDS,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata=metadata,
    )


def keeps(key: dg.AssetKey, name: str, lines: Mapping[str, Counted]) -> dg.AssetCheckResult:
    """The result of a comparison with the published version: what has become more than a fifth fewer is listed.

    Parameters
    ----------
    lines : by what tells them apart: the item of a cohort's, the cohort of a table's.
    """
    fewer = {word: line for word, line in lines.items() if line.now < line.before * (1 - MAX_SHRINK)}
    metadata: dict[str, int | str] = {"compared with the published version": len(lines)}
    metadata |= {f"{word} now": line.now for word, line in list(lines.items())[:_MOST_SHOWN]}
    metadata |= {
        f"fewer: {word}": f"{line.before:,} -> {line.now:,}"
        for word, line in list(fewer.items())[:_MOST_SHOWN]
    }
    return dg.AssetCheckResult(
        passed=not fewer,
        asset_key=key,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _asset(result: dg.AssetCheckResult) -> dg.AssetKey:
    assert result.asset_key is not None
    return result.asset_key


def _not_built(key: dg.AssetCheckKey) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"not known": "the marts have not been built yet"},
    )
