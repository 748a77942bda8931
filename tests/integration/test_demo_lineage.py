"""Every number walks back: to exactly the people it counted, and from each of them to a line that names them."""

from __future__ import annotations

from collections import Counter

import pytest
from graph_runs import ROOT, Run
from source_lines import source_lines

from analytics.results.tables import RESULT_TABLES
from ingestion.fetching.store import sha256_of

ROLES = {
    "patient", "time", "event", "response", "treatment", "sample", "profiling", "mutation", "burden",
    "earlier sample", "later sample", "call in the earlier sample", "call in the later sample", "resistance event",
    "spectrum", "substitution", "feature", "expression",
}  # fmt: skip


def test_every_statistic_of_people_has_exactly_its_n_members_behind_it(demo: Run) -> None:
    wrong = demo.query(
        "select s.stat_id, s.row_set, s.n, count(distinct l.cohort_id || ' ' || l.patient_id) as counted "
        "from stats.every_stat as s left join stats.lineage as l on s.stat_id = l.stat_id and l.role = 'patient' "
        "where s.table_name <> 'meta_stats' and s.n is not null group by all having counted <> s.n"
    )
    assert wrong.empty, wrong.head(10).to_string()
    assert demo.value("select count(*) from stats.every_stat") > 1000


def test_every_member_has_one_patient_row_and_one_time_behind_each_statistic(demo: Run) -> None:
    """An endpoint that is the first event of several has a time and a status of each."""
    repeated = demo.query(
        "with parts as (select analysis_id, variant, split_part(unnest(endpoint_parts), ':', 1) as endpoint "
        "from stats.analysis_specs), several as (select e.stat_id, count(*) as n_parts from stats.every_stat as e "
        "inner join parts using (analysis_id, variant, endpoint) group by e.stat_id) "
        "select l.stat_id, l.cohort_id, l.patient_id, l.role, several.n_parts, count(*) as n "
        "from stats.lineage as l left join several on l.stat_id = several.stat_id and l.role in ('time', 'event') "
        "where l.role in ('patient', 'time', 'event', 'sample', 'profiling') "
        "group by all having n <> coalesce(several.n_parts, 1) limit 5"
    )
    assert repeated.empty, repeated.to_string()


def test_a_meta_analysis_walks_back_to_the_people_of_its_cohorts_and_no_others(demo: Run) -> None:
    found = demo.query(
        "select m.stat_id, m.cohorts, m.left_out, string_agg(distinct l.cohort_id, ', ' order by l.cohort_id) "
        "as behind from stats.meta_stats as m left join stats.lineage as l on m.stat_id = l.stat_id group by all"
    )
    assert len(found) > 10
    for row in found.itertuples():
        assert row.behind == ", ".join(sorted(row.cohorts)), row.stat_id
        assert row.left_out is None or row.left_out not in row.behind.split(", "), row.stat_id


def test_every_row_behind_every_statistic_is_a_line_that_names_its_patient(demo: Run) -> None:
    rows = demo.query(
        "select distinct l.role, l.cohort_id, l.patient_id, m.sample_id, l.address, l.member, l.sha256, l.source_row "
        "from stats.lineage as l inner join stats.every_stat as s on l.stat_id = s.stat_id "
        "inner join stats.analysis_members as m on m.analysis_id = s.analysis_id and m.variant = s.variant "
        "and m.endpoint = s.endpoint and m.cohort_id = l.cohort_id and m.patient_id = l.patient_id"
    )
    assert set(rows["role"]) == ROLES
    assert rows[["address", "sha256", "source_row"]].notna().all(axis=None)
    wrong: Counter[tuple[str, str, str]] = Counter()
    for row in rows.itertuples():
        member = row.member if isinstance(row.member, str) else None
        lines = source_lines(demo.data / "raw", row.sha256, row.address, member)
        line = lines[row.source_row - 1] if row.source_row <= len(lines) else ""
        if row.role == "expression":  # a line of a matrix is a gene; its header names the samples
            line = "\t".join(lines[:3])
        # a sample file or a list of sequenced samples names the sample
        if row.patient_id not in line and (row.sample_id is None or row.sample_id not in line):
            wrong[(row.role, row.address, member or "")] += 1
    assert not wrong
    assert len(rows) > 10_000


def test_a_time_behind_a_statistic_is_the_raw_word_of_its_line(demo: Run) -> None:
    rows = demo.query(
        "select o.time_raw, o.event_raw, o.source_row, o.event_source_row, f.address, f.member, f.sha256, "
        "e.address as event_address, e.member as event_member, e.sha256 as event_sha256 "
        "from marts.survival_outcomes as o inner join marts.source_files as f on o.source_file_id = f.source_file_id "
        "inner join marts.source_files as e on o.event_source_file_id = e.source_file_id"
    )
    assert len(rows) > 2000
    for row in rows.itertuples():
        member = row.member if isinstance(row.member, str) else None
        event_member = row.event_member if isinstance(row.event_member, str) else None
        time_line = source_lines(demo.data / "raw", row.sha256, row.address, member)[row.source_row - 1]
        event_lines = source_lines(demo.data / "raw", row.event_sha256, row.event_address, event_member)
        assert str(row.time_raw) in time_line
        assert str(row.event_raw) in event_lines[row.event_source_row - 1]


