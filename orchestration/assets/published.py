"""The published version: what users open."""

from collections.abc import Mapping, Sequence

import dagster as dg
import duckdb

from analytics.report.spec import ReportSpec
from orchestration.assets.build_steps import Steps
from orchestration.assets.draft import DRAFT
from orchestration.checks.results import failed_checks
from orchestration.inputs import INPUTS_TAG, input_fingerprint
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.reuse.import_closure import code_version
from warehouse.build.steps import Step
from warehouse.build.whole import RAW_STEP, require_draft, require_whole
from warehouse.diff.changes import claim_differences, source_differences
from warehouse.diff.tables import DiffError, both_open
from warehouse.reports.index_page import write_pages
from warehouse.settings import Settings
from warehouse.versions.draft import open_draft
from warehouse.versions.gate import Finding, GateError, Promised, findings_of, let_through
from warehouse.versions.layout import Version
from warehouse.versions.manifest import (
    About,
    Accepted,
    Manifest,
    last_of_catalogue,
    private_cohorts_of,
    read_manifest,
)
from warehouse.versions.publication import prune_versions, publish_draft
from warehouse.versions.runs import note_refused

PUBLISHED = dg.AssetKey(["published", "icb"])
#: Tag of a run: why what the gate would refuse is meant.
ACCEPT_TAG = "icb/accept"


def published_asset(
    tables: Sequence[dg.AssetKey],
    reports: dict[dg.AssetKey, ReportSpec],
    checks: Sequence[dg.AssetCheckKey],
    steps: Steps,
    invalid: Sequence[dg.AssetKey] = (),
) -> dg.AssetsDefinition:
    """Through the gate, on the disk, switched to. Runs only when the draft and every report of it are made.

    Parameters
    ----------
    tables : marts and result tables that a version must have.
    checks : checks that must not have failed.
    steps : every step of the build, and what it reads; the draft must be of the build as it is now.
    invalid : reports whose files do not load: nothing is published without them.
    """
    promised = Promised(frozenset(".".join(key.path) for key in tables), tuple(reports.values()))

    @dg.asset(
        key=PUBLISHED,
        deps=[DRAFT, *reports, *invalid],
        group_name="published",
        description="The published version: file, figures and reports of one run, switched to in one step. "
        "Open the file read-only.",
        owners=["team:warehouse"],
        kinds={"duckdb"},
        code_version=code_version("warehouse.versions.gate", "warehouse.versions.publication"),
        pool=BUILD_POOL,
    )
    def published(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        settings = warehouse.settings
        draft = open_draft(settings.published)
        with warehouse.build(read_only=True) as con:
            build = require_whole(con, settings.results, steps | {DRAFT.to_user_string(): tuple(steps)})
        require_draft(draft, build[DRAFT.to_user_string()])
        last = last_of_catalogue(settings.published, settings.catalogue_name)
        findings = [Finding(said) for said in failed_checks(context.instance, checks, str(settings.data))]
        findings += findings_of(draft, last, promised, settings.max_shrink)
        accepted = _accepted(context, warehouse, findings, draft)
        about = About(
            run_id=context.run_id,
            catalogue=settings.catalogue_name,
            inputs=_inputs(context, settings, build),
            build=build[RAW_STEP].stamp,
            accepted=accepted,
            private_cohorts=settings.private_cohorts,
        )
        write_pages(draft, last, promised.reports, settings.private_cohorts)
        version, manifest = publish_draft(settings.published, draft, about)
        metadata = _shown(settings, last, version, manifest)
        for gone in prune_versions(settings.published, settings.keep_versions):
            context.log.info(f"Removed version {gone.name}: {settings.keep_versions} are kept.")
        return dg.MaterializeResult(metadata=metadata)

    return published


def _accepted(
    context: dg.AssetExecutionContext, warehouse: Warehouse, findings: Sequence[Finding], draft: Version
) -> Accepted | None:
    """What the gate lets through; that it refuses is noted in the build, and the log has every finding.

    Raises
    ------
    GateError
        It refuses.
    """
    try:
        return let_through(findings, context.run.tags.get(ACCEPT_TAG), draft)
    except GateError:
        with warehouse.build() as con:
            note_refused(con, context.run_id)
        for finding in findings:
            context.log.error(finding.sentence)
        raise


def _shown(
    settings: Settings, last: Version | None, version: Version, manifest: Manifest
) -> dict[str, dg.MetadataValue | str | float]:
    """A version for the UI; and what has changed, unless the one before has private cohorts that this has not."""
    metadata: dict[str, dg.MetadataValue | str | float] = {
        "version": version.name,
        "file": dg.MetadataValue.path(str(settings.published_file)),
        "megabytes": round(version.file.stat().st_size / 1e6, 1),
        "rows": dg.MetadataValue.json(dict(manifest.rows)),
    }
    if last is not None and set(private_cohorts_of(last)) <= set(settings.private_cohorts):
        metadata["changes"] = dg.MetadataValue.md(_changes(last, version, manifest))
    return metadata


def _inputs(context: dg.AssetExecutionContext, settings: Settings, build: Mapping[str, Step]) -> str | None:
    """The checksum of what the version was made from: as it was when the run began, if it is the same now. A run that
    was not launched with it noted it when it loaded the raw tables, and must have made everything itself."""
    launched_with = context.run.tags.get(INPUTS_TAG)
    run = context.instance.get_run_by_id(context.run_id)
    noted = run.tags.get(INPUTS_TAG) if run else None
    is_of_this_run = all(step.run_id == context.run_id for step in build.values())
    found = launched_with or (noted if is_of_this_run else None)
    return found if found == input_fingerprint(settings) else None


def _changes(last: Version, version: Version, manifest: Manifest) -> str:
    """What differs from the version before, for the UI: rows by table, sources, verdicts. ``icb diff`` has the rest."""
    before = read_manifest(last).rows
    lines = [
        f"Since {last.name}; more by `icb diff {last.name} {version.name}`.",
        "",
        "| what | before | after |",
    ]
    lines.append("|---|---|---|")
    for table in sorted(before.keys() | manifest.rows.keys()):
        old, new = before.get(table), manifest.rows.get(table)
        if old != new:
            lines.append(f"| rows of {table} | {_number(old)} | {_number(new)} |")
    try:
        with both_open(last.file, version.file) as con:
            for source in source_differences(con):
                what = f"{source['address']} {source['member'] or ''}".replace("|", "/")
                lines.append(f"| source {source['change']}: {what} | | |")
            for claim in claim_differences(con):
                verdicts = f"{claim['verdict_before'] or ''} | {claim['verdict_after'] or ''}"
                lines.append(f"| claim {claim['claim_id']} | {verdicts} |")
    except (
        DiffError,
        duckdb.Error,
    ) as exc:  # the version is public: that an older one has other tables is no fault
        lines.append(f"| sources and claims could not be compared: {str(exc).splitlines()[0]} | | |")
    return "\n".join(lines)


def _number(rows: int | None) -> str:
    return "none" if rows is None else f"{rows:,}"
