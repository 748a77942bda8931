"""What Dagster shows of an analysis: its leading estimates as tables, and as numbers whose trend the UI draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandas as pd

#: Columns of a statistic that the UI shows, and how many rows of a table.
_SHOWN = (
    "variant", "endpoint", "estimate_key", "n", "n_in_group", "events", "estimate", "ci_low", "ci_high", "p", "q",
)  # fmt: skip
_MOST_SHOWN = 60
#: Scales of which a trend is drawn, and how many estimates an analysis draws (a page of 20 plots is read by nobody).
_TRENDS = ("hazard ratio", "odds ratio", "ratio of hazard ratios", "difference in months")
_MOST_TRENDS = 16
#: Tables whose estimates are drawn before those of others.
_LEADING = ("response_stats", "survival_stats")


def estimates_shown(tables: Mapping[str, pd.DataFrame]) -> dict[str, dg.MetadataValue | int]:
    """The leading numbers of an analysis: those over all members, without the counts of who is in.

    Parameters
    ----------
    tables : result tables with estimates, by name.
    """
    shown: dict[str, dg.MetadataValue | int] = {}
    for name, table in tables.items():
        leading = table[table["cohort_id"].isna() & ~table["estimate_key"].str.startswith("flow.")]
        if len(leading):
            columns = [column for column in _SHOWN if column in leading.columns]
            shown[name.replace("_", " ")] = dg.MetadataValue.md(_markdown(leading[columns].head(_MOST_SHOWN)))
    return shown | {"dagster/row_count": sum(len(table) for table in tables.values())}


def trends(tables: Mapping[str, pd.DataFrame]) -> dict[str, int | float]:
    """Numbers of the default variant over all members: people and events, and leading ratios and differences.

    Parameters
    ----------
    tables : every result table of the analysis, by name.
    """
    found: dict[str, int | float] = {}
    if "analysis_members" in tables:
        members = tables["analysis_members"]
        counted = members[(members["variant"] == "default") & members["is_member"].astype(bool)]
        found["people"] = int(counted["person_id"].nunique())
    drawn: list[tuple[str, float]] = []
    for name in sorted(tables, key=lambda name: (name not in _LEADING, name)):
        table = tables[name]
        if not {"scale", "estimate", "cohort_id"} <= {*table.columns}:
            continue
        leading = table[(table["variant"] == "default") & table["cohort_id"].isna()]
        if name == "survival_stats":
            for endpoint, events in leading.groupby("endpoint")["events"].max().dropna().items():
                if str(endpoint).isupper():  # OS and PFS; a part of the people has a longer name
                    found[f"events of {endpoint}"] = int(events)
        rows = leading[leading["scale"].isin(_TRENDS) & leading["estimate"].notna()]
        drawn += [
            (f"{scale} {key}", float(estimate))
            for scale, key, estimate in zip(
                rows["scale"], rows["estimate_key"], rows["estimate"], strict=True
            )
        ]
    # a key of few parts is of everybody; parts of the people and pools without one cohort have more
    return found | dict(sorted(drawn, key=lambda one: one[0].count("."))[:_MOST_TRENDS])


def _markdown(table: pd.DataFrame) -> str:
    def cell(value: Any) -> str:
        if isinstance(value, list):
            return "; ".join(value)
        if pd.isna(value):
            return ""
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(cell(v) for v in row) + " |" for row in table.itertuples(index=False)]
    return "\n".join(lines)
