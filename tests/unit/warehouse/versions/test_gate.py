"""The gate: what keeps a version from being published, what a reason lets through, and what nothing does."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from small_builds import NOON, make_build, publish

from analytics.report.spec import ReportSpec
from warehouse.versions.draft import make_draft
from warehouse.versions.gate import Finding, GateError, Promised, findings_of, let_through
from warehouse.versions.layout import Version, version_in_force

_MORE = """
create table marts.mutations as select 'c' || (i % 3) as cohort_id, i as source_row from range(30) as t(i);
create table marts.persons as select 'Q' || i as person_id from range(10) as t(i);
create table marts.rejected_rows as select 'c0' as cohort_id, i as source_row from range(40) as t(i);
create table marts.cohort_receipts as
    select cohort_id, 'patients' as item, false as is_failure from marts.cohorts;
create table stats.left_out_cohorts (cohort_id varchar, sentence varchar, run_id varchar);
create table stats.analysis_specs as
    select * from (values ('one', 'default', ['c0']), ('both', 'default', ['c0', 'c1']))
        as t(analysis_id, variant, cohorts);
create table stats.analysis_members as
    select case when i < 10 then 'one' else 'both' end as analysis_id, 'c0' as cohort_id from range(40) as t(i);
create table stats.meta_stats as
    select case when i < 10 then 'one' else 'both' end as analysis_id, cast(null as varchar) as cohort_id
    from range(20) as t(i);
create table stats.scan_specs as
    select 'all_genes' as scan_id, ['c1 (melanoma)'] as cohorts, cast([] as varchar[]) as control;
create table stats.scan_results as select 'all_genes' as scan_id, i as gene from range(50) as t(i);
create table stats.analysis_flow (analysis_id varchar, step varchar);
create table stats.scan_flow (scan_id varchar, step varchar);
create table stats.figures as select 'one' as analysis_id, 'forest' as figure;
"""
_REPORT = ReportSpec.model_validate(
    {
        "report_id": "a_report",
        "title": "SYNTHETIC",
        "question": "Is it anything?",
        "lead": ["one"],
        "sections": [{"title": "One", "analyses": ["one"]}],
    }
)
TABLES = frozenset(
    f"{schema}.{table}"
    for schema, tables in {
        "marts": "cohorts patients survival_outcomes mutations persons rejected_rows cohort_receipts",
        "stats": "survival_stats meta_stats analysis_members analysis_specs scan_results left_out_cohorts runs figures",
    }.items()
    for table in tables.split()
)
PROMISED = Promised(TABLES, (_REPORT,))
MOST = 0.2


def figures(folder: Path, *stems: str) -> Path:
    for stem in stems:
        for kind in ("csv", "png", "svg"):
            path = folder / f"{stem}.{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(stem)
    return folder


class Folder:
    """A publication, and drafts beside it whose build was changed by SQL."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.published = folder, folder / "published"
        build = self.build("last")
        publish(
            build, self.published / "icb.duckdb", figures(folder / "f", "one/forest"), report="r", now=NOON
        )
        self.last = version_in_force(self.published)

    def build(self, name: str, *statements: str) -> Path:
        path = make_build(self.folder / f"{name}.duckdb")
        with duckdb.connect(str(path)) as con:
            con.execute(_MORE + ";".join(statements))
        return path

    def draft(self, *statements: str) -> Version:
        (self.folder / "next.duckdb").unlink(missing_ok=True)
        build = self.build("next", *statements)
        draft = make_draft(build, self.published, self.folder / "f", run_id="bbbbbbbb", now=NOON)
        (draft.reports / "a_report.html").write_text("r")
        return draft

    def findings(self, *statements: str, most: float = MOST) -> list[Finding]:
        return list(findings_of(self.draft(*statements), self.last, PROMISED, most))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("gate"))


def test_a_version_like_the_last_passes(folder: Folder) -> None:
    assert folder.findings() == []


def test_a_version_that_grows_passes(folder: Folder) -> None:
    assert (
        folder.findings(
            "insert into marts.mutations select 'c3', i from range(100) as t(i)",
            "insert into marts.cohorts values ('c3')",
            "insert into marts.cohort_receipts values ('c3', 'patients', false)",
        )
        == []
    )


@pytest.mark.parametrize(
    ("statement", "sentences"),
    [
        ("delete from marts.mutations",
         ["marts.mutations has no row, and has 30 in version 20260301T120000Z-aaaaaaaa"]),
        ("delete from marts.mutations where source_row < 7",
         ["marts.mutations has 23 rows, 23% fewer than in version 20260301T120000Z-aaaaaaaa, and 20% may be lost"]),
        ("delete from marts.mutations where source_row < 6", []),
        ("delete from marts.persons where person_id in ('Q1', 'Q2', 'Q3')",
         ["marts.persons has 7 rows, 30% fewer than in version 20260301T120000Z-aaaaaaaa, and 20% may be lost"]),
        ("delete from stats.survival_stats",
         ["stats.survival_stats has no row, and has 1 in version 20260301T120000Z-aaaaaaaa"]),
        ("delete from stats.scan_results",
         ["stats.scan_results has no row, and has 50 in version 20260301T120000Z-aaaaaaaa"]),
        ("delete from marts.rejected_rows", []),  # fewer faults are no loss
    ],
)  # fmt: skip
def test_a_table_that_empties_or_shrinks_by_more_than_the_share_is_found(
    folder: Folder, statement: str, sentences: list[str]
) -> None:
    found = folder.findings(statement)
    assert [finding.sentence for finding in found] == sentences
    assert all(finding.may_be_meant for finding in found)


