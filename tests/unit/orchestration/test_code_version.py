"""What version the code behind an asset has: that of every file that can have a part in it, and of no other."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.explain import results_of
from orchestration.reuse.import_closure import (
    FILES_READ,
    FINDERS,
    ROOMS,
    code_version,
    import_closure,
    package_versions,
)
from warehouse.settings import PROJECT, Settings

ANALYSIS = ("warehouse.catalog.analyses", "warehouse.results.folders")
SURVIVAL = ("analytics.survival.kind", *ANALYSIS)
ENRICHMENT = ("analytics.enrichment.kind", *ANALYSIS)
SCAN = ("warehouse.questions.scans.registered", "warehouse.results.folders")
REPORT = ("warehouse.reports.documents",)


def test_a_module_that_is_none_is_an_error_and_not_a_version() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"analytics\.no_such_room"):
        code_version("analytics.no_such_room")


@pytest.mark.parametrize(
    ("edited", "survival", "enrichment", "scan", "report"),
    [
        # what all of them use
        ("analytics/results/schema.py", True, True, True, True),
        ("analytics/figures/style.py", True, True, True, False),  # a report shows figures as they are
        # SQL and rules behind a question, which the lists of old had forgotten
        ("warehouse/frames/measures.py", True, True, False, False),
        ("warehouse/frames/patients.py", True, True, True, True),
        ("warehouse/frames/biomarker_people.py", True, True, False, False),
        ("catalog/references/protein_domains.yaml", True, True, False, False),
        # one kind alone
        ("analytics/survival/kind.py", True, False, False, False),
        ("analytics/enrichment/kind.py", False, True, False, False),
        ("analytics/scan/figures/__init__.py", False, False, True, False),
        # the words of a report
        ("analytics/report/render.py", False, False, False, True),
        ("analytics/report/templates/report.html.j2", False, False, False, True),
        # what has no part in any of them
        ("warehouse/questions/scans/answer.py", False, False, False, False),
        ("ingestion/generated/generate.py", False, False, False, False),
        ("interfaces/cli/main.py", False, False, False, False),
        ("orchestration/schedules.py", False, False, False, False),
    ],
)
def test_an_edit_marks_what_can_come_out_otherwise_and_nothing_else(
    edited: str, survival: bool, enrichment: bool, scan: bool, report: bool
) -> None:
    path = PROJECT / edited
    assert path.is_file()
    marked = [path in import_closure(*roots) for roots in (SURVIVAL, ENRICHMENT, SCAN, REPORT)]
    assert marked == [survival, enrichment, scan, report]


def test_the_version_changes_with_a_byte_of_any_file_of_the_closure(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_version(*SCAN)
    read = Path.read_bytes
    edited = PROJECT / "warehouse" / "frames" / "patients.py"
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path == edited else b""))
    try:
        code_version.cache_clear()  # as in the next process
        assert code_version(*SCAN) != before
    finally:
        code_version.cache_clear()


def test_what_a_step_is_shown_of_the_build_is_part_of_every_analysis_and_scan() -> None:
    """Views and macros are made by the step, and by nothing that the kinds import."""
    demo = replace(Settings.from_environment(), catalog=PROJECT / "catalog" / "demo", more_catalogs=())
    shown = PROJECT / "orchestration" / "reuse" / "declared_rows.py"
    found = dict(results_of(demo))
    assert len(found) > 20 and all(shown in import_closure(*asset.roots) for asset in found.values())
    # of the genome only what is given it: the path of one re-runs no estimate of survival
    assert {name for name, asset in found.items() if asset.reads_genome} == {
        "analyses/demo_icb_signatures", "analyses/demo_signatures",
    }  # fmt: skip


def test_the_packages_are_those_that_the_code_imports_and_what_these_need() -> None:
    packages = package_versions(*SURVIVAL)
    assert {"numpy", "numba", "llvmlite", "pandas", "duckdb", "matplotlib", "pillow"} <= set(packages)
    assert not {"dagster", "pytest", "sqlfluff", "gseapy"} & set(packages)
    assert "gseapy" in package_versions(*ENRICHMENT)


def test_whatever_imports_by_looking_into_folders_says_what_it_finds() -> None:
    names = {"import_module", "__import__", "spec_from_file_location", "run_module", "run_path"}
    for room in ROOMS:
        for path in (PROJECT / room).rglob("*.py"):
            called = {
                getattr(node.func, "attr", getattr(node.func, "id", ""))
                for node in ast.walk(ast.parse(path.read_bytes()))
                if isinstance(node, ast.Call)
            }
            module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
            assert not called & names or module in FINDERS, path


def test_every_file_of_the_rooms_that_is_no_code_belongs_to_the_module_that_reads_it() -> None:
    claimed = {path for pattern in FILES_READ.values() for path in PROJECT.glob(pattern)}
    for room in ROOMS:
        for path in (PROJECT / room).rglob("*"):
            if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts:
                assert path in claimed, path


def test_whatever_reads_a_file_of_the_checkout_for_a_result_says_so() -> None:
    """``PROJECT / ...`` outside the settings, in what analyses, scans and reports come from."""
    closure = {path for roots in (SURVIVAL, ENRICHMENT, SCAN) for path in import_closure(*roots)}
    for path in closure:
        if path.suffix == ".py" and path != PROJECT / "warehouse" / "settings.py":
            module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
            assert "PROJECT /" not in path.read_text(encoding="utf-8") or module in FILES_READ, path
