"""The public cohorts through the whole graph: what the papers print comes out, who is whom, which way an event is."""

from __future__ import annotations

import json
import math
import re
import shlex
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from catalog_on_mirror import columns_of, file_of
from graph_runs import ROOT, Run
from source_lines import source_lines

from ingestion.catalog.loading import load_catalog
from warehouse.reports.cohort_pages import FOLDER, write_pages
from warehouse.reports.cohort_receipt import DOCUMENT, write_document

pytestmark = pytest.mark.mirror

#: Numbers that a text calls a date: 31.12.1960, 12/31/60, 1960-12-31.
_YEAR, _PART, _SIGN = "(19|20)[0-9]{2}", "[0-9]{1,2}", "[/.-]"
DATE = f"(^|[^0-9])({_PART}{_SIGN}{_PART}{_SIGN}(19|20)?[0-9]{{2}}|{_YEAR}{_SIGN}{_PART}{_SIGN}{_PART})([^0-9]|$)"


def statistic(real: Run, stat_id: str) -> dict[str, Any]:
    found = real.query("select * from stats.survival_stats where stat_id = ?", stat_id).to_dict("records")
    assert len(found) == 1, stat_id
    return {str(name): value for name, value in found[0].items()}


# --- the papers' numbers ------------------------------------------------------------------------------------------


def test_a6_22_of_320_msk_melanomas_and_the_printed_hazard_ratio(real: Run) -> None:
    name = "igf1r_melanoma_msk_validation/as_published"
    row = statistic(real, f"{name}/os.cox_univariable")
    assert (row["n"], row["n_in_group"]) == (320, 22)
    assert (row["events_in_group"], row["events"] - row["events_in_group"]) == (4, 121)
    assert [round(row[k], 3) for k in ("estimate", "ci_low", "ci_high")] == [0.338, 0.124, 0.916]
    assert round(statistic(real, f"{name}/os.log_rank")["p"], 4) == 0.0250
    assert math.isnan(statistic(real, f"{name}/os.median.mutated")["estimate"]), "not reached"
    assert statistic(real, f"{name}/os.median.wild_type")["estimate"] == 42.0


def test_a7_the_same_adjusted(real: Run) -> None:
    row = statistic(real, "igf1r_melanoma_msk_validation/as_published/os.cox_adjusted")
    assert [round(row[k], 3) for k in ("estimate", "ci_low", "ci_high")] == [0.347, 0.127, 0.947]
    assert round(row["p"], 4) == 0.0388
    assert list(row["adjusted_for"]) == ["age_group", "sex", "sample_type", "drug_class"]


def test_c3_1524_people_91_mutated_and_the_log_rank_ratio(real: Run) -> None:
    row = statistic(real, "alk_validation/as_published/os.logrank_oe")
    assert (row["n"], row["n_in_group"]) == (1524, 91)
    assert [round(row[k], 3) for k in ("estimate", "ci_low", "ci_high")] == [0.622, 0.467, 0.828]
    cox = statistic(real, "alk_validation/as_published/os.cox_univariable")
    assert [round(cox[k], 3) for k in ("estimate", "ci_low", "ci_high")] == [0.617, 0.433, 0.880]


def test_the_honest_default_of_c3_counts_the_sequenced_people_that_were_dropped(real: Run) -> None:
    row = statistic(real, "alk_validation/default/os.cox_univariable")
    dropped = real.value(
        "select n_left_out from stats.analysis_flow where analysis_id = 'alk_validation' "
        "and variant = 'as_published' and step = 'any mutation row'"
    )
    assert row["n"] == 1524 + dropped == 1572 and list(row["strata"]) == ["cancer_type", "panel_id"]


def test_the_claims_of_a6_a7_and_c3_are_exact(real: Run) -> None:
    verdicts = real.query("select claim_id, verdict from stats.claim_checks").set_index("claim_id")["verdict"]
    own = verdicts[verdicts.index.str.match(r"(A6|A7|C3)\.")]
    assert len(own) >= 18 and set(own) == {"exact"}, own[own != "exact"]


