"""Nobody is called mutated or wild-type who was not looked at and judged, in any analysis, on the demo and on the real
files; but for the variants that repeat a paper which called them so."""

from __future__ import annotations

from pathlib import Path

import pytest
from graph_runs import ROOT, Run

from warehouse.catalog.analyses import load_analysis

CALLED = "called % as published; %"
#: How an endpoint ends of which everybody randomised is counted, whether the gene was looked at or not.
RANDOMISED = ", all randomised"


def as_published(folder: Path) -> set[tuple[str, str]]:
    """Analyses and variants whose files call everybody who is not mutated wild-type."""
    return {
        (spec.analysis_id, name)
        for spec in map(load_analysis, sorted(folder.glob("*.yaml")))
        for name, variant in getattr(spec, "variants", {}).items()
        if variant.unprofiled == "wild_type"
    }


def assert_status_is_earned(run: Run, folder: Path) -> None:
    unearned = run.query(
        "select m.analysis_id, m.variant, m.endpoint, m.cohort_id, m.patient_id, m.status, p.is_profiled "
        "from stats.analysis_members as m left join marts.profiling as p "
        "on m.cohort_id = p.cohort_id and m.sample_id = p.sample_id "
        "where m.status in ('mutated', 'wild_type') and coalesce(m.status_reason, '') not like ? "
        "and (not coalesce(p.is_profiled, false) or p.is_undetermined)",
        CALLED,
    )
    assert unearned.empty, unearned.head().to_string()
    called = run.query(
        "select distinct analysis_id, variant from stats.analysis_members where status_reason like ?", CALLED
    )
    assert set(called.itertuples(index=False, name=None)) <= as_published(folder)
    counted = run.query(
        "select analysis_id, variant, endpoint, status from stats.analysis_members "
        "where is_member and status in ('not_profiled', 'undetermined') and not ends_with(endpoint, ?)",
        RANDOMISED,
    )
    assert counted.empty, counted.head().to_string()


def assert_everybody_randomised_counts_for_the_effect_of_treatment_alone(run: Run) -> None:
    """What treatment does to all asks no gene: who was never looked at is counted there, and in no other number."""
    rows = run.query(
        "select distinct table_name, estimator from stats.every_stat where ends_with(endpoint, ?)", RANDOMISED
    )
    assert list(rows.itertuples(index=False, name=None)) == [("interaction_stats", "treatment_effect")]
    unlike = run.query(
        "with randomised as (select analysis_id, variant, replace(endpoint, ?, '') as endpoint, cohort_id, "
        "patient_id from stats.analysis_members where is_member and ends_with(endpoint, ?)), "
        "with_status as (select analysis_id, variant, replace(endpoint, ', both arms', '') as endpoint, cohort_id, "
        "patient_id, is_member, status from stats.analysis_members where ends_with(endpoint, ', both arms')) "
        "select * from with_status anti join randomised using (analysis_id, variant, endpoint, cohort_id, patient_id) "
        "where is_member",
        RANDOMISED,
        RANDOMISED,
    )
    assert unlike.empty, unlike.head().to_string()


def assert_status_is_that_of_the_table_macro(run: Run) -> None:
    genes = run.query(
        "select distinct biomarker as gene from stats.analysis_specs where genes = [biomarker] and kind <> 'resistance'"
    )["gene"]
    assert len(genes)
    for gene in genes:
        wrong = run.query(
            "select m.analysis_id, m.variant, m.patient_id, m.status, s.status as said "
            "from stats.analysis_members as m "
            "inner join stats.analysis_specs as a on m.analysis_id = a.analysis_id and m.variant = a.variant "
            f"left join marts.gene_status('{gene}') as s on m.cohort_id = s.cohort_id and m.sample_id = s.sample_id "
            "where a.biomarker = ? and coalesce(m.status_reason, '') not like ? "
            "and (m.status <> coalesce(s.status, 'not_profiled') "
            "or coalesce(m.status_reason, '') <> coalesce(s.status_reason, if(s.status is null, 'no sample', '')))",
            gene,
            CALLED,
        )
        assert wrong.empty, wrong.head().to_string()


def assert_no_gene_no_status(run: Run) -> None:
    words = run.query(
        "select distinct m.endpoint, m.status from stats.analysis_members as m inner join stats.analysis_specs as a "
        "on m.analysis_id = a.analysis_id and m.variant = a.variant "
        "where a.kind = 'resistance' and m.endpoint not like 'intrinsic%'"
    )
    assert len(words) and words["status"].isna().all()


def assert_scans_look_at_sequenced_people_who_can_be_judged(run: Run) -> None:
    wrong = run.query(
        "select m.scan_id, m.patient_id from stats.scan_members as m left join marts.profiling as p "
        "on m.cohort_id = p.cohort_id and m.sample_id = p.sample_id "
        "where m.is_member and (not coalesce(p.is_profiled, false) or p.is_undetermined)"
    )
    assert wrong.empty, wrong.head().to_string()


def test_on_the_demo_nobody_has_a_status_that_was_not_earned(demo: Run) -> None:
    assert_status_is_earned(demo, ROOT / "catalog" / "demo" / "analyses")
    assert_everybody_randomised_counts_for_the_effect_of_treatment_alone(demo)


def test_on_the_demo_every_analysis_says_what_the_table_macro_says(demo: Run) -> None:
    assert_status_is_that_of_the_table_macro(demo)


def test_on_the_demo_an_analysis_that_asks_no_gene_gives_nobody_a_status(demo: Run) -> None:
    assert_no_gene_no_status(demo)


def test_on_the_demo_a_scan_looks_at_sequenced_people_who_can_be_judged(demo: Run) -> None:
    assert_scans_look_at_sequenced_people_who_can_be_judged(demo)


@pytest.mark.mirror
def test_on_the_real_files_nobody_has_a_status_that_was_not_earned(real: Run) -> None:
    assert_status_is_earned(real, ROOT / "catalog" / "analyses")
    assert_everybody_randomised_counts_for_the_effect_of_treatment_alone(real)
    assert_status_is_that_of_the_table_macro(real)
    assert_no_gene_no_status(real)
    assert_scans_look_at_sequenced_people_who_can_be_judged(real)


@pytest.mark.mirror
def test_as_published_a_tcga_sample_with_an_alk_call_is_mutated_although_it_is_on_no_list(real: Run) -> None:
    """Nine samples carry a counted call of ALK and are on no list of sequenced samples."""
    rows = real.query(
        "select m.status, m.status_reason, s.n_mutations from stats.analysis_members as m "
        "inner join marts.gene_status('ALK') as s on m.cohort_id = s.cohort_id and m.sample_id = s.sample_id "
        "inner join marts.profiling as p on m.cohort_id = p.cohort_id and m.sample_id = p.sample_id "
        "where m.analysis_id = 'alk_tcga' and m.variant = 'as_published' and m.endpoint = 'OS' and m.is_member "
        "and not p.is_profiled and s.n_mutations > 0"
    )
    assert len(rows) == 3 and (rows["status"] == "mutated").all()
    assert rows["status_reason"].str.startswith("called mutated as published; undetermined").all()
