"""A private cohort beside a public one: published when it is asked for by name, and no value of it anywhere else."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from command_line import Icb, Said, command, own_process
from tiny import STUDY, TABLE, Tiny
from ways_out import Names, leaving, written

from warehouse.versions.layout import Version, version_in_force, versions
from warehouse.versions.manifest import read_manifest

#: Values that stand nowhere else: people, a drug, a birthday, and the words of the cohort file.
SECRETS = (
    "ZZ-4711",
    "ZZ-4712",
    "ZZ-4713",
    "ZZ-4714",
    "zzdrug",
    "1931-07-23",
    "23.07.1931",
    "Zztitle",
    "zzlicence",
)


#: Years of each of them; they may leave as 90.
OLD = 107
STATISTIC = "tiny_alk/default/os.cox_univariable"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("private")
    made = Tiny(folder / "data", folder / "mirror", folder / "catalog")
    made.write_sources()
    rows = ["patient,months,dead,drug,born,years"]
    rows += [f"ZZ-471{i},{i},{i % 2},zzdrug,1931-07-23,{OLD}" for i in range(1, 5)]
    made.table_file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = made.cohort_yaml.read_text(encoding="utf-8")
    text = text.replace("title: SYNTHETIC", "private: true\ntitle: Zztitle")
    text = text.replace("licence: CC0-1.0", "licence: zzlicence")
    text = text.replace(
        "    columns:\n",
        "    private: [born]\n    columns:\n      drug: {attribute: DRUG_NAME}\n"
        "      years: {attribute: AGE, unit: years}\n",
    )
    made.cohort_yaml.write_text(text, encoding="utf-8")
    analysis = made.analysis_yaml.read_text(encoding="utf-8")
    made.analysis_yaml.write_text(analysis.replace(f"[{STUDY}]", f"[{STUDY}, {TABLE}]"), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def icb(tiny: Tiny) -> Icb:
    return own_process(tiny.data.parent)


@pytest.fixture(scope="module")
def private_build(tiny: Tiny, icb: Icb) -> tuple[Said, Version]:
    """A run that asks for the cohort, and its version; the build beside it holds the cohort."""
    asked = icb("run", "--private", TABLE)
    assert asked.code == 0, asked
    return asked, version_in_force(tiny.settings.published)


@pytest.fixture(scope="module")
def refused(private_build: tuple[Said, Version], icb: Icb) -> Said:
    """The statistics alone, on that build, by somebody who does not ask for it."""
    return icb("run", "--statistics-only")


@pytest.fixture(scope="module")
def runs(
    private_build: tuple[Said, Version], refused: Said, tiny: Tiny, icb: Icb
) -> tuple[Said, Version, Said, Version]:
    """A run that asks for the cohort, its version, and the same of a run after it that does not."""
    asked, with_it = private_build
    not_asked = icb("run")
    assert not_asked.code == 0, not_asked
    return asked, with_it, not_asked, version_in_force(tiny.settings.published)


def cells(file: Path) -> Iterator[str]:
    """Every value of every table and view of a published file, and every word of its schema, as text."""
    with duckdb.connect(str(file), read_only=True) as con:
        relations = con.execute("select table_schema, table_name from information_schema.tables").fetchall()
        assert len(relations) > 50
        for schema, name in relations:
            for row in con.execute(f'select * from "{schema}"."{name}"').fetchall():
                yield from map(str, row)
        for row in con.execute("select sql, comment from duckdb_tables()").fetchall():
            yield from map(str, row)


def test_its_people_leave_by_no_way_as_counts_below_five_or_ages_over_89(
    private_build: tuple[Said, Version],
    tiny: Tiny,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Of the version that holds it, before any other is published."""
    here = command(monkeypatch, capfd, tiny.settings)
    left = leaving(here, Names("ALK", TABLE, "ALK", STATISTIC), tmp_path)
    _, version = private_build
    left |= {f"published {name}": text for name, text in written(version.folder)}
    assert "ZZ-4711" in left["icb sql select * from marts.patients --format csv"], "the ways are open"
    assert not {way: _around(text, str(OLD)) for way, text in left.items() if _around(text, str(OLD))}
    coarse = {way for way, text in left.items() if "<5" in text or "&lt;5" in text}
    assert {
        f"icb cohort receipt {TABLE} --format table", "page /cohorts {}",
        f"page /cohort/{TABLE}.json {{}}", "tool list_cohorts {}", f"tool describe_cohort {{'cohort': '{TABLE}'}}",
        f"icb lineage {STATISTIC} --format table", f"page /statistic {{'id': '{STATISTIC}'}}", "export/table.csv",
        "dossier.html", "page /ask {'q': 'ALK'}", "published figures/tiny_alk/default_os_kaplan_meier.csv",
        "published figures/tiny_alk/default_os_kaplan_meier.svg",
    } <= coarse, sorted(left.keys() - coarse)  # fmt: skip