def test_a_call_behind_a_statistic_is_a_line_with_the_gene_under_its_raw_name(demo: Run) -> None:
    rows = demo.query(
        "select distinct m.hugo_symbol_raw, m.variant_classification_raw, m.source_row, f.address, f.member, f.sha256 "
        "from stats.lineage as l inner join marts.mutations as m on l.source_file_id = m.source_file_id "
        "and l.source_row = m.source_row and l.cohort_id = m.cohort_id "
        "inner join marts.source_files as f on m.source_file_id = f.source_file_id where l.role = 'mutation'"
    )
    assert len(rows) > 500
    for row in rows.itertuples():
        member = row.member if isinstance(row.member, str) else None
        line = source_lines(demo.data / "raw", row.sha256, row.address, member)[row.source_row - 1]
        assert row.hugo_symbol_raw in line and row.variant_classification_raw in line


def test_every_statistic_has_its_spec_with_the_checksum_of_the_file_and_the_run_that_made_it(
    demo: Run,
) -> None:
    specs = demo.query("select distinct analysis_id, spec_sha256, run_id from stats.analysis_specs")
    for spec in specs.itertuples():
        path = ROOT / "catalog" / "demo" / "analyses" / f"{spec.analysis_id}.yaml"
        assert spec.spec_sha256 == sha256_of(path)
    runs = demo.query("select * from stats.runs")
    assert set(specs["run_id"]) <= set(runs["run_id"])
    assert runs["python"].notna().all()
    assert all(any(one.startswith("duckdb ") for one in packages) for packages in runs["packages"])


@pytest.mark.parametrize("variant", ["default", "as_often_published"])
def test_the_flow_of_every_analysis_adds_up_to_its_members(demo: Run, variant: str) -> None:
    flow = demo.query(
        "select analysis_id, endpoint, step_number, n, n_left_out, reason from stats.analysis_flow "
        "where variant = ? order by analysis_id, endpoint, step_number",
        variant,
    )
    members = demo.query(
        "select analysis_id, endpoint, count(*) filter (where is_member) as n, count(*) as n_asked "
        "from stats.analysis_members where variant = ? group by all",
        variant,
    ).set_index(["analysis_id", "endpoint"])
    for key, steps in flow.groupby(["analysis_id", "endpoint"]):
        assert steps["n"].iloc[0] == members.loc[key, "n_asked"], key
        assert steps["n"].iloc[-1] == members.loc[key, "n"], key
        assert (steps["n"].diff().iloc[1:] == -steps["n_left_out"].iloc[1:]).all(), key
        assert (steps.loc[steps["n_left_out"] > 0, "reason"] != "").all(), key


def test_who_was_left_out_is_on_record_with_the_step(demo: Run) -> None:
    by_step = demo.query(
        "select left_at, count(*) as n from stats.analysis_members where analysis_id = 'demo_igf1r' "
        "and variant = 'default' and endpoint = 'OS' and not is_member group by left_at"
    ).set_index("left_at")["n"]
    flow = demo.query(
        "select step, n_left_out from stats.analysis_flow where analysis_id = 'demo_igf1r' and variant = 'default' "
        "and endpoint = 'OS' and n_left_out > 0"
    ).set_index("step")["n_left_out"]
    assert by_step.to_dict() == flow.to_dict()


def test_the_published_columns_are_the_declared_ones_with_their_meaning(demo: Run) -> None:
    columns = demo.query(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'stats' "
        "and table_name in (select table_name from docs.tables where schema_name = 'stats' and kind = 'table') "
        "order by column_index"
    )
    published = set(columns["table_name"])
    assert {"survival_stats", "response_stats", "analysis_members", "analysis_flow", "runs"} <= published
    for table in published & set(RESULT_TABLES):
        of_table = columns[columns["table_name"] == table]
        assert list(of_table["column_name"]) == list(RESULT_TABLES[table].columns)
        assert list(of_table["comment"]) == [meaning for _, meaning in RESULT_TABLES[table].columns.values()]


def test_no_number_is_infinite_or_nan_and_no_hazard_ratio_is_zero(demo: Run) -> None:
    doubles = demo.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'stats' and data_type = 'DOUBLE'"
    )
    assert len(doubles) > 20
    for table, columns in doubles.groupby("table_name")["column_name"]:
        counts = ", ".join(f'count(*) filter (isnan("{name}") or isinf("{name}"))' for name in columns)
        found = demo.query(f"select {counts} from stats.{table}").iloc[0].tolist()
        assert dict(zip(columns, found, strict=True)) == dict.fromkeys(columns, 0), table
    zero = demo.query(
        "select stat_id, estimate from stats.survival_stats where estimator in ('cox', 'firth', 'log_rank_oe') "
        "and (estimate < 0.005 or estimate > 200)"
    )
    assert zero.empty, zero.to_string()
