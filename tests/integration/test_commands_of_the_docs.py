"""Every command of README and docs: it runs here on the generated cohorts, or it is shown with the reason why not and
the test that runs what it stands for. A command that is in neither list fails.

Blocks without a language, and those of ``console``, are commands; what else stands in a block names its language.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from command_line import Icb, command
from graph_runs import ROOT, Run

from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EARLIER, LATER = "20261122T000000Z-00000000", "20261129T000000Z-00000000"

#: What a page says of the public cohorts -> the same of the generated ones.
IN_THE_DEMO = {
    "igf1r_melanoma_msk_validation/as_published/os.cox_univariable": "demo_igf1r/default/os.cox_adjusted",
    "igf1r_melanoma": "demo_igf1r", "tmb_mskcc_2018": "demo_msk_2018", "msk_pan_cancer_os": "demo_os",
    "roh_2017": "demo_pairs_2016",
}  # fmt: skip
SERVER = "serves until it is ended: tests/integration/test_explorer_in_a_browser.py"
WHOLE_RUN = "a whole run of the graph, which the tests share: tests/integration/shared_runs.py"
#: Command -> why it does not run here, with the file that runs what it stands for.
SHOWN = {
    "make demo": WHOLE_RUN,
    "make test": "these are the tests: .ci/run",
    "make run": WHOLE_RUN,
    "ICB_MIRROR=../shared/mirror make run": WHOLE_RUN,
    "ICB_REFERENCE_GENOME=hg19.2bit make run": "needs a genome: tests/integration/test_signatures_on_mirror.py",
    "make spark": "a whole run: tests/spark/test_spark_equals_duckdb.py",
    "ICB_MIRROR=../mirror make spark": "a whole run: tests/spark/test_spark_equals_duckdb.py",
    "ICB_ENGINE=spark .venv/bin/icb run": "a whole run: tests/spark/test_spark_equals_duckdb.py",
    "make setup-spark": "installs 480 MB: .ci/run",
    "make ui": "Dagster's UI: tests/integration/test_ui.py",
    "icb explore": SERVER,
    "icb mcp": "serves until it is ended: tests/integration/test_chat_on_demo.py",
    "icb run": WHOLE_RUN,
    "icb run --demo": WHOLE_RUN,
    "icb init my-project": "in an empty folder: tests/integration/test_wheel.py",
    "cd my-project": "in an empty folder: tests/integration/test_wheel.py",
    'pip install "icb-warehouse[build]"': "the wheel is installed: tests/integration/test_wheel.py",
    "pip install icb-warehouse": "the wheel is installed: tests/integration/test_wheel.py",
    "open data/published/reports/index.html": "opens a browser: tests/integration/test_reports_on_demo.py",
    "icb cohort add mel_mskimpact_2020 --icb": "reads a study over https: tests/integration/test_cohort_check.py",
    "icb cohort check mel_mskimpact_2020": "reads a study over https: tests/integration/test_cohort_check.py",
    "icb cohort check my_clinic": "a site's own files: tests/integration/test_private_cohorts.py",
    "icb gene TP53": "after the run above it, of a site's own files: tests/integration/test_private_cohorts.py",
    "icb report igf1r_melanoma --tables igf1r_tables": "takes half a minute: tests/integration/test_reports_on_demo.py",
    "icb ask TP53 --report": "the same as the line with --output below it, which runs: docs/reports.md",
    "icb release to_share": "takes half a minute: tests/integration/test_release_on_demo.py",
    "icb report igf1r_melanoma": "the same as the line with --output below it, which runs: docs/reports.md",
    'icb release to_share --include "hugo_2016: letter of the authors, 3 May 2026"':
        "no generated cohort needs a letter: tests/unit/warehouse/release/test_licence_gate.py",
    "sudo cp deploy/icb.service deploy/icb-explore.service /etc/systemd/system/":
        "needs systemd; the units are read: tests/unit/orchestration/test_deployment.py",
    "sudo systemctl enable --now icb icb-explore":
        "needs systemd; the units are read: tests/unit/orchestration/test_deployment.py",
    "ICB_POSTGRES_PASSWORD=<one of yours> docker compose up --detach --build":
        "needs Docker; the file is held to its schema: tests/unit/orchestration/test_deployment.py",
    "cp -a data/published /backup/icb": "a backup and its return: tests/unit/warehouse/versions/test_backup.py",
    "cp -a /backup/icb data/published": "a backup and its return: tests/unit/warehouse/versions/test_backup.py",
    "icb rollback <version>": "a backup and its return: tests/unit/warehouse/versions/test_backup.py",
    "mkdir -p ~/icb-site/cohorts ~/icb-site/files ~/icb-site/analyses":
        "a site's own files: tests/integration/test_private_cohorts.py",
    "cp clinic.csv panel.maf panel_v2.bed ~/icb-site/files/":
        "a site's own files: tests/integration/test_private_cohorts.py",
    "export ICB_CATALOG=~/icb-site": "a site's own files: tests/integration/test_private_cohorts.py",
    "icb cohort add ~/icb-site/files/clinic.csv ~/icb-site/files/panel.maf ~/icb-site/files/panel_v2.bed "
    "--id my_clinic --icb": "a site's own files: tests/integration/test_private_cohorts.py",
    "icb cohort add ~/icb-site/files/our_study_2026 --icb":
        "a site's own study: tests/integration/test_left_out_cohorts.py",
}  # fmt: skip


def commands_of(page: Path) -> list[str]:
    """Commands of a page, without what is said beside them."""
    found, language = [], None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            language = line.removeprefix("```") if language is None else None
        elif language in ("", "console") and (said := re.split(r"\s+#\s", line)[0].strip()):
            found.append(said)
    return found


EVERY = {one: page.name for page in PAGES for one in commands_of(page)}
#: Those of asking.md run in test_docs_on_asking.py, and the one of quickstarts.md in test_quickstarts.py.
ELSEWHERE = ("asking.md", "quickstarts.md")
HERE = [one for one, page in EVERY.items() if one not in SHOWN and page not in ELSEWHERE]


@pytest.fixture(scope="module")
def own(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo, published twice: most files are links, so that nothing is copied but the tables of one version."""
    data = tmp_path_factory.mktemp("docs") / "data"
    published, first = data / "published", version_in_force(demo.settings.published)
    for name in (EARLIER, LATER):
        shutil.copytree(first.folder, published / name, copy_function=os.link)
    (published / EARLIER / "icb.duckdb").unlink()
    shutil.copy(first.file, published / EARLIER)
    (published / "current").symlink_to(LATER)
    for link in ("icb.duckdb", "figures", "reports", "manifest.json"):
        (published / link).symlink_to(f"current/{link}")
    own = replace(demo.settings, data=data)
    own.build.symlink_to(demo.settings.build)
    return own


