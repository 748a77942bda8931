"""A catalogue of one cohort that names no cancer type, without analyses, scans and reports: every command has an answer
or a sentence. And one without any cohort.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from command_line import Icb, command, own_process
from tiny import STUDY, Tiny, study_members, tarball


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("minimal")
    made = Tiny(folder / "data", folder / "mirror", folder / "catalog")
    made.write_sources()
    members = study_members()
    members["data_clinical_sample.txt"] = members["data_clinical_sample.txt"].replace("CANCER_TYPE", "COLOUR")
    made.study_file.write_bytes(tarball(members))
    made.cohort_yaml.unlink()
    made.analysis_yaml.unlink()
    made.analysis_yaml.parent.rmdir()
    return made


@pytest.fixture(scope="module")
def published(tiny: Tiny) -> Tiny:
    """After ``icb run`` on this catalogue."""
    ran = own_process(tiny.data.parent)("run")
    assert ran.code == 0, ran
    assert "Published 1 cohort, 12 people, 0 statistics" in ran.err
    return tiny


@pytest.fixture
def icb(published: Tiny, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Icb:
    """``icb`` on its published file."""
    return command(monkeypatch, capfd, published.settings)


def test_the_tables_are_published(published: Tiny) -> None:
    with duckdb.connect(str(published.settings.published_file), read_only=True) as con:
        assert con.execute("select cohort_id, n_patients from marts.cohorts").fetchall() == [(STUDY, 12)]
        assert con.execute("select count(*) from stats.every_stat").fetchall() == [(0,)]
        assert con.execute("select count(*) from stats.left_out_cohorts").fetchall() == [(0,)]


def test_a_gene_is_asked_of_a_cohort_that_names_no_cancer_type(icb: Icb) -> None:
    said = icb("gene", "ALK")
    assert said.code == 0 and "12 people, 4 of them ALK mutated" in " ".join(said.out.split()), said
    assert icb("gene", "ALK", "--report").code == 0
    icb("gene", "ALK", "--cancer-type", "Melanoma").is_one_sentence("they name none")


def test_a_scan_counts_its_carriers_though_nobody_has_a_cancer_type(icb: Icb) -> None:
    said = icb("scan", "--cohort", STUDY, "--draws", "100", "--format", "csv")
    header, row = said.out.splitlines()[:2]
    found = dict(zip(header.split(","), row.split(","), strict=False))
    assert said.code == 0 and found["gene"] == "ALK" and found["n_carriers"] == "4", found


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("sql", "select count(*) from stats.every_stat"), 0),
        (("claims",), 0),
        (("report",), 0),
        (("cohort", "list"), 0),
        (("cohort", "check"), 0),
        (("doctor",), 0),
        (("scan", "--registry"), 0),
        (("scan",), 1),
        (("report", "none"), 1),
        (("lineage", "none"), 1),
        (("gene", "TP53"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_every_command_has_an_answer_or_a_sentence(icb: Icb, arguments: tuple[str, ...], code: int) -> None:
    said = icb(*arguments)
    assert said.code == code and "Traceback" not in said.out + said.err, said
    if code:
        said.is_one_sentence()


def test_an_empty_catalogue_says_how_to_add_a_cohort(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    icb = command(monkeypatch, capfd, Tiny(tmp_path / "d", tmp_path / "m", tmp_path / "c").settings)
    for arguments in (("run",), ("cohort", "check")):
        icb(*arguments).is_one_sentence("holds no cohort file", "icb cohort add")
    listed = icb("cohort", "list")
    assert listed.code == 0 and "icb cohort add" in listed.err
