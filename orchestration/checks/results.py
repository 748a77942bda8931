"""How the checks ended that were carried out last, by whichever run: a part of the graph that is run by itself does not
make the failures of the others undone.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from orchestration.workers import DATA_TAG


def failed_checks(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey], data: str) -> list[str]:
    """A sentence for each check of severity error that failed when it was carried out last on the data folder."""
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    said = []
    for key, record in sorted(records.items(), key=lambda item: item[0].to_user_string()):
        evaluation = record.evaluation
        if record.status is not AssetCheckExecutionRecordStatus.FAILED or evaluation is None:
            continue
        run = instance.get_run_by_id(record.run_id)
        elsewhere = run is not None and run.tags.get(DATA_TAG, data) != data
        if evaluation.severity is dg.AssetCheckSeverity.ERROR and not elsewhere:
            said.append(f"check {key.name} of {key.asset_key.to_user_string()} failed")
    return said
