"""What follows of a change: conditions on every asset behind the sources, and the sensor that acts on them once
somebody has switched it on. "This and all that follows, then publish" is what it asks for, in one run.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

_SOURCES = dg.AssetSelection.groups("sources")


def _changed() -> dg.AutomationCondition[dg.AssetKey]:
    """Its own code, spec or rows of the catalogue are others; a source that it reads has other content (one that was
    read again and is as it was is no change); or a table that it reads was made again, or will be in the same run."""
    condition = dg.AutomationCondition
    other_source = condition.any_deps_match(condition.data_version_changed()).allow(_SOURCES)
    made_again = condition.any_deps_updated().ignore(_SOURCES)
    changed = condition.code_version_changed() | condition.newly_missing() | other_source | made_again
    return changed.with_label("what it is made of has changed")


def follows() -> dg.AutomationCondition[dg.AssetKey | dg.AssetCheckKey]:
    """Made again when anything that it is made of has changed, as soon as nothing of that is under way or missing."""
    condition = dg.AutomationCondition
    return (
        _changed().since_last_handled()  # type: ignore[misc]  # Dagster annotates it for assets and checks alike
        & ~condition.any_deps_missing()
        & ~condition.any_deps_in_progress()
        & ~condition.in_progress()
    ).with_label("follows its sources")


def following(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The assets, each but the sources with the condition of `follows`."""

    def with_condition(spec: dg.AssetSpec) -> dg.AssetSpec:
        if spec.key.path[0] == "sources":
            return spec
        return spec.replace_attributes(automation_condition=follows())

    return [one for one in dg.map_asset_specs(with_condition, assets) if isinstance(one, dg.AssetsDefinition)]


def publish_what_changed() -> dg.AutomationConditionSensorDefinition:
    """The sensor that carries the conditions out; off until somebody switches it on, as the schedule is."""
    return dg.AutomationConditionSensorDefinition(
        "publish_what_changed",
        target=dg.AssetSelection.all() - _SOURCES,
        default_status=dg.DefaultSensorStatus.STOPPED,
        minimum_interval_seconds=60,
        description="Makes what has changed, and all that follows from it, in one run, and publishes: after a file of "
        "the catalogue or of the code was edited (reload the location), a source was read and has other content, or a "
        "table was materialised by hand.",
    )
