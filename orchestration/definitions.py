"""The code location: which assets exist, made from the catalogue. ``build_definitions`` takes settings, so that a test
can point it elsewhere; nothing is fetched or computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from analytics.questions.specs import Question
from analytics.report.spec import ReportSpec
from analytics.scan.spec import ScanSpec
from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import files_of, load_catalog
from ingestion.catalog.privacy import without_private
from orchestration.assets.build_steps import Steps, steps_of
from orchestration.assets.dbt import Dbt, dbt_definitions
from orchestration.assets.draft import draft_asset
from orchestration.assets.invalid_files import SpecLoader, invalid_file_asset
from orchestration.assets.published import published_asset
from orchestration.assets.raw import raw_assets
from orchestration.assets.reports import report_asset
from orchestration.assets.scans import (
    reads_marts_alone,
    scan_asset,
    scan_folder,
    scan_tables_asset,
    scan_task,
)
from orchestration.assets.statistics import analysis_asset, analysis_task, claim_checks, result_tables_asset
from orchestration.automation import following, publish_what_changed
from orchestration.checks.draft import draft_checks, reading_check
from orchestration.checks.receipts import receipt_checks
from orchestration.jobs import EXECUTOR, jobs
from orchestration.notices.sensors import notice_sensors
from orchestration.prune import prune_sensor
from orchestration.resources import Warehouse, fixed
from orchestration.reuse.ahead import Ahead
from orchestration.schedules import build_after_reading, freshness, longest_age, schedules
from orchestration.sensors import sensors
from warehouse.catalog.analyses import load_analysis
from warehouse.catalog.without_cohorts import cohorts_of
from warehouse.questions.scans.registered import cohorts_of_scan, load_scan
from warehouse.reports.documents import check_reports, load_report
from warehouse.settings import Settings


@dataclass(frozen=True)
class _Questions:
    """Analyses, scans and reports of the catalogue, and assets for the files of them that do not load."""

    analyses: dict[Path, Question]
    scans: dict[Path, ScanSpec]
    reports: dict[Path, ReportSpec]
    invalid: list[dg.AssetsDefinition]

    def invalid_of(self, group: str) -> list[dg.AssetKey]:
        return [asset.key for asset in self.invalid if asset.key.path[0] == group]


def build_definitions(settings: Settings, *, tolerant: bool = False) -> dg.Definitions:
    """Every asset, check, job and schedule of one installation.

    Parameters
    ----------
    tolerant : a file of the catalogue that does not load is one asset that fails; else it is an error.

    Raises
    ------
    CatalogError
        A file of the catalogue is not valid: one sentence with file, key and remedy. A cohort file that is not valid
        leaves its cohort out, unless the settings are strict or no cohort is left.
    """
    questions = _load_questions(settings.catalogs, tolerant)
    catalog, not_asked_for = _catalog_of(settings, questions, tolerant)
    dbt_build, dbt = dbt_definitions(settings)
    analyses, scans = _computed(questions)
    folders = {folder: scan.key for folder, scan in scans.items()}
    marts = [key for key in dbt_build.keys if key.path[0] == "marts"]
    specs = list(questions.analyses.values())
    stats = result_tables_asset(specs, folders, marts, questions.invalid_of("analyses"))
    scan_tables = scan_tables_asset(list(questions.scans.values()), questions.invalid_of("scans"))
    raw = raw_assets(catalog, settings.catalogs, freshness(settings))
    sources = [key for assets in raw for key in assets.keys if key.path[0] == "sources"]
    checks = [*draft_checks(), reading_check(sources, longest_age(settings))]
    made = [*raw, dbt_build, *analyses, stats, *scans.values(), scan_tables, *questions.invalid, claim_checks]
    steps: Steps = {step: reads for assets in made for step, reads in steps_of(assets).items()}
    public_tables = [*marts, *stats.keys, *scan_tables.keys, claim_checks.key]
    reports = {report_asset(path, spec, settings.explorer): spec for path, spec in questions.reports.items()}
    draft = draft_asset(
        public_tables,
        [*(spec.analysis_id for spec in specs), *folders],
        steps,
        not_asked_for,
        [version for report in reports for version in report.code_versions_by_key.values() if version],
    )
    published = published_asset(
        public_tables,
        {report.key: spec for report, spec in reports.items()},
        [key for assets in (*raw, dbt_build, *checks) for key in assets.check_keys],
        steps,
        questions.invalid_of("reports"),
    )
    receipts = receipt_checks(catalog)
    all_jobs = jobs(receipts)
    return dg.Definitions(
        assets=following([*made, draft, *reports, published]),
        asset_checks=[*checks, receipts],
        jobs=all_jobs,
        schedules=schedules(settings),
        sensors=[
            *sensors(),
            build_after_reading(settings, all_jobs),
            publish_what_changed(),
            prune_sensor(settings),
            *notice_sensors(settings),
        ],
        resources=_resources(settings, dbt),
        executor=EXECUTOR,
    )


def _resources(settings: Settings, dbt: Dbt) -> dict[str, dg.ResourceDefinition]:
    places = f"Reads the catalogue {', '.join(map(str, settings.catalogs))}, writes below {settings.data}."
    return {
        "warehouse": fixed(Warehouse.of(settings), places),
        "dbt": fixed(dbt, f"Runs the dbt project {settings.dbt_project}."),
    }


def _catalog_of(settings: Settings, questions: _Questions, tolerant: bool) -> tuple[Catalog, set[str]]:
    """The catalogue without private cohorts that nobody asks for, and which these are."""
    whole = load_catalog(settings.catalogs, settings.attributes, strict=settings.strict, tolerant=tolerant)
    asked = {
        *(cohort for spec in questions.analyses.values() for cohort in cohorts_of(spec)),
        *(cohort for spec in questions.scans.values() for cohort in cohorts_of_scan(spec)),
    }
    catalog = without_private(whole, settings.private_cohorts, asked)
    return catalog, {c.cohort_id for c in whole.cohorts} - {c.cohort_id for c in catalog.cohorts}


def _computed(questions: _Questions) -> tuple[list[dg.AssetsDefinition], dict[str, dg.AssetsDefinition]]:
    """Assets of the analyses, and of the scans by the folders of their results; one pool of processes computes them."""
    tasks = [analysis_task(path, spec) for path, spec in questions.analyses.items()]
    scan_tasks = [scan_task(path, spec) for path, spec in questions.scans.items()]
    # where nothing says how long each takes they begin in this order: a scan is longer than most analyses
    ahead = Ahead([*(task for task in scan_tasks if reads_marts_alone(task)), *tasks])
    analyses = [
        analysis_asset(path, spec, task, ahead)
        for (path, spec), task in zip(questions.analyses.items(), tasks, strict=True)
    ]
    scans = {
        scan_folder(spec.scan_id): scan_asset(path, spec, task, ahead)
        for (path, spec), task in zip(questions.scans.items(), scan_tasks, strict=True)
    }
    return analyses, scans


def _load_questions(folders: Sequence[Path], tolerant: bool) -> _Questions:
    loader = SpecLoader(tolerant)
    analyses = loader.load(files_of(folders, "analyses"), load_analysis)
    scans = loader.load(files_of(folders, "scans"), load_scan)
    # a report may name what does not load: it is in the catalogue all the same
    known = (
        [*(spec.analysis_id for spec in analyses.values()), *loader.ids("analyses")],
        [*(spec.scan_id for spec in scans.values()), *loader.ids("scans")],
    )

    def load_checked_report(path: Path) -> ReportSpec:
        spec = load_report(path)
        check_reports({path: spec}, *known)
        return spec

    reports = loader.load(files_of(folders, "reports"), load_checked_report)
    invalid = [
        invalid_file_asset(dg.AssetKey([path.parent.name, path.stem]), path, str(error))
        for path, error in loader.invalid.items()
    ]
    return _Questions(analyses, scans, reports, invalid)


@dg.definitions
def defs() -> dg.Definitions:
    """What ``workspace.yaml`` loads."""
    return build_definitions(Settings.from_environment(), tolerant=True)