@pytest.mark.parametrize(
    ("claim_id", "rule_id"),
    [
        ("A4.orr_p", "p_not_of_counts"),
        ("B4.acquired_share", "ratio_mismatch"),
        ("C1.samstein_wild_type", "sum_mismatch"),
        ("C1.samstein_mutated", "same_quantity_differs"),
        ("C2.n_mutated", "sum_mismatch"),
        ("C13.sbs31_os_hr", "interval_against_significance"),
        ("C13.sbs42_os_hr", "interval_against_significance"),
        ("C13.sbs86_os_hr", "interval_not_centred"),
    ],
)
def test_the_papers_inner_contradictions_are_found(real: Run, claim_id: str, rule_id: str) -> None:
    found = real.query("select verdict, rule_ids from stats.claim_checks where claim_id = ?", claim_id)
    assert found["verdict"].tolist() == ["internally inconsistent"]
    assert rule_id in found["rule_ids"].iloc[0]


def test_every_claim_has_a_verdict_and_a_sentence(real: Run) -> None:
    found = real.query("select claim_id, verdict, sentence from stats.claim_checks")
    assert len(found) == real.value("select count(*) from marts.published_claims")
    assert found["verdict"].notna().all() and found["sentence"].str.contains(r"\.\)?$").all()
    for row in real.query(
        "select claim_id, missing_sources from stats.claim_checks where verdict = 'not reproducible from public data'"
    ).itertuples():
        assert len(row.missing_sources) > 0, row.claim_id


# --- people -------------------------------------------------------------------------------------------------------


def shared(real: Run, one: str, other: str, rule_id: str | None = None) -> set[tuple[str, str]]:
    """Pairs of patients of two cohorts who are one person; ``rule_id``: one of them is joined by that rule."""
    rows = real.query(
        "select a.patient_id as one, b.patient_id as other, a.rule_id, b.rule_id as other_rule_id "
        "from marts.person_aliases as a inner join marts.person_aliases as b on a.person_id = b.person_id "
        "where a.cohort_id = ? and b.cohort_id = ?",
        one,
        other,
    )
    if rule_id is not None:
        rows = rows[(rows["rule_id"] == rule_id) | (rows["other_rule_id"] == rule_id)]
    return set(zip(rows["one"], rows["other"], strict=True))


def test_211_of_the_240_lung_patients_are_in_the_large_msk_study(real: Run) -> None:
    assert real.value("select count(*) from marts.patients where cohort_id = 'nsclc_pd1_msk_2018'") == 240
    found = shared(real, "nsclc_pd1_msk_2018", "tmb_mskcc_2018")
    assert len(found) == 211 and all(one == other for one, other in found)


def test_five_patients_of_rizvi_2015_are_found_in_the_msk_panels_by_fingerprint(real: Run) -> None:
    assert shared(real, "luad_mskcc_2015", "tmb_mskcc_2018", "mutation_fingerprint") == {
        ("luad_mskcc_2015_7", "P-0002295"),
        ("luad_mskcc_2015_8", "P-0003347"),
        ("luad_mskcc_2015_9", "P-0000082"),
        ("luad_mskcc_2015_15", "P-0005981"),
        ("luad_mskcc_2015_32", "P-0007088"),
    }


def test_the_pairs_found_by_fingerprint_agree_in_sex(real: Run) -> None:
    """A second route: a clinical column that the fingerprint does not look at."""
    found = real.query(
        "select a.cohort_id, a.patient_id, b.cohort_id as other_cohort_id, b.patient_id as other, "
        "p.sex, q.sex as other_sex from marts.person_aliases as a "
        "inner join marts.person_aliases as b on a.person_id = b.person_id and a.cohort_id < b.cohort_id "
        "inner join marts.patients as p on a.cohort_id = p.cohort_id and a.patient_id = p.patient_id "
        "inner join marts.patients as q on b.cohort_id = q.cohort_id and b.patient_id = q.patient_id "
        "where 'mutation_fingerprint' in (a.rule_id, b.rule_id) and p.sex is not null and q.sex is not null"
    )
    assert len(found) >= 10 and (found["sex"] == found["other_sex"]).all(), found.to_string()


