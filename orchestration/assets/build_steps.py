"""Assets as steps of the build: names, and what each reads (see `warehouse.build.steps`)."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from warehouse.build.whole import LAYERS

#: Step -> the steps that it reads.
Steps = dict[str, tuple[str, ...]]


def steps_of(assets: dg.AssetsDefinition, selected: Iterable[dg.AssetKey] | None = None) -> Steps:
    """The steps that some assets are, or those of them that are selected. Sources and reports are none: a source is
    named by its content, and a report lies in the version that it tells of."""
    chosen = set(assets.keys if selected is None else selected)
    return {
        spec.key.to_user_string(): tuple(
            dep.asset_key.to_user_string() for dep in spec.deps if dep.asset_key.path[0] in LAYERS
        )
        for spec in assets.specs
        if spec.key in chosen and spec.key.path[0] in LAYERS
    }
