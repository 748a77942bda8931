"""From a statistic back to files and rows: SQL views for people who write SQL, and the walk that `icb lineage` prints.

statistic -> spec -> members -> mart rows -> source file and row -> address and sha256; and the run that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from analytics.results.columns import STATISTIC_COLUMNS
from analytics.results.tables import RESULT_TABLES, STATISTIC_TABLES
from ingestion.errors import IngestionError


class UnknownStatisticError(IngestionError):
    """No statistic has that name."""


#: An endpoint of members may say more than the clock: 'OS, both arms'.
_SAME_ENDPOINT = "and fact.endpoint = split_part(members.endpoint, ',', 1)"
#: role -> (mart, condition beyond cohort and patient, file column, row column). One arm of the view each.
_ROLES = {
    "patient": ("patients", "", "source_file_id", "source_row"),
    "time": ("survival_outcomes", _SAME_ENDPOINT, "source_file_id", "source_row"),
    "event": (
        "survival_outcomes",
        _SAME_ENDPOINT,
        "event_source_file_id",
        "event_source_row",
    ),
    "response": (
        "response_outcomes",
        "and members.endpoint in ('response', 'PFS, acquired resistance')",
        "source_file_id",
        "source_row",
    ),
    "treatment": ("treatments", "", "source_file_id", "source_row"),
    "sample": ("samples", "and fact.sample_id = members.sample_id", "source_file_id", "source_row"),
    "profiling": ("profiling", "and fact.sample_id = members.sample_id", "source_file_id", "source_row"),
    "mutation": (
        "mutations",
        "and fact.sample_id = members.sample_id and fact.hugo_symbol = specs.gene "
        "and fact.is_counted and fact.is_nonsynonymous",
        "source_file_id",
        "source_row",
    ),
    "feature": ("immune_features", "and fact.feature = every_stat.feature", "source_file_id", "source_row"),
    # RNA may be another sample of the patient than the one whose calls count
    "expression": ("expression", "and fact.hugo_symbol = every_stat.feature", "source_file_id", "source_row"),
    "burden": (
        "burdens",
        "and fact.sample_id = members.sample_id and fact.measure = every_stat.feature "
        "and fact.numerator_rule in ('non-synonymous calls counted here', 'count stated by the source') "
        "and (fact.measure <> 'tmb' or fact.numerator_rule = 'non-synonymous calls counted here')",
        "source_file_id",
        "source_row",
    ),
    # Where the sample stands in a table of spectra or exposures; counted from calls, where there is no such table.
    "spectrum": (
        "signature_samples",
        "and fact.sample_id = members.sample_id and specs.kind = 'signatures'",
        "source_file_id",
        "source_row",
    ),
    "substitution": (
        "mutations",
        "and fact.sample_id = members.sample_id and specs.kind = 'signatures' and fact.is_counted "
        "and length(fact.reference_allele) = 1 and length(fact.tumor_seq_allele2) = 1 "
        "and members.cohort_id not in (select cohort_id from marts.signature_samples)",
        "source_file_id",
        "source_row",
    ),
}


#: A cohort whose clock is not that of the pool has statistics of its own: no member, but in their row sets.
_COUNTED = (
    "(every_stat.cohort_id = members.cohort_id or (every_stat.cohort_id is null and members.is_member))"
)

#: Columns of stats.every_stat, and what stands for one where a table has it under another name or not at all.
_EVERY_STAT = {
    **{
        name: f"cast(null as {kind.replace('string', 'varchar')})"
        for name, (kind, _) in STATISTIC_COLUMNS.items()
    },
    "row_set": "'members'",
    "cohorts": "cast(null as varchar)",
    "median_mutated": "cast(null as double)",
    "median_wild_type": "cast(null as double)",
}
_ALSO_CALLED = {
    ("response_stats", "events"): "responders",
    ("meta_stats", "n"): "n_cohorts",
    ("survival_stats", "median_mutated"): "median_mutated_months",
    ("survival_stats", "median_wild_type"): "median_wild_type_months",
}


def _common(table: str) -> list[str]:
    columns = RESULT_TABLES[table]
    return [
        name if name in columns else f"{_ALSO_CALLED.get((table, name), substitute)} as {name}"
        for name, substitute in _EVERY_STAT.items()
    ]


def view_statements(schema: str = "stats") -> list[str]:
    """``stats.every_stat``: all statistics under one roof; ``stats.lineage``: each row behind each statistic."""
    every_stat = f"create or replace view {schema}.every_stat as " + " union all ".join(
        f"select {', '.join(_common(table))}, '{table}' as table_name from {schema}.{table}"
        for table in STATISTIC_TABLES
    )
    arms = [
        f"""
        select every_stat.stat_id, members.cohort_id, members.patient_id, members.person_id, members.status,
            '{role}' as role, 'marts.{mart}' as mart, fact.{file_column} as source_file_id,
            fact.{row_column} as source_row
        from {schema}.every_stat as every_stat
        inner join {schema}.analysis_specs as specs
            on every_stat.analysis_id = specs.analysis_id and every_stat.variant = specs.variant
        inner join {schema}.analysis_members as members
            on every_stat.analysis_id = members.analysis_id and every_stat.variant = members.variant
            and every_stat.endpoint = members.endpoint and {_COUNTED}
            and (
                every_stat.cohorts is null
                or list_contains(string_split(every_stat.cohorts, ', '), members.cohort_id)
            )
            and list_contains(string_split(members.row_sets, '; '), every_stat.row_set)
        inner join marts.{mart} as fact
            on members.cohort_id = fact.cohort_id and members.patient_id = fact.patient_id {condition}
        """
        for role, (mart, condition, file_column, row_column) in _ROLES.items()
    ]
    arms += _resistance_arms(schema)
    lineage = f"""
    create or replace view {schema}.lineage as
    select rows_behind.*, files.address, files.member, files.sha256
    from ({" union all ".join(arms)}) as rows_behind
    left join marts.source_files as files on rows_behind.source_file_id = files.source_file_id
    """
    return [every_stat, lineage]


#: Rows behind a statistic of resistance: role, table of statistics, which of them, table with the rows, their file and
#: row, which of these. A statistic of one pair has that pair's rows, one over all pairs those of its members.
_SAME_ANALYSIS = "fact.analysis_id = every_stat.analysis_id and fact.variant = every_stat.variant"
_SAME_PAIR = "(every_stat.pair_id is null or every_stat.pair_id = fact.pair_id)"
_SAME_GENES = (
    "(every_stat.feature in (fact.hugo_symbol, 'any gene set') "
    "or list_contains(string_split(fact.gene_sets, '; '), every_stat.feature))"
)
_OF_PAIRS = "every_stat.endpoint = 'pairs'"
_OF_CALLS = f"{_OF_PAIRS} and every_stat.unit like '%mutations'"
_RESISTANCE_ROWS = (
    ("earlier sample", "pair_stats", _OF_PAIRS, "marts.sample_pairs", "source", _SAME_PAIR),
    ("later sample", "pair_stats", _OF_PAIRS, "marts.sample_pairs", "second_source", _SAME_PAIR),
    (
        "call in the earlier sample", "pair_stats", _OF_CALLS, "pair_mutations", "first_source",
        f"{_SAME_PAIR} and {_SAME_ANALYSIS}",
    ),
    (
        "call in the later sample", "pair_stats", _OF_CALLS, "pair_mutations", "second_source",
        f"{_SAME_PAIR} and {_SAME_ANALYSIS}",
    ),
    (
        "resistance event", "pair_stats", f"{_OF_PAIRS} and every_stat.feature is not null", "resistance_events",
        "source", f"{_SAME_ANALYSIS} and fact.pair_id is not null and {_SAME_GENES}",
    ),
    (
        "resistance event", "frequency_stats", "every_stat.endpoint like 'intrinsic, %'", "resistance_events",
        "source", f"{_SAME_ANALYSIS} and fact.pair_id is null and {_SAME_GENES}",
    ),
)  # fmt: skip


def _resistance_arms(schema: str) -> list[str]:
    """Arms of the lineage view for statistics of pairs and of intrinsic loss: samples, calls and events."""
    return [
        f"""
        select every_stat.stat_id, members.cohort_id, members.patient_id, members.person_id, members.status,
            '{role}' as role, '{rows if "." in rows else f"stats.{rows}"}' as mart,
            fact.{place}_file_id as source_file_id, fact.{place}_row as source_row
        from {schema}.{statistics} as every_stat
        inner join {schema}.analysis_members as members
            on every_stat.analysis_id = members.analysis_id and every_stat.variant = members.variant
            and every_stat.endpoint = members.endpoint and {_COUNTED}
            and list_contains(string_split(members.row_sets, '; '), every_stat.row_set)
        inner join {rows if "." in rows else f"{schema}.{rows}"} as fact
            on members.cohort_id = fact.cohort_id and members.patient_id = fact.patient_id and {which}
        where {asked} and fact.{place}_file_id is not null
        """
        for role, statistics, asked, rows, place, which in _RESISTANCE_ROWS
    ]


@dataclass(frozen=True)
class Lineage:
    """One statistic with everything behind it. ``files`` has one row a file and role: address, sha256, rows."""

    statistic: dict[str, Any]
    spec: dict[str, Any]
    flow: list[dict[str, Any]]
    files: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    run: dict[str, Any]


def walk(con: duckdb.DuckDBPyConnection, stat_id: str) -> Lineage:
    """Follow one statistic back to rows of files.

    Raises
    ------
    UnknownStatisticError
        With the names that look most like the one asked for.
    """
    statistic = _rows(con, "select * from stats.every_stat where stat_id = ?", stat_id)
    if not statistic:
        near = _rows(
            con,
            "select stat_id from stats.every_stat order by jaro_winkler_similarity(stat_id, ?) desc, stat_id limit 3",
            stat_id,
        )
        raise UnknownStatisticError(
            f"no statistic is named '{stat_id}'",
            where="stats.every_stat",
            remedy="did you mean " + " or ".join(row["stat_id"] for row in near)
            if near
            else "the catalogue has no analysis that computes any",
        )
    found = statistic[0]
    keys = (found["analysis_id"], found["variant"])
    specs = _rows(con, "select * from stats.analysis_specs where analysis_id = ? and variant = ?", *keys)
    return Lineage(
        statistic=found,
        spec=specs[0],
        flow=_rows(
            con,
            "select step_number, step, n, n_left_out, reason from stats.analysis_flow "
            "where analysis_id = ? and variant = ? and endpoint = ? order by step_number",
            *keys,
            found["endpoint"],
        ),
        files=_rows(
            con,
            "select role, mart, address, member, sha256, count(*) as n_rows, min(source_row) as first_row, "
            "max(source_row) as last_row from stats.lineage where stat_id = ? "
            "group by role, mart, address, member, sha256 order by role, address, member",
            stat_id,
        ),
        rows=_rows(
            con,
            "select cohort_id, patient_id, person_id, status, role, mart, address, member, source_row "
            "from stats.lineage where stat_id = ? order by cohort_id, patient_id, role, source_row",
            stat_id,
        ),
        run=(_rows(con, "select * from stats.runs where run_id = ?", specs[0]["run_id"]) or [{}])[0],
    )


def _rows(con: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[dict[str, Any]]:
    cursor = con.execute(query, list(values))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