def test_the_share_is_a_setting(folder: Folder) -> None:
    tenth = "delete from marts.mutations where source_row < 3"
    assert folder.findings(tenth, most=0.1) == []
    assert len(folder.findings(tenth, most=0.09)) == 1
    assert (
        folder.findings("delete from marts.mutations where source_row < 29", most=1) != []
    )  # c0, c1 have none


def test_a_cohort_whose_rows_of_one_table_are_gone_is_found_however_small_it_is(folder: Folder) -> None:
    found = folder.findings(
        "update marts.mutations set cohort_id = 'c0' where cohort_id = 'c2'",
    )
    assert [finding.sentence for finding in found] == ["marts.mutations has no row of cohort c2 any more"]


#: A cohort that is in no table of the new version.
_WITHOUT_C1 = (
    "delete from marts.cohorts where cohort_id = 'c1'",
    "delete from marts.cohort_receipts where cohort_id = 'c1'",
    "delete from marts.mutations where cohort_id = 'c1'",
)


def test_a_cohort_that_vanishes_is_found(folder: Folder) -> None:
    first, *others = folder.findings(*_WITHOUT_C1)
    assert first == Finding("cohort c1 of version 20260301T120000Z-aaaaaaaa has vanished", may_be_meant=True)
    assert {finding.sentence.split()[0] for finding in others} == {
        "marts.cohorts",
        "marts.cohort_receipts",
        "marts.mutations",
    }


def test_a_cohort_that_is_left_out_by_name_is_missed_nowhere_and_what_is_left_is_compared(
    folder: Folder,
) -> None:
    """With it go the analyses and scans that ask of it: the run has said so, sentence by sentence."""
    left_out = (
        *_WITHOUT_C1,
        "insert into stats.left_out_cohorts values ('c1', 'It cannot be fetched.', 'r')",
        "delete from stats.analysis_members where analysis_id = 'both'",
        "delete from stats.meta_stats where analysis_id = 'both'",
        "update stats.scan_results set gene = 0",
    )
    assert folder.findings(*left_out) == []
    found = folder.findings(*left_out, "delete from stats.analysis_members where analysis_id = 'one'")
    assert [finding.sentence.split(",")[0] for finding in found] == ["stats.analysis_members has no row"]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("update marts.cohort_receipts set is_failure = true, item = 'calls, and nobody is mutated' "
         "where cohort_id = 'c1'", "the receipt of cohort c1 does not hold: calls, and nobody is mutated"),
        ("delete from marts.cohort_receipts where cohort_id = 'c2'",
         "the receipt of cohort c2 does not hold: there is none"),
        ("update stats.figures set figure = 'another'", "figure one/another.csv is missing"),
        ("insert into stats.figures values ('one', 'another')", "figure one/another.csv is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_version_itself_is_never_meant(
    folder: Folder, statement: str, sentence: str
) -> None:
    found = [finding for finding in folder.findings(statement) if not finding.may_be_meant]
    assert found and found[0].sentence == sentence
    with pytest.raises(GateError, match="not published"):
        let_through(found, "a reason", folder.last)


def test_a_figure_or_a_report_of_another_version_is_found(folder: Folder) -> None:
    draft = folder.draft()
    figures(draft.figures, "gone/forest")
    (draft.reports / "gone.html").write_text("of another version")
    said = [finding.sentence for finding in findings_of(draft, folder.last, PROMISED, MOST)]
    assert said == [
        *(
            f"figure gone/forest.{kind} is of another version: no table of this one knows it"
            for kind in ("csv", "png", "svg")
        ),
        "report gone is of another version: the catalogue has no such report",
    ]  # fmt: skip


def test_a_report_that_was_not_made_is_found_unless_there_is_nothing_to_tell(folder: Folder) -> None:
    draft = folder.draft()
    (draft.reports / "a_report.html").unlink()
    assert [f.sentence for f in findings_of(draft, None, PROMISED, MOST)] == ["report a_report is missing"]
    draft = folder.draft(
        "insert into stats.left_out_cohorts values ('c9', 'It cannot be fetched.', 'r')",
        "insert into stats.analysis_flow values ('one', 'skipped')",
    )
    (draft.reports / "a_report.html").unlink()
    assert findings_of(draft, None, PROMISED, MOST) == ()


def test_the_first_version_of_a_catalogue_is_compared_with_none(folder: Folder) -> None:
    assert findings_of(folder.draft("delete from marts.mutations"), None, PROMISED, MOST) == ()


def test_a_table_that_nothing_promises_any_more_is_not_missed(folder: Folder) -> None:
    assert folder.findings("drop table stats.meta_stats") == []


def test_a_reason_lets_what_may_be_meant_through_and_goes_into_the_manifest_with_it(folder: Folder) -> None:
    found = folder.findings("delete from marts.mutations where source_row < 7")
    accepted = let_through(found, "seven calls were withdrawn", folder.last)
    assert accepted is not None and accepted.reason == "seven calls were withdrawn"
    assert accepted.findings == (found[0].sentence,)
    assert let_through((), None, folder.last) is None


def test_without_a_reason_the_sentence_names_the_first_the_number_of_others_and_the_remedy(
    folder: Folder,
) -> None:
    found = folder.findings(*_WITHOUT_C1)
    with pytest.raises(GateError) as refused:
        let_through(found, None, folder.last)
    sentence = str(refused.value)
    assert "cohort c1 of version 20260301T120000Z-aaaaaaaa has vanished (and 3 more)" in sentence
    assert "icb diff current draft" in sentence and '--accept "<reason>"' in sentence
    assert "\n" not in sentence and sentence.endswith(".")


def test_the_remedy_names_no_reason_where_none_would_help(folder: Folder) -> None:
    with pytest.raises(GateError) as refused:
        let_through([Finding("it is broken"), Finding("it has shrunk", may_be_meant=True)], None, folder.last)
    assert "--accept" not in str(refused.value)