def test_the_five_progressed_on_the_same_day_in_both_studies_or_later_in_the_later_one(real: Run) -> None:
    """The second route for the five: Rizvi 2015 and Rizvi 2018 both follow them for progression."""
    found = real.query(
        "select o.time_months, o.is_event, n.time_months as later_months from marts.person_aliases as a "
        "inner join marts.person_aliases as b on a.person_id = b.person_id "
        "inner join marts.survival_outcomes as o on a.cohort_id = o.cohort_id and a.patient_id = o.patient_id "
        "inner join marts.survival_outcomes as n on b.cohort_id = n.cohort_id and b.patient_id = n.patient_id "
        "where a.cohort_id = 'luad_mskcc_2015' and b.cohort_id = 'nsclc_pd1_msk_2018' "
        "and o.endpoint = 'PFS' and n.endpoint = 'PFS'"
    )
    assert len(found) == 5 and found["is_event"].sum() == 3
    progressed = found[found["is_event"].astype(bool)]
    assert ((progressed["time_months"] - progressed["later_months"]).abs() < 0.05).all()
    followed_on = found[~found["is_event"].astype(bool)]
    assert (followed_on["later_months"] > followed_on["time_months"]).all()


def test_hugo_s_pt36_is_riaz_s_pt11_and_the_other_false_friends_stay_apart(real: Run) -> None:
    assert shared(real, "hugo_2016", "riaz_2017", "mutation_fingerprint") == {("Pt36", "Pt11")}
    assert shared(real, "hugo_2016", "riaz_2017") == {("Pt36", "Pt11")}


@pytest.mark.parametrize(
    ("other", "n"), [("van_allen_2015", 91), ("snyder_2014", 46), ("luad_mskcc_2015", 29)]
)
def test_miao_2018_is_joined_to_the_studies_it_re_uses(real: Run, other: str, n: int) -> None:
    assert len(shared(real, "miao_2018", other)) == n


# --- which way is an event ----------------------------------------------------------------------------------------


def test_tcga_s_deadliest_tumours_have_most_deaths_and_the_mildest_fewest(real: Run) -> None:
    died = real.query(
        "select p.oncotree_code, avg(o.is_event::int) as died from marts.survival_outcomes as o "
        "inner join marts.patients as p on o.cohort_id = p.cohort_id and o.patient_id = p.patient_id "
        "where o.cohort_id = 'tcga_pancan' and o.endpoint = 'OS' group by p.oncotree_code"
    ).set_index("oncotree_code")["died"]
    assert len(died) >= 32
    assert died["GBM"] > 0.7 and died["MESO"] > 0.7 and died["PAAD"] > 0.45
    assert died["PRAD"] < 0.05 and died["THCA"] < 0.05 and died["TGCT"] < 0.05


def test_tcga_dead_of_disease_are_dead_and_progressed_no_later_than_they_died(real: Run) -> None:
    rows = real.query(
        "select o.is_event as died, d.is_event as of_disease, count(*) as n from marts.survival_outcomes as o "
        "inner join marts.survival_outcomes as d on o.cohort_id = d.cohort_id and o.patient_id = d.patient_id "
        "where o.cohort_id = 'tcga_pancan' and o.endpoint = 'OS' and d.endpoint = 'DSS' group by all"
    )
    assert rows.loc[rows["of_disease"] & ~rows["died"], "n"].sum() == 0
    assert rows.loc[rows["of_disease"] & rows["died"], "n"].sum() > 2000


def test_in_every_cohort_responders_die_less_often_than_progressors(real: Run) -> None:
    rates = real.query(
        "select o.cohort_id, avg(o.is_event::int) filter (where r.recist in ('CR', 'PR')) as responders, "
        "avg(o.is_event::int) filter (where r.recist = 'PD') as progressors, "
        "avg(o.is_event::int) filter (where r.recist = 'SD/PD') as others from marts.survival_outcomes as o "
        "inner join marts.response_outcomes as r on o.cohort_id = r.cohort_id and o.patient_id = r.patient_id "
        "where o.endpoint in ('OS', 'PFS') and r.recist is not null group by o.cohort_id"
    )
    assert len(rates) >= 24
    # the sheets of LORIS tell responders from everybody else, who are SD/PD
    without_progressors = set(rates.loc[rates["progressors"].isna(), "cohort_id"])
    assert without_progressors == {
        "loris_chowell_train", "loris_chowell_test", "loris_msk1", "loris_msk2", "loris_shim_nsclc",
        "loris_kato_pancancer", "loris_pradat_pancancer", "loris_ravi_nsclc", "loris_vanguri_nsclc",
    }  # fmt: skip
    compared = rates["progressors"].fillna(rates["others"])
    assert (rates["responders"] < compared).all(), rates.to_string()