@pytest.fixture
def icb(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], own: Settings, tmp_path: Path
) -> Icb:
    monkeypatch.chdir(tmp_path)  # what a command writes to a relative path
    return command(monkeypatch, capfd, own)


def test_there_are_commands_and_most_run() -> None:
    assert len(EVERY) > 60 and len(HERE) > 20


def test_what_is_only_shown_stands_on_a_page_and_names_the_file_that_runs_it() -> None:
    assert sorted(set(SHOWN) - set(EVERY)) == []
    for reason in SHOWN.values():
        for path in re.findall(r"(?:tests|docs|\.ci)/[\w/.]*\w", reason):
            assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("line", HERE)
def test_a_command_of_the_docs_runs(icb: Icb, own: Settings, line: str) -> None:
    for there, here in IN_THE_DEMO.items():
        line = line.replace(there, here)
    program, *arguments = shlex.split(line)
    if program == "duckdb":  # the shell is not needed for it
        with duckdb.connect(str(own.build_file), read_only=True) as con:
            assert con.execute(arguments[2]).fetchall()
        return
    assert program == "icb", f"'{line}' is neither run nor in SHOWN with its reason"
    said = icb(*arguments)
    assert said.code == 0, said.err
    assert said.out.strip() or said.err.strip()


@pytest.mark.parametrize("target", sorted({t for one in EVERY for t in re.findall(r"\bmake ([\w-]+)", one)}))
def test_make_knows_what_the_docs_ask_of_it(target: str) -> None:
    known = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", known, flags=re.MULTILINE)
