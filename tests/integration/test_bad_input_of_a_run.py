"""A source, a disk, a lock or a catalogue file is bad: ``icb run`` says so in one sentence, and nothing is lost. Of a
single bad cohort that is the strict way; ``test_left_out_cohorts`` has the usual one."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Icb, command
from graph_runs import ICB, ROOT, Run, clean_environment
from tiny import STUDY, STUDY_ADDRESS, TABLE, TABLE_ADDRESS, Tiny, study_members, tarball
from waiting import CI_LIMIT_S

from ingestion.fetching.fetch import Fetcher
from ingestion.fetching.store import ContentStore


@pytest.fixture(scope="module")
def published_tiny(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The tiny sources, read once, below the publication of the demo: what a test breaks is mended before the next."""
    folder = tmp_path_factory.mktemp("tiny")
    tiny = Tiny(folder / "data", folder / "mirror", folder / "catalog")
    tiny.write_sources()
    shutil.copytree(demo.settings.published, tiny.settings.published, symlinks=True)
    with Fetcher(ContentStore(tiny.data), tiny.mirror, tiny.settings.lock()) as fetcher:
        for address in (STUDY_ADDRESS, TABLE_ADDRESS):
            fetcher.fetch(address, licence="CC0-1.0")
    return tiny


@pytest.fixture
def tiny(published_tiny: Tiny) -> Iterator[Tiny]:
    """The tiny warehouse; afterwards its publication and its store are what they were, to the byte."""
    published_tiny.write_sources()
    before = published_tiny.kept()
    assert any(name.endswith("icb.duckdb") for name in before)
    yield published_tiny
    after = published_tiny.kept()
    assert {name: after.get(name) for name in before} == before, "something was lost or changed"
    assert published_tiny.unfinished() == []
    assert published_tiny.settings.lock().get(TABLE_ADDRESS) is not None, "the lock file can still be read"


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tiny: Tiny) -> Icb:
    return command(monkeypatch, capfd, tiny.settings)


# --- sources ------------------------------------------------------------------------------------------------------


