"""The code location: which assets exist, made from the catalogue. ``build_definitions`` takes settings, so that a test
can point it elsewhere; nothing is fetched or computed here.
"""

from __future__ import annotations

import dagster as dg

from ingestion.catalog import load_catalog
from orchestration.assets.build_steps import Steps, steps_of
from orchestration.assets.dbt import dbt_definitions
from orchestration.assets.draft import draft_asset
from orchestration.assets.published import published_asset
from orchestration.assets.raw import raw_assets
from orchestration.assets.reports import report_asset
from orchestration.assets.scans import scan_asset, scan_folder, scan_tables_asset
from orchestration.assets.statistics import analysis_asset, claim_checks, result_tables_asset
from orchestration.checks import draft_checks
from orchestration.jobs import jobs
from orchestration.resources import Warehouse
from orchestration.schedules import schedules
from orchestration.sensors import sensors
from warehouse.analyses import load_analyses
from warehouse.questions.scans import load_scans
from warehouse.reports.documents import check_reports, load_reports
from warehouse.settings import Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """Every asset, check, job and schedule of one installation.

    Raises
    ------
    CatalogError
        A file of the catalogue is not valid: one sentence with file, key and remedy. A cohort file that is not valid
        leaves its cohort out, unless the settings are strict or no cohort is left.
    """
    catalog = load_catalog(settings.catalogs, settings.attributes, strict=settings.strict)
    specs = load_analyses(settings.catalogs)
    dbt_build, dbt = dbt_definitions(settings)
    analyses = [analysis_asset(path, spec) for path, spec in specs.items()]
    scan_specs = load_scans(settings.catalogs)
    scans = [scan_asset(path, spec) for path, spec in scan_specs.items()]
    folders = {
        scan_folder(spec.scan_id): scan.key for spec, scan in zip(scan_specs.values(), scans, strict=True)
    }
    marts = [key for key in dbt_build.keys if key.path[0] == "marts"]
    stats = result_tables_asset(list(specs.values()), folders, marts)
    scan_tables = scan_tables_asset(list(scan_specs.values()))
    public_tables = [*marts, *stats.keys, *scan_tables.keys, claim_checks.key]
    raw, checks = raw_assets(catalog, settings.catalogs), draft_checks()
    steps: Steps = {}
    for assets in (*raw, dbt_build, *analyses, *scans, stats, scan_tables, claim_checks):
        steps |= steps_of(assets)
    draft = draft_asset(
        public_tables,
        [*(spec.analysis_id for spec in specs.values()), *folders],
        steps,
    )
    report_specs = load_reports(settings.catalogs)
    check_reports(
        report_specs,
        [spec.analysis_id for spec in specs.values()],
        [spec.scan_id for spec in scan_specs.values()],
    )
    reports = {report_asset(path, spec): spec for path, spec in report_specs.items()}
    published = published_asset(
        public_tables,
        {report.key: spec for report, spec in reports.items()},
        [key for assets in (*raw, dbt_build, *checks) for key in assets.check_keys],
        steps,
    )
    return dg.Definitions(
        assets=[
            *raw,
            dbt_build,
            *analyses,
            stats,
            *scans,
            scan_tables,
            claim_checks,
            draft,
            *reports,
            published,
        ],
        asset_checks=checks,
        jobs=jobs(),
        schedules=schedules(),
        sensors=sensors(settings),
        resources={"warehouse": Warehouse.of(settings), "dbt": dbt},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``workspace.yaml`` loads."""
    return build_definitions(Settings.from_environment())