# --- privacy ------------------------------------------------------------------------------------------------------


def text_columns(real: Run) -> list[tuple[str, str]]:
    """Every text column of a table with rows of patients."""
    rows = real.query(
        "select schema_name || '.' || table_name as t, column_name as c from duckdb_columns() "
        "where schema_name in ('marts', 'stats') and data_type = 'VARCHAR' and table_name in "
        "(select table_name from duckdb_columns() where column_name in ('patient_id', 'source_row')) "
        "and table_name in (select table_name from duckdb_tables())"
    )
    return list(zip(rows["t"], rows["c"], strict=True))


def test_no_date_of_any_person_is_in_the_published_file(real: Run) -> None:
    columns = text_columns(real)
    assert len(columns) > 80
    with real.connect() as con:
        for table, column in columns:
            found = con.execute(
                f'select min("{column}") from {table} where regexp_matches("{column}", ?)', [DATE]
            )
            assert found.fetchone() == (None,), (table, column)
    dated = real.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' "
        "and (data_type like 'DATE%' or data_type like 'TIME%')"
    )
    assert dated.empty


def test_the_birth_and_death_dates_of_van_allen_s_table_are_nowhere(real: Run, mirror: Path) -> None:
    """The values themselves, whatever they look like, against every text of every table, and the raw tables too."""
    file = file_of(load_catalog(ROOT / "catalog").cohort("van_allen_2015"), "clinical")
    table = columns_of(mirror, file, *file.private)
    secret = {str(v).strip() for column in file.private for v in table[column].dropna()} - {"", "NA"}
    assert len(secret) > 100 and all(len(value) >= 5 for value in secret), sorted(secret)[:5]
    with real.connect() as con:
        for name, column in text_columns(real):
            found = con.execute(
                f'select "{column}" from {name} where list_contains(?, trim("{column}")) limit 1',
                [sorted(secret)],
            )
            assert found.fetchone() is None, (name, column)
    import duckdb

    with duckdb.connect(str(real.settings.build_file), read_only=True) as con:
        found = con.execute(
            "select count(*) from raw.clinical_values where cohort_id = 'van_allen_2015' "
            "and (list_contains($secret, trim(value)) or list_contains($private, column_name))",
            {"secret": sorted(secret), "private": list(file.private)},
        )
        assert found.fetchone() == (0,)


# --- lineage ------------------------------------------------------------------------------------------------------


def test_every_statistic_of_people_has_exactly_its_n_members_behind_it(real: Run) -> None:
    wrong = real.query(
        "select s.stat_id, s.row_set, s.n, count(distinct l.cohort_id || ' ' || l.patient_id) as counted "
        "from stats.every_stat as s left join stats.lineage as l on s.stat_id = l.stat_id and l.role = 'patient' "
        "where s.table_name <> 'meta_stats' and s.n is not null group by all having counted <> s.n"
    )
    assert wrong.empty, wrong.head(10).to_string()


@pytest.mark.filterwarnings("ignore:Unknown extension")
def test_every_row_behind_every_default_estimate_is_a_line_of_a_real_file_that_names_its_patient(
    real: Run,
) -> None:
    rows = real.query(
        "select distinct l.role, l.cohort_id, l.patient_id, m.sample_id, l.address, l.member, l.sha256, l.source_row "
        "from stats.lineage as l inner join stats.every_stat as s on l.stat_id = s.stat_id "
        "inner join stats.analysis_members as m on m.analysis_id = s.analysis_id and m.variant = s.variant "
        "and m.endpoint = s.endpoint and m.cohort_id = l.cohort_id and m.patient_id = l.patient_id "
        "where s.cohort_id is null and s.variant = 'default' and l.role <> 'substitution'"
    )  # 180,000 substitutions are rows of the same tables of mutations as the role mutation
    assert rows[["address", "sha256", "source_row"]].notna().all(axis=None)
    wrong: Counter[tuple[str, str, str]] = Counter()
    for row in rows.itertuples():
        member = row.member if isinstance(row.member, str) else None
        lines = source_lines(real.data / "raw", row.sha256, row.address, member)
        line = lines[row.source_row - 1] if row.source_row <= len(lines) else ""
        if row.role == "expression" and row.cohort_id != "roh_2017":
            line = lines[0]  # a line of a matrix is a gene; its header names the samples
            if row.cohort_id == "tcga_pancan":
                continue  # columns XY1 to XY20: who they are says the catalogue
        if row.patient_id not in line and (row.sample_id is None or row.sample_id not in line):
            wrong[(row.role, row.address, member or "")] += 1
    assert not wrong
    assert len(rows) > 30_000


