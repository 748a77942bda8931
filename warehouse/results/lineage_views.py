"""The views of the ``stats`` schema for people who write SQL: every statistic under one roof, the people behind each,
and each row of a source behind each.

Everything about a person is walked to once, however many statistics the person is behind: a statistic has a set of
people (``stat_sets``), a set has its members by number (``set_members``), and a member has rows in the marts
(``member_rows``). In the real cohorts 10,802 statistics stand on 18 million people and 96 million rows, which are
1.8 million members of 2,800 sets, and 2.6 million rows. What only some statistics ask of a person, such as the feature
or the pair that they are about, is written out too (``statistic_rows``, 0.8 million): as nine further joins of the
view it took 8 s and more than 1 GB to show its first rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.results.schema import Words, columns_of, sql_type
from analytics.results.statistic import AnyStatistic
from analytics.results.tables import RESULT_TABLES, STATISTIC_TABLES


@dataclass(frozen=True)
class _Rows:
    """Rows of a table behind a person.

    Attributes
    ----------
    role : what they are to the statistic.
    table : schema and table; ``{schema}`` stands for that of the results.
    which : condition beyond cohort and patient, on ``fact``, ``members`` and ``asked``.
    place : prefix of the two columns with file and row.
    asked : what else the arm reads, as ``asked``: specs or statistics.
    """

    role: str
    table: str
    which: str = ""
    place: str = "source"
    asked: str = ""

    @property
    def published_table(self) -> str:
        """The table as it is called in the published file."""
        return self.table.format(schema="stats")


#: An endpoint of members may say more than the clock ('OS, both arms'), or be the first event of several.
_SAME_ENDPOINT = (
    "and (fact.endpoint = split_part(members.endpoint, ',', 1) or list_contains("
    "asked.endpoint_parts, split_part(members.endpoint, ',', 1) || ': ' || fact.endpoint))"
)
_SAME_SAMPLE = "and fact.sample_id = members.sample_id"
_OF_ANALYSIS = "members.analysis_id = asked.analysis_id and members.variant = asked.variant"
_ENDPOINTS = (
    "(select analysis_id, variant, endpoint_parts from {schema}.analysis_specs) as asked on " + _OF_ANALYSIS
)
_GENES = (
    "(select analysis_id, variant, unnest(genes) as gene from {schema}.analysis_specs) as asked on "
    + _OF_ANALYSIS
)
_SIGNATURES = (
    "(select analysis_id, variant from {schema}.analysis_specs where kind = 'signatures') as asked on "
    + _OF_ANALYSIS
)
#: With the cohorts that have no such table. A join of two short lists: `not in` or `not exists` on the members is a
#: loop over millions of calls.
_SIGNATURES_OF_CALLS = (
    "(select specs.analysis_id, specs.variant, cohorts.cohort_id from {schema}.analysis_specs as specs "
    "cross join marts.cohorts as cohorts left join (select distinct cohort_id from marts.signature_samples) as listed "
    "on cohorts.cohort_id = listed.cohort_id where specs.kind = 'signatures' and listed.cohort_id is null) as asked on "
    + _OF_ANALYSIS
    + " and members.cohort_id = asked.cohort_id"
)
#: Rows behind a member, whatever is asked of him or her.
_OF_MEMBERS = (
    _Rows("patient", "marts.patients"),
    _Rows("time", "marts.survival_outcomes", _SAME_ENDPOINT, asked=_ENDPOINTS),
    _Rows("event", "marts.survival_outcomes", _SAME_ENDPOINT, place="event_source", asked=_ENDPOINTS),
    _Rows(
        "response",
        "marts.response_outcomes",
        "and members.endpoint in ('response', 'PFS, acquired resistance')",
    ),
    _Rows("treatment", "marts.treatments"),
    _Rows("sample", "marts.samples", _SAME_SAMPLE),
    _Rows("profiling", "marts.profiling", _SAME_SAMPLE),
    _Rows(
        "mutation",
        "marts.mutations",
        f"{_SAME_SAMPLE} and fact.hugo_symbol = asked.gene and fact.is_usable and fact.is_nonsynonymous",
        asked=_GENES,
    ),
    # Where the sample stands in a table of spectra or exposures; counted from calls, where there is no such table.
    _Rows("spectrum", "marts.signature_samples", _SAME_SAMPLE, asked=_SIGNATURES),
    _Rows(
        "substitution",
        "marts.mutations",
        f"{_SAME_SAMPLE} and fact.is_usable and length(fact.reference_allele) = 1 "
        "and length(fact.tumor_seq_allele2) = 1",
        asked=_SIGNATURES_OF_CALLS,
    ),
)

#: Rows behind a member and the feature of the statistic.
_OF_FEATURES = (
    _Rows("feature", "marts.immune_features", "and fact.feature = asked.feature"),
    # RNA may be another sample of the patient than the one whose calls count
    _Rows("expression", "marts.expression", "and fact.hugo_symbol = asked.feature"),
    _Rows("burden", "marts.burdens", f"{_SAME_SAMPLE} and fact.measure = asked.feature and fact.is_compared"),
)

#: Rows behind a statistic of resistance. One of a pair has that pair's rows, one over all pairs those of its members.
_SAME_PAIR = "and (asked.pair_id is null or asked.pair_id = fact.pair_id)"
_SAME_ANALYSIS = "and fact.analysis_id = asked.analysis_id and fact.variant = asked.variant"
_SAME_GENES = (
    "and (asked.feature in (fact.hugo_symbol, 'any gene set') "
    "or list_contains(fact.gene_sets, asked.feature))"
)
_PAIRS = "(select * from {schema}.pair_stats where endpoint = 'pairs')"
_PAIRED_CALLS = "(select * from {schema}.pair_stats where endpoint = 'pairs' and unit like '%mutations')"
_PAIRED_GENES = "(select * from {schema}.pair_stats where endpoint = 'pairs' and feature is not null)"
_INTRINSIC = "(select * from {schema}.frequency_stats where endpoint like 'intrinsic, %')"
_OF_RESISTANCE = (
    _Rows("earlier sample", "marts.sample_pairs", _SAME_PAIR, asked=_PAIRS),
    _Rows("later sample", "marts.sample_pairs", _SAME_PAIR, place="second_source", asked=_PAIRS),
    _Rows(
        "call in the earlier sample",
        "{schema}.pair_mutations",
        f"{_SAME_PAIR} {_SAME_ANALYSIS}",
        place="first_source",
        asked=_PAIRED_CALLS,
    ),
    _Rows(
        "call in the later sample",
        "{schema}.pair_mutations",
        f"{_SAME_PAIR} {_SAME_ANALYSIS}",
        place="second_source",
        asked=_PAIRED_CALLS,
    ),
    _Rows(
        "resistance event",
        "{schema}.resistance_events",
        f"and fact.pair_id is not null {_SAME_ANALYSIS} {_SAME_GENES}",
        asked=_PAIRED_GENES,
    ),
    _Rows(
        "resistance event",
        "{schema}.resistance_events",
        f"and fact.pair_id is null {_SAME_ANALYSIS} {_SAME_GENES}",
        asked=_INTRINSIC,
    ),
)

_ALL_ROWS = (*_OF_MEMBERS, *_OF_FEATURES, *_OF_RESISTANCE)
#: The words of member_rows and statistic_rows, and so of stats.lineage.
WORDS_OF_ROWS: Words = {
    "role": tuple(sorted({rows.role for rows in _ALL_ROWS})),
    "mart": tuple(sorted({rows.published_table for rows in _ALL_ROWS})),
}

#: Columns of stats.every_stat, and what stands for one where a table has it under another name or not at all.
_EVERY_STAT = {
    name: f"cast(null as {sql_type(kind)})"
    for name, (kind, _) in columns_of(AnyStatistic).items()
    if name != "table_name"
}
_ALSO_CALLED = {
    ("survival_stats", "median_in_group"): "median_in_group_months",
    ("survival_stats", "median_in_reference"): "median_in_reference_months",
}


def view_statements(schema: str = "stats") -> list[str]:
    """``every_stat``, ``stat_members`` and ``lineage``, in the order in which they are made.

    Parameters
    ----------
    schema : where the result tables are, and the views go.
    """
    every_stat = f"create or replace view {schema}.every_stat as " + " union all ".join(
        f"select {', '.join(_common(table))}, '{table}' as table_name from {schema}.{table}"
        for table in STATISTIC_TABLES
    )
    stat_members = f"""
    create or replace view {schema}.stat_members as
    select
        stat_sets.stat_id, members.cohort_id, members.patient_id, members.person_id, members.sample_id,
        members.status, members.time_months, members.is_event, members.member_id
    from {schema}.stat_sets as stat_sets
    inner join {schema}.set_members as set_members on stat_sets.set_id = set_members.set_id
    inner join {schema}.analysis_members as members on set_members.member_id = members.member_id
    """
    return [every_stat, stat_members, _lineage(schema)]


#: The rows behind one statistic. In a file that is attached and not in use, ``file`` says under which name it is.
LINEAGE_MACRO = """
create or replace macro stats.lineage_of(asked_stat_id, file := null) as table
select * from (select * from query('from ' || coalesce('"' || file || '".', '') || 'stats.lineage')) as rows_behind
where stat_id = asked_stat_id
"""


def _common(table: str) -> list[str]:
    columns = RESULT_TABLES[table].columns
    return [
        f"{_ALSO_CALLED.get((table, name), name if name in columns else substitute)} as {name}"
        for name, substitute in _EVERY_STAT.items()
    ]


def member_rows_query(schema: str = "stats") -> str:
    """The rows of ``member_rows``: what stands behind each person of an analysis, whichever statistic is asked for."""
    found = " union all ".join(_rows_of_members(rows, schema) for rows in _OF_MEMBERS)
    return f"select member_id, role, mart, source_file_id, source_row from ({found}) as found order by all"


def statistic_rows_query(schema: str = "stats") -> str:
    """The rows of ``statistic_rows``: what stands behind a person for what one statistic is about."""
    found = " union all ".join(
        [_rows_of_statistics(rows, schema, f"{schema}.every_stat") for rows in _OF_FEATURES]
        + [
            _rows_of_statistics(rows, schema, rows.asked.format(schema=schema))
            + f" where fact.{rows.place}_file_id is not null"
            for rows in _OF_RESISTANCE
        ]
    )
    return f"select stat_id, member_id, role, mart, source_file_id, source_row from ({found}) as found order by all"


def _lineage(schema: str) -> str:
    people = "members.cohort_id, members.patient_id, members.person_id, members.status"
    place = "rows_behind.role, rows_behind.mart, rows_behind.source_file_id, rows_behind.source_row"
    files = "files.address, files.member, files.sha256"
    # An inner join, which the engine may make before members become 96 million rows: counted in 1.4 s, as a left one
    # over all of them in 3.1. No row has no file: a version with such a row is not published (orchestration/checks).
    of_files = "inner join marts.source_files as files on rows_behind.source_file_id = files.source_file_id"
    return f"""
    create or replace view {schema}.lineage as
    select stat_sets.stat_id, {people}, {place}, {files}
    from {schema}.stat_sets as stat_sets
    inner join {schema}.set_members as set_members on stat_sets.set_id = set_members.set_id
    inner join {schema}.analysis_members as members on set_members.member_id = members.member_id
    inner join {schema}.member_rows as rows_behind on members.member_id = rows_behind.member_id
    {of_files}
    union all
    select rows_behind.stat_id, {people}, {place}, {files}
    from {schema}.statistic_rows as rows_behind
    inner join {schema}.analysis_members as members on rows_behind.member_id = members.member_id
    {of_files}
    """


def _behind(rows: _Rows) -> str:
    """The columns that every arm has of a row."""
    return (
        f"'{rows.role}' as role, '{rows.published_table}' as mart, fact.{rows.place}_file_id as source_file_id, "
        f"fact.{rows.place}_row as source_row"
    )


def _fact(rows: _Rows, schema: str) -> str:
    return (
        f"inner join {rows.table.format(schema=schema)} as fact on members.cohort_id = fact.cohort_id "
        f"and members.patient_id = fact.patient_id {rows.which}"
    )


def _rows_of_members(rows: _Rows, schema: str) -> str:
    asked = f"inner join {rows.asked.format(schema=schema)}" if rows.asked else ""
    return (
        f"select members.member_id, {_behind(rows)} from {schema}.analysis_members as members {asked} "
        + _fact(rows, schema)
    )


def _rows_of_statistics(rows: _Rows, schema: str, statistics: str) -> str:
    return f"""
    select asked.stat_id, members.member_id, {_behind(rows)}
    from {statistics} as asked
    inner join {schema}.stat_sets as stat_sets on asked.stat_id = stat_sets.stat_id
    inner join {schema}.set_members as set_members on stat_sets.set_id = set_members.set_id
    inner join {schema}.analysis_members as members on set_members.member_id = members.member_id
    {_fact(rows, schema)}
    """