def test_a_truncated_tarball(icb: Icb, tiny: Tiny) -> None:
    whole = tarball(study_members())
    tiny.study_file.write_bytes(whole[: len(whole) // 2])
    icb("run", "--strict").is_one_sentence(
        STUDY_ADDRESS, "ends too early", "the last published file is unchanged"
    )


def test_a_tarball_that_is_whole_but_not_an_archive(icb: Icb, tiny: Tiny) -> None:
    tiny.study_file.write_bytes(b"PATIENT_ID\tOS_MONTHS\nA\t1\n")
    icb("run", "--strict").is_one_sentence(STUDY_ADDRESS, "the last published file is unchanged")


def test_a_wrong_checksum_of_a_pinned_file(icb: Icb, tiny: Tiny) -> None:
    tiny.table_file.write_bytes(b"patient,months,dead\nA,99,1\nB,2,0\nC,3,1\nD,4,0\n")
    icb("run", "--strict").is_one_sentence(TABLE_ADDRESS, "sha256", "the last published file is unchanged")


@pytest.mark.parametrize("which", ["study", "table"])
def test_an_html_error_page_in_place_of_a_file(icb: Icb, tiny: Tiny, which: str) -> None:
    address, path = (STUDY_ADDRESS, tiny.study_file) if which == "study" else (TABLE_ADDRESS, tiny.table_file)
    path.write_text("<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body></body></html>\n")
    icb("run", "--strict").is_one_sentence(address, "HTML", "the last published file is unchanged")


def test_a_study_folder_without_clinical_data(icb: Icb, tiny: Tiny) -> None:
    members = {name: text for name, text in study_members().items() if "clinical" not in name}
    tiny.study_file.write_bytes(tarball(members))
    icb("run", "--strict").is_one_sentence(STUDY, "no clinical sample file", "data_clinical_sample.txt")


def test_a_file_that_the_mirror_does_not_have(icb: Icb, tiny: Tiny) -> None:
    tiny.study_file.unlink()
    icb("run", "--strict").is_one_sentence(
        STUDY_ADDRESS, str(tiny.study_file), "put the file there, or unset ICB_MIRROR"
    )


def test_an_archive_that_would_write_outside_its_folder(icb: Icb, tiny: Tiny) -> None:
    tiny.study_file.write_bytes(tarball(study_members() | {"../../escaped.txt": "x"}))
    icb("run", "--strict").is_one_sentence(STUDY_ADDRESS, "escaped.txt")
    assert not list(tiny.data.parent.rglob("escaped.txt"))


def test_a_column_that_the_cohort_file_names_and_the_table_lacks(icb: Icb, tiny: Tiny) -> None:
    text = tiny.cohort_yaml.read_text()
    tiny.cohort_yaml.write_text(text.replace("months: {", "months_alive: {"))
    icb("run", "--strict").is_one_sentence(TABLE_ADDRESS, "months_alive")


# --- the catalogue ------------------------------------------------------------------------------------------------


def test_broken_yaml_of_a_cohort(icb: Icb, tiny: Tiny) -> None:
    tiny.cohort_yaml.write_text("cohort_id: tiny_table\ntitle: [never closed\nlicence: x\n")
    for arguments in (
        ("run", "--strict"),
        ("cohort", "check"),
        ("cohort", "check", TABLE),
        ("cohort", "list"),
    ):
        icb(*arguments).is_one_sentence(f"{tiny.cohort_yaml} line", "broken YAML", "mend that line")


def test_broken_yaml_of_an_analysis(icb: Icb, tiny: Tiny) -> None:
    tiny.analysis_yaml.write_text("analysis_id: tiny_alk\ntitle: {never: closed\n")
    icb("run").is_one_sentence(f"{tiny.analysis_yaml} line", "broken YAML", "mend that line")


def test_an_unknown_key_of_a_cohort_and_of_an_analysis(icb: Icb, tiny: Tiny) -> None:
    tiny.cohort_yaml.write_text(tiny.cohort_yaml.read_text() + "precedense: 3\n")
    icb("cohort", "check").is_one_sentence(
        str(tiny.cohort_yaml), "'precedense'", "icb cohort check tiny_table"
    )
    tiny.write_sources()
    tiny.analysis_yaml.write_text(tiny.analysis_yaml.read_text().replace("biomarker:", "biomarkr:"))
    icb("run").is_one_sentence(str(tiny.analysis_yaml), "'biomarker'", "correct the key")


def test_a_cohort_file_with_another_name_than_its_cohort(icb: Icb, tiny: Tiny) -> None:
    shutil.copy(tiny.cohort_yaml, tiny.cohort_yaml.with_name("other.yaml"))
    icb("cohort", "check").is_one_sentence("other.yaml", "'tiny_table'", "make them equal")


def test_an_attribute_that_does_not_exist(icb: Icb, tiny: Tiny) -> None:
    tiny.cohort_yaml.write_text(tiny.cohort_yaml.read_text().replace("OS_TIME", "OS_TIEM"))
    icb("cohort", "check").is_one_sentence(str(tiny.cohort_yaml), "OS_TIEM", "catalog/attributes.yaml")


# --- disk and locks -----------------------------------------------------------------------------------------------


def test_a_full_disk_while_a_source_is_stored(icb: Icb, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = study_members()
    changed["data_clinical_patient.txt"] += "T-013\t1\t0:LIVING\tMale\tred\n"
    tiny.study_file.write_bytes(tarball(changed))
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if "/raw/partial/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    icb("run").is_one_sentence("space", str(tiny.data), "the last published file is unchanged")


def test_a_disk_that_is_full_while_the_file_is_published(demo: Run, tiny: Tiny) -> None:
    """A process that may write half the file; other shares are tested beside ``make_draft``."""
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from warehouse.versions.draft import make_draft
        from warehouse.versions.layout import PublishError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
        try:
            make_draft(Path(sys.argv[1]), Path(sys.argv[2]), run_id="no run")
        except PublishError as exc:
            sys.exit(f"icb: {exc}")
        """
    )
    half = str(demo.published.stat().st_size // 2)
    done = subprocess.run(
        [sys.executable, "-c", program, str(demo.settings.build_file), str(tiny.settings.published), half],
        env=clean_environment(tiny.data), cwd=ROOT, capture_output=True, text=True, timeout=CI_LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert str(tiny.settings.published_file) in done.stderr
    assert done.stderr.strip().endswith("the last published file is unchanged.")


def held_open(path: Path, *, for_writing: bool) -> subprocess.Popen[str]:
    """Another process that has a DuckDB file open; it says 'open' when it has."""
    program = (
        "import duckdb, sys\n"
        f"con = duckdb.connect(sys.argv[1], read_only={not for_writing})\n"
        "print('open', flush=True)\nsys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "open\n"
    return process


def test_a_build_file_that_somebody_has_open(icb: Icb, tiny: Tiny) -> None:
    holder = held_open(tiny.settings.build_file, for_writing=True)
    try:
        icb("run").is_one_sentence(
            str(tiny.settings.build_file), f"({holder.pid}", "the last published file is unchanged"
        )
    finally:
        holder.communicate("")


def test_a_published_file_that_somebody_writes_to(icb: Icb, tiny: Tiny) -> None:
    holder = held_open(tiny.settings.published_file, for_writing=True)
    try:
        said = icb("gene", "ALK")
        said.is_one_sentence(str(tiny.settings.published_file), f"({holder.pid}, for writing)", "read-only")
        doctor = icb("doctor", "--format", "csv")
        assert doctor.code == 1
        assert f"({holder.pid}, for writing)" in doctor.out
    finally:
        holder.communicate("")


def test_a_published_file_that_somebody_reads_is_no_trouble_and_the_doctor_names_the_reader(
    icb: Icb, tiny: Tiny
) -> None:
    holder = held_open(tiny.settings.published_file, for_writing=False)
    try:
        assert icb("gene", "ALK").code == 0
        doctor = icb("doctor", "--format", "csv")
        assert f"open in {Path(sys.executable).name}" in doctor.out or f"({holder.pid})" in doctor.out
        assert doctor.code == 0
    finally:
        holder.communicate("")


def test_a_second_run_on_the_same_folder(tiny: Tiny) -> None:
    from warehouse.build.data_lock import one_run_at_a_time

    with one_run_at_a_time(tiny.settings, "a test"):
        done = subprocess.run(
            [*ICB, "run"],
            env=clean_environment(tiny.data, ICB_MIRROR=str(tiny.mirror)),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=CI_LIMIT_S,
        )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("icb: ") and "another run is at work: a test" in last


def test_a_published_file_that_is_no_database(icb: Icb, tiny: Tiny, tmp_path: Path) -> None:
    good = tmp_path / "good"
    os.replace(tiny.settings.published_file, good)
    try:
        tiny.settings.published_file.write_bytes(b"<html>" * 10_000)
        icb("gene", "ALK").is_one_sentence(
            str(tiny.settings.published_file), "cannot be read", "icb run --force"
        )
    finally:
        os.replace(good, tiny.settings.published_file)


def test_nothing_published_yet(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    empty = Tiny(tmp_path / "data", tmp_path / "mirror", tmp_path / "catalog")
    icb = command(monkeypatch, capfd, empty.settings)
    for arguments in (("gene", "ALK"), ("sql", "select 1"), ("claims",), ("lineage", "x"), ("scan",)):
        icb(*arguments).is_one_sentence(
            str(empty.settings.published_file), "nothing is published yet", "'icb run"
        )
    assert not empty.data.exists(), "asking must not make folders"
