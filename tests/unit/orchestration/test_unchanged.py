"""A run that finds everything as it was says so without Dagster; whatever differs starts the run."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.catalog.cohorts import LeftOutCohort
from orchestration import unchanged as code
from orchestration.unchanged import note_sources, own_files, unchanged
from warehouse.settings import PROJECT, Settings

ADDRESS = (
    "https://raw.githubusercontent.com/synthetic/data/0123456789abcdef0123456789abcdef01234567/clinical.csv"
)
COHORT = f"""\
cohort_id: a_table
title: SYNTHETIC table
citation: SYNTHETIC
licence: CC0-1.0
is_icb: true
is_synthetic: true
precedence: 20
assay: {{name: none, kind: none}}
endpoints:
  OS: {{origin: icb_start, evidence: planted}}
files:
  - id: clinical
    address: {ADDRESS}
    kind: clinical
    format: {{delimiter: ","}}
    patient_id: patient
    columns:
      months: {{attribute: OS_TIME, unit: months}}
      dead: {{attribute: OS_STATUS, words: {{"1": event, "0": censored}}}}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """After a run on one table of a mirror has ended well."""
    made = Settings(
        data=tmp_path / "data", catalog=tmp_path / "catalog", mirror=tmp_path / "mirror", demo=False
    )
    (made.catalog / "cohorts").mkdir(parents=True)
    (made.catalog / "cohorts" / "a_table.yaml").write_text(COHORT)
    table(made).parent.mkdir(parents=True)
    table(made).write_text("patient,months,dead\nA,1,1\n")
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: made))
    monkeypatch.setattr(code, "input_fingerprint", lambda _: "inputs")
    monkeypatch.setattr(code, "published_fingerprint", lambda _: "inputs")
    monkeypatch.setattr(code, "left_out_published", lambda _: ())
    from ingestion.fetching.fetch import Fetcher
    from ingestion.fetching.store import ContentStore

    with Fetcher(ContentStore(made.data), made.mirror, made.lock()) as fetcher:
        fetcher.fetch(ADDRESS, licence="CC0-1.0")
    made.build.mkdir(parents=True)
    note_sources(made, "inputs", own_files(made))
    return made


def table(settings: Settings) -> Path:
    assert settings.mirror is not None
    return settings.mirror / ADDRESS.removeprefix("https://")


def test_nothing_has_changed(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert unchanged(demo=False, strict=False) == ()
    assert "Nothing has changed since" in capsys.readouterr().err


def test_before_a_run_has_ended_well_nothing_is_known(settings: Settings) -> None:
    (settings.build / "sources_read.json").unlink()
    assert unchanged(demo=False, strict=False) is None


def test_another_folder_of_files_starts_the_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for other in ({"mirror": tmp_path / "another mirror"}, {"files": tmp_path / "other files"}):
        elsewhere = dataclasses.replace(settings, **other)
        monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _, made=elsewhere: made))
        assert unchanged(demo=False, strict=False) is None


@pytest.mark.parametrize("what", ["a byte", "gone", "the published version", "code or catalogue"])
def test_whatever_differs_starts_the_run(
    settings: Settings, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if what == "a byte":
        found = table(settings).stat()
        table(settings).write_text("patient,months,dead\nA,2,1\n")
        os.utime(table(settings), ns=(found.st_atime_ns, found.st_mtime_ns))  # by its time it is the same
    elif what == "gone":
        table(settings).unlink()
    elif what == "the published version":
        monkeypatch.setattr(code, "published_fingerprint", lambda _: "others")
    else:
        monkeypatch.setattr(code, "input_fingerprint", lambda _: "others")
    assert unchanged(demo=False, strict=False) is None


def test_a_file_that_was_awaited_and_has_come_starts_the_run(settings: Settings) -> None:
    whole = table(settings).read_bytes()
    table(settings).unlink()
    note_sources(settings, "inputs", own_files(settings))
    assert unchanged(demo=False, strict=False) == ()
    table(settings).write_bytes(whole)
    assert unchanged(demo=False, strict=False) is None


def test_a_file_of_a_private_cohort_that_nobody_asked_for_starts_no_run(settings: Settings) -> None:
    """It lies in the mirror, and no run has read it; once it is asked for, it is one of the files that count."""
    private = COHORT.replace("a_table", "hospital").replace("clinical.csv", "theirs.csv") + "private: true\n"
    (settings.catalog / "cohorts" / "hospital.yaml").write_text(private)
    theirs = table(settings).with_name("theirs.csv")
    theirs.write_text("patient,months,dead\nB,1,1\n")
    note_sources(settings, "inputs", own_files(settings))
    assert unchanged(demo=False, strict=False) == ()
    note_sources(dataclasses.replace(settings, private_cohorts=("hospital",)), "inputs", own_files(settings))
    assert unchanged(demo=False, strict=False) is None


def test_over_https_only_the_servers_know(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    over_https = dataclasses.replace(settings, mirror=None)
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: over_https))
    assert unchanged(demo=False, strict=False) is None


def test_a_publication_without_a_cohort_is_named_and_is_not_enough_for_a_strict_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = (LeftOutCohort(cohort_id="c", sentence="It cannot be read."),)
    monkeypatch.setattr(code, "left_out_published", lambda _: missing)
    assert unchanged(demo=False, strict=False) == missing
    assert "! Cohort c was left out: It cannot be read." in capsys.readouterr().err
    assert unchanged(demo=False, strict=True) is None


def test_it_is_known_without_dagster() -> None:
    program = "import sys, interfaces.cli.main, orchestration.unchanged; sys.exit('dagster' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_command_that_is_only_named_loads_no_library_of_tables() -> None:
    """pandas and pyarrow take 0.3 s of a core, which every command would pay, --help too."""
    program = "import sys, interfaces.cli.main; sys.exit(bool({'pandas', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