# --- as a user asks -----------------------------------------------------------------------------------------------


def test_the_question_of_the_issue_is_answered_in_the_agreed_shape(real: Run) -> None:
    answer = real.json(
        "gene", "ALK", "--cohort", "tmb_mskcc_2018", "--cancer-type", "Melanoma", "--endpoint", "OS",
        "--adjust", "sex,drug_class",
    )  # fmt: skip
    assert list(answer) == [
        "question", "asked", "biomarker", "headline", "comparisons", "interaction", "predictive", "trials",
        "without_icb", "guards", "cut", "flow", "notes", "family", "lineage",
    ]  # fmt: skip
    assert answer["question"] == (
        "ALK; endpoint OS; cohort tmb_mskcc_2018; where cancer_type=Melanoma; adjust drug_class,sex"
    )
    assert answer["flow"][-1]["n"] == 320
    (found,) = answer["comparisons"]
    assert (found["group"], found["reference"]) == ("ALK mutated", "ALK wild-type")
    for row in (*found["cohorts"], found["pooled"], *found["beside"]):
        assert list(row) == [
            "name", "cohort_id", "in_pool", "estimator", "scale", "n", "n_in_group", "events", "events_in_group",
            "median_in_group_months", "median_in_reference_months", "estimate", "ci_low", "ci_high", "p",
            "p_method", "adjusted_for", "strata", "warnings",
        ]  # fmt: skip
    adjusted = next(row for row in found["beside"] if row["name"] == "os.cox_adjusted")
    assert adjusted["scale"] == "hazard ratio" and adjusted["adjusted_for"] == ["drug_class", "sex"]
    assert (adjusted["n"], adjusted["n_in_group"], adjusted["events"]) == (320, 35, 125)


README = (ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else ""
SQL_BLOCKS = re.findall(r"^```sql\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
QUESTIONS = [
    shlex.split(line, comments=True)
    for block in re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith("icb ")
    and not line.startswith(("icb cohort", "icb diff"))  # these need more than one run
    and not line.startswith(
        ("icb explore", "icb mcp")
    )  # these serve until they are ended: tests of their own
]


@pytest.mark.skipif(not SQL_BLOCKS, reason="there is no README with SQL in it")
@pytest.mark.parametrize("query", SQL_BLOCKS, ids=lambda q: q.splitlines()[0].removeprefix("-- ")[:50])
def test_sql_of_the_readme_runs_as_pasted(real: Run, query: str) -> None:
    done = real.icb("sql", query, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.skipif(not QUESTIONS, reason="there is no README with questions in it")
@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_questions_of_the_readme_are_answered(real: Run, words: list[str]) -> None:
    done = real.icb(*words[1:])
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3  # a header, a rule, a row: after one run there is one version


def test_the_receipts_of_the_docs_are_those_of_the_published_file(real: Run, tmp_path: Path) -> None:
    page, folder = tmp_path / "cohorts.md", tmp_path / "cohorts"
    shutil.copy(DOCUMENT, page)
    folder.mkdir()
    with duckdb.connect(str(real.published.resolve()), read_only=True) as con:  # beside its manifest
        write_document(write_pages(con, folder), page)
    assert page.read_text(encoding="utf-8") == DOCUMENT.read_text(encoding="utf-8"), "make receipts"
    made, committed = (
        {one.name: one.read_text(encoding="utf-8") for one in where.glob("*.md")}
        for where in (folder, FOLDER)
    )
    assert made == committed, "make receipts"