def _around(text: str, word: str) -> list[str]:
    """Where a number stands by itself, with what stands around it."""
    found = re.finditer(rf"(?<![\w.,:]){word}(?:\.0)?(?![\w:]|[.,]\d)", text)
    return [text[max(0, match.start() - 60) : match.end() + 20] for match in found][:3]


def test_asked_for_by_name_it_is_published_and_its_version_is_its_owners_alone(
    runs: tuple[Said, Version, Said, Version],
) -> None:
    _, version, _, _ = runs
    found = set(cells(version.file))
    assert {"ZZ-4711", "ZZ-4714"} <= {word for word in SECRETS if word in found}
    assert not [word for word in ("1931-07-23", "23.07.1931") if any(word in cell for cell in found)]
    assert read_manifest(version).private_cohorts == (TABLE,)
    assert stat.S_IMODE(version.folder.stat().st_mode) == 0o700


def test_a_build_that_holds_it_is_no_version_for_whoever_did_not_ask(refused: Said) -> None:
    refused.is_one_sentence(f"the build holds {TABLE}, which is private and was not asked for")


def test_without_that_the_gate_does_not_miss_it_and_no_value_reaches_table_figure_report_or_manifest(
    runs: tuple[Said, Version, Said, Version], tiny: Tiny
) -> None:
    _, before, _, version = runs
    assert version != before and before in versions(tiny.settings.published)
    everything = "\n".join(cells(version.file))
    assert "T-001" in everything, "the public cohort is there"
    assert not [word for word in SECRETS if word in everything]
    files = [path for path in version.folder.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        content = path.read_bytes()
        assert not [word for word in SECRETS if word.encode() in content], path


def test_the_run_says_that_it_did_without_it_and_that_is_no_fault(
    runs: tuple[Said, Version, Said, Version],
) -> None:
    _, _, said, version = runs
    assert f"Private, and not asked for by name: {TABLE}." in said.err
    assert not [word for word in SECRETS if word in said.out + said.err]
    with duckdb.connect(str(version.file), read_only=True) as con:
        assert con.execute("select cohort_id from marts.cohorts").fetchall() == [(STUDY,)]
        assert con.execute("select cohort_id from stats.left_out_cohorts").fetchall() == [(TABLE,)]


def test_no_way_out_has_a_value_of_it(
    runs: tuple[Said, Version, Said, Version],
    tiny: Tiny,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Commands, files, pages and the chat; the version before, which holds it, is still kept."""
    here = command(monkeypatch, capfd, tiny.settings)
    left = leaving(here, Names("ALK", STUDY, "ALK", STATISTIC), tmp_path)
    assert len(left) > 100 and "T-001" in left["icb sql select * from marts.patients --format csv"]
    leaks = {(way, word) for way, text in left.items() for word in SECRETS if word in text}
    # the list of the catalogue says what its files say, whose owner is who asks; it has nobody's value
    of_the_file = {"zzlicence", "Zztitle"}
    assert not {
        (way, word) for way, word in leaks if not (way.startswith("icb cohort list") and word in of_the_file)
    }
    asked = here("diff")
    assert asked.code == 2 and "has a private cohort that the last has not" in asked.err


def test_the_raw_file_is_in_the_private_store_alone(
    runs: tuple[Said, Version, Said, Version], tiny: Tiny
) -> None:
    kept = [p for p in (tiny.data / "private").rglob("*") if p.is_file() and b"1931-07-23" in p.read_bytes()]
    assert len(kept) == 1 and stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((tiny.data / "private").stat().st_mode) == 0o700
    others = [p for p in (tiny.data / "raw").rglob("*") if p.is_file()]
    assert others and not [p for p in others if b"1931-07-23" in p.read_bytes()]


def test_a_name_that_is_no_private_cohort_is_refused(icb: Icb, tiny: Tiny) -> None:
    icb("run", "--private", STUDY).is_one_sentence(f"'{STUDY}' is not a private cohort", TABLE)
