"""Closed vocabularies: declared once, ENUMs in the published file, and a misspelt word is an error that lists them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analytics.results.schema import ResultTypeError, table_of
from analytics.results.statistic import MetaStatistic, Scope
from warehouse.closed_sql import SqlRefusedError, closed_file, one_statement
from warehouse.self_description.words import closed_words, enum_of, typed
from warehouse.sql_words import absent
from warehouse.tables import frame_of

_SEX = enum_of(("Female", "Male"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published file with people of a known sex or none, and a macro with the words of a gene's status."""
    path = tmp_path / "data" / "published" / "icb.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute(f"create table marts.patients (patient_id varchar, sex {_SEX}, cancer_type varchar)")
        con.execute("insert into marts.patients values ('p', 'Male', 'Melanoma'), ('q', null, null)")
        con.execute("create table marts.studies as select 'p' as patient_id, 'any' as sex")
        status = typed("marts.gene_status", "select gene as g, 'mutated' as status", {"status": "VARCHAR"})
        con.execute(f"create macro marts.gene_status(gene) as table {status}")
    monkeypatch.setenv("ICB_DATA", str(tmp_path / "data"))
    return path


def refused(query: str) -> str:
    with closed_file() as con, pytest.raises(SqlRefusedError) as refusal:
        one_statement(con, query)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("query", "place", "word"),
    [
        ("select 1 from marts.gene_status('ALK') where status = 'wildtype'", "marts.gene_status.status", "wildtype"),
        ("select 1 from marts.patients where sex in ('Male', 'female')", "marts.patients.sex", "female"),
        ("select 1 from marts.patients where 'm' <> sex", "marts.patients.sex", "m"),
        ("select count(*) filter (where p.SEX = 'm') from marts.Patients as p", "marts.patients.sex", "m"),
        ("with a as (from marts.patients) select 1 from a where sex = 'm'", "marts.patients.sex", "m"),
        ("select 1 where exists (from marts.patients where sex is distinct from 'm')", "marts.patients.sex", "m"),
    ],
)  # fmt: skip
def test_a_word_that_no_row_can_have_is_refused_with_those_that_it_can(
    file: Path, query: str, place: str, word: str
) -> None:
    said = refused(query)
    assert f"no row of {place} can be '{word}'" in said
    assert ("mutated, not_profiled, undetermined, wild_type" if "gene" in place else "Female, Male") in said


def test_the_word_that_was_meant_is_named(file: Path) -> None:
    assert "(near it: wild_type)" in refused("from marts.gene_status('ALK') where status = 'wildtype'")
    assert "(near it: Male)" in refused("from marts.patients where sex = 'male'")


@pytest.mark.parametrize(
    "query",
    [
        "from marts.patients where sex = 'Male'",
        "from marts.patients where cast(sex as varchar) = 'm'",
        "from marts.patients where cancer_type = 'no such type'",
        "select case sex when 'Male' then 'm' end as sex from marts.patients where sex = 'm'",
        "with patients as (select 'm' as sex) from patients where sex = 'm'",
        "from (select 'm' as sex from marts.patients) where sex = 'm'",
        "from marts.patients as p (sex, other) where sex = 'p'",
        "from (select patient_id as sex from marts.patients) where sex = 'p'",
        "from marts.studies join marts.patients using (patient_id) where studies.sex = 'any'",
        "from marts.studies join marts.patients using (patient_id) where sex = 'any'",
        "pivot marts.patients on sex using count(*)",
    ],
)
def test_what_is_a_word_or_no_plain_column_or_may_be_another_s_is_let_through(file: Path, query: str) -> None:
    with closed_file() as con:
        assert one_statement(con, query) == query


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "from marts.patients where cancer_type = 'melanoma'",
            "cancer_type has 'melanoma'; near it: Melanoma",
        ),
        ("from marts.patients where cancer_type in ('Melanoma', 'Quartz')", "cancer_type has 'Quartz'"),
    ],
)
def test_a_text_that_no_row_has_is_told_with_the_one_near_it(file: Path, query: str, said: str) -> None:
    with closed_file() as con:
        assert absent(con, query) == [f"no row of marts.patients.{said}"]


@pytest.mark.parametrize(
    "query",
    [
        "from marts.patients where cancer_type = 'Melanoma' or sex = 'Male'",
        "from marts.gene_status('ALK') where g = 'no such gene'",
        "select 'x' as cancer_type from marts.patients where cancer_type = 'x'",
        "pivot marts.patients on sex using count(*)",
    ],
)
def test_nothing_is_told_of_what_is_there_or_of_what_no_table_has(file: Path, query: str) -> None:
    with closed_file() as con:
        assert absent(con, query) == []


def test_frames_have_text_where_the_file_has_enums(file: Path) -> None:
    with duckdb.connect(str(file), read_only=True) as con:
        found = frame_of(con.execute("select * from marts.patients order by patient_id"))
    text = pd.DataFrame(
        {"patient_id": ["p", "q"], "sex": ["Male", None], "cancer_type": ["Melanoma", None]}, dtype="object"
    )
    pd.testing.assert_frame_equal(found, text)
    assert found["sex"].fillna("none").tolist() == ["Male", "none"]


def test_words_are_in_the_order_of_text() -> None:
    words = [of_column for table in closed_words().values() for of_column in table.values()]
    assert len(words) > 80
    assert all(list(of_column) == sorted(of_column) and len(of_column) > 1 for of_column in words)


def test_a_column_that_repeats_another_s_has_its_words() -> None:
    words = closed_words()
    assert words["marts.patient_summary"]["recist"] == words["marts.response_outcomes"]["recist"]
    assert set(words["marts.response_outcomes"]["recist"]) == {"CR", "PR", "SD", "PD", "SD/PD", "MR", "NE"}


def test_a_result_with_a_word_of_its_own_is_refused_where_it_is_made() -> None:
    row = MetaStatistic(name=Scope("a", "default", "OS").name("os.random_effects"), scale="hazards")
    with pytest.raises(ResultTypeError, match=r"meta_stats.scale is one of hazard ratio, .*, not 'hazards'"):
        table_of(MetaStatistic, [row])
