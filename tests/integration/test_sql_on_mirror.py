"""The questions of docs/sql.md, and what the file says of itself, on the public cohorts.

Some answers by a second route, from the raw files without any of the project's parsers.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import file_says
import pytest
from graph_runs import Run
from test_sql_page import QUERIES

pytestmark = pytest.mark.mirror

_MSK = "datahub.assets.cbioportal.org/tmb_mskcc_2018.tar.gz"
_RIAZ = "raw.githubusercontent.com/riazn/bms038_analysis"
_NONSYNONYMOUS = {
    "Missense_Mutation", "Nonsense_Mutation", "Nonstop_Mutation", "Splice_Site", "Translation_Start_Site",
    "Frame_Shift_Del", "Frame_Shift_Ins", "In_Frame_Del", "In_Frame_Ins",
}  # fmt: skip


def member_lines(archive: Path, member: str) -> list[list[str]]:
    """Lines of a member of the study, comments left out, cut at tabs."""
    with tarfile.open(archive) as opened:
        handle = opened.extractfile(member)
        assert handle is not None
        lines = handle.read().decode().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_the_page_has_an_answer(real: Run, name: str) -> None:
    assert len(real.query(QUERIES[name])) > 0


def test_keys_references_units_and_nulls_of_the_file_are_as_it_says(real: Run) -> None:
    with real.connect() as con:
        con.execute("set memory_limit = '1GB'")
        assert file_says.repeated_keys(con, most_rows=1_000_000) == []  # dbt tests those of the larger marts
        assert file_says.broken_references(con, most_rows=1_000_000) == []
        assert file_says.unexplained(con) == {"tables": [], "columns": [], "units": []}
        assert file_says.beyond_their_unit(con) == []
        assert file_says.always_null(con) == []


def test_the_file_is_under_200_mb_and_says_what_the_build_says(real: Run) -> None:
    assert real.published.stat().st_size < 200_000_000
    with real.connect() as con:
        con.execute("set memory_limit = '1GB'")
        assert file_says.unlike_the_build(con, real.settings.build_file) == []


def test_every_view_is_counted_and_shows_its_first_rows_in_a_gigabyte_without_a_disk(real: Run) -> None:
    """Which side of a join is kept in memory depends on how many rows DuckDB expects: the generated cohorts are too few
    to show it."""
    views = real.query(
        "select schema_name || '.' || view_name as name from duckdb_views() where schema_name in ('marts', 'stats')"
    )["name"]
    keys = {
        "stats.lineage": "stat_id",
        "stats.stat_members": "stat_id",
        "marts.sample_expression": "hugo_symbol",
    }
    with real.connect() as con:
        for statement in ("set memory_limit = '1GB'", "set temp_directory = ''", "set threads = 2"):
            con.execute(statement)
        for view in views:
            con.execute(f"select count(*) from {view}").fetchall()
            con.execute(f"select * from {view} limit 100").fetchall()
        for view, key in keys.items():
            one = f"select {key} from (select {key} from {view} limit 1)"
            assert con.execute(f"select count(*) > 0 from {view} where {key} in ({one})").fetchall() == [
                (True,)
            ]


def test_people_of_a_study_are_the_lines_of_its_file(real: Run, mirror: Path) -> None:
    header, *lines = member_lines(mirror / _MSK, "tmb_mskcc_2018/data_clinical_patient.txt")
    patients = {line[header.index("PATIENT_ID")] for line in lines}
    said = real.query(
        "select patient_id from marts.patients where cohort_id = 'tmb_mskcc_2018' and is_in_study"
    )
    assert set(said["patient_id"]) == patients and len(patients) > 1_600


def test_people_at_ten_mutations_a_megabase_are_those_of_the_study_s_own_score(
    real: Run, mirror: Path
) -> None:
    """By our panel sizes 41 of them are on the other side of 10."""
    header, *lines = member_lines(mirror / _MSK, "tmb_mskcc_2018/data_clinical_patient.txt")
    score = header.index("TMB_SCORE")
    high = {line[header.index("PATIENT_ID")] for line in lines if line[score] and float(line[score]) >= 10}
    said = real.query(
        "select patient_id from marts.patient_summary where cohort_id = 'tmb_mskcc_2018' and tmb_mut_per_mb >= 10"
    )
    assert set(said["patient_id"]) == high and len(high) > 400


def test_a_rate_that_the_source_states_needs_no_calls(real: Run) -> None:
    unlike = real.value(
        "select count(*) from marts.patient_summary as p join marts.tmb as t using (cohort_id, sample_id) "
        "where p.tmb_mut_per_mb is distinct from t.tmb_mut_per_mb "
        "or (p.tmb_mut_per_mb is null) <> (p.no_tmb_reason is not null)"
    )
    with_rate = real.value(
        "select count(tmb_mut_per_mb) from marts.patient_summary where cohort_id = 'loris_chowell_train'"
    )
    assert (unlike, with_rate) == (0, 964)


def test_carriers_of_a_gene_are_those_of_the_study_s_table_and_list(real: Run, mirror: Path) -> None:
    header, *lines = member_lines(mirror / _MSK, "tmb_mskcc_2018/data_mutations_extended.txt")
    gene, sample, kind = (
        header.index(name) for name in ("Hugo_Symbol", "Tumor_Sample_Barcode", "Variant_Classification")
    )
    listed = member_lines(mirror / _MSK, "tmb_mskcc_2018/case_lists/cases_sequenced.txt")
    (sequenced,) = [line for line in listed if line[0].startswith("case_list_ids:")]
    judged = {word.removeprefix("case_list_ids:").strip() for word in sequenced}
    carriers = {
        line[sample]
        for line in lines
        if line[gene] == "TP53" and line[kind] in _NONSYNONYMOUS and line[sample] in judged
    }
    said = real.value(
        "select n_mutated from marts.gene_frequencies(in_cohort := 'tmb_mskcc_2018') where hugo_symbol = 'TP53'"
    )
    assert said == len(carriers) > 500


def test_a_change_that_a_source_writes_in_three_letters_is_found_in_one(real: Run, mirror: Path) -> None:
    (table,) = (mirror / _RIAZ).glob("*/data/pre_therapy_nonsynonmous_mutations.csv")
    # its lines end in a carriage return alone
    lines = [line.split(",") for line in table.read_text(encoding="latin-1").replace("\r", "\n").splitlines()]
    carriers = {line[0] for line in lines if line[1:2] == ["BRAF"] and "p.Val600Glu" in line}
    said = real.query(QUERIES["carriers of a change"]).set_index("cohort_id")["patients"]
    assert said["riaz_2017"] == len(carriers) > 10


def test_calls_of_samples_that_were_not_profiled_count_nowhere(real: Run) -> None:
    """The issue's own numbers: 3,348 samples of TCGA have a TP53 call, 3,288 of them were profiled."""
    carriers = real.query(
        "select count(distinct sample_id) filter (where is_usable) as usable, "
        "count(distinct sample_id) filter (where is_counted) as counted from marts.mutations "
        "where cohort_id = 'tcga_pancan' and hugo_symbol = 'TP53' and is_nonsynonymous"
    ).iloc[0]
    by_status = real.value(
        "select count(*) from marts.gene_status('TP53') where cohort_id = 'tcga_pancan' and status = 'mutated'"
    )
    assert carriers["counted"] == by_status < carriers["usable"]
