"""What comparisons of features, genes and gene sets have beside their tests: reasons for what could not be tested, hash
and coverage of a set, sizes of the lists, and one row that sums the features of a claim up.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pandas as pd

from analytics.comparison.estimate import feature_key
from analytics.comparison.spec import ComparisonSpec, Measure
from analytics.results.rows import ResultRows

#: A feature counts as different at this false discovery rate.
_Q = 0.05
#: A comparison on fewer of the members than this share says so in words.
_FEW = 0.5

_SIZES = """
select gene_set_id, collection, title, version, n_genes, gene_set_sha256 from marts.gene_sets
where list_contains($names, gene_set_id) or ($names = [] and collection = $collection)
group by all order by gene_set_id
"""


def annotate(
    rows: ResultRows,
    out: list[dict[str, Any]],
    name: str,
    measure: Measure,
    frame: pd.DataFrame,
    n_members: int,
) -> None:
    """Add, in place: a row with a reason for each feature that has no value at all; hash and coverage of scored sets;
    and to each test how few of the members have a value, where they are few."""
    coverage, notes = frame.attrs.get("coverage", {}), frame.attrs.get("notes", {})
    reasons: dict[str, str] = frame.attrs.get("reasons", {})
    n_features = frame["feature"].nunique() + len(reasons)
    for feature, reason in reasons.items():
        values = {"feature": feature, "n": 0, "n_mutated": 0, "n_missing": n_members, "warnings": reason}
        rows.add(out, f"{feature_key(name, feature, n_features)}.wilcoxon", None, values)
    features = set(frame["feature"])
    for row in out:
        if not str(row["estimate_key"]).startswith(f"{name}.") or row.get("feature") not in features:
            continue
        feature = row["feature"]
        if ", " in (row.get("unit") or ""):  # medians of unlike units put together say nothing
            row |= dict.fromkeys(("median_mutated", "median_wild_type", "median_difference"))
        if feature in coverage:
            row["gene_set_sha256"], row["coverage"] = coverage[feature]
        said = [notes[feature]] if feature in notes else []
        if row.get("stratum") is None and row.get("n") is not None and row["n"] < _FEW * n_members:
            said.append(f"{row['n']:,} of {n_members:,} members have a value ({row['n_mutated']} mutated).")
        row["warnings"] = " ".join([row.get("warnings") or "", *said]).strip() or None


def summaries(
    con: duckdb.DuckDBPyConnection,
    spec: ComparisonSpec,
    rows: ResultRows,
    out: list[dict[str, Any]],
    members: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Rows of ``frequency_stats``: ``gene_set.n.<set>`` (genes) or ``gene_set.n.<collection>`` (sets) of every list
    that the spec compares, and every ``summary_key`` (features that differ, of those that could be tested)."""
    found: list[dict[str, Any]] = []
    for measure in spec.measures.values():
        if measure.source in ("genes", "gene_sets") and measure.collection is not None:
            _add_sizes(con, rows, found, measure)
    keys = {m.summary_key for m in spec.measures.values() if m.summary_key is not None}
    for key in sorted(keys):
        names = [name for name, m in spec.measures.items() if m.summary_key == key]
        _add_summary(rows, found, key, names, out, members)
    return found


def _add_sizes(
    con: duckdb.DuckDBPyConnection, rows: ResultRows, found: list[dict[str, Any]], measure: Measure
) -> None:
    sizes = con.execute(_SIZES, {"names": list(measure.names), "collection": measure.collection}).df()
    if not measure.names:
        version = ", ".join(sorted(sizes["version"].unique())) or "nothing is listed"
        values = _size(str(measure.collection), len(sizes), "gene sets", f"As listed: {version}.")
        rows.add(found, f"gene_set.n.{measure.collection}", None, values)
        return
    listed = {row["gene_set_id"]: row for row in sizes.to_dict("records")}
    for set_id in measure.names:
        if set_id in listed:
            row = listed[set_id]
            note = f"As listed: {row['version']}; sha256 {row['gene_set_sha256'][:12]}."
            values = _size(set_id, int(row["n_genes"]), "genes", note)
        else:
            values = _size(set_id, 0, "genes", "The lists have no such set.")
        rows.add(found, f"gene_set.n.{set_id}", None, values)


def _size(feature: str, n: int, unit: str, note: str) -> dict[str, Any]:
    return {
        "feature": feature, "estimator": "count", "estimate": float(n), "numerator": n, "unit": unit,
        "group_label": "members of the list", "warnings": note,
    }  # fmt: skip


def _add_summary(
    rows: ResultRows,
    found: list[dict[str, Any]],
    key: str,
    measures: list[str],
    out: list[dict[str, Any]],
    members: pd.DataFrame,
) -> None:
    of_these = [
        row
        for row in out
        if any(str(row["estimate_key"]).startswith(f"{name}.") for name in measures)
        and str(row["estimate_key"]).endswith(".wilcoxon")
        and row.get("stratum") is None
    ]
    tested = [row for row in of_these if row.get("q") is not None]
    different = [row for row in tested if row["q"] < _Q]
    untested = len(of_these) - len(tested)
    up = sum(1 for row in different if (row.get("cliffs_delta") or 0) > 0)
    words = f"{len(different)} of {len(tested)} differ at q < {_Q} ({up} higher in the mutated)."
    if untested:
        why = next((row["warnings"] for row in of_these if row.get("q") is None and row.get("warnings")), "")
        words += f" {untested} could not be tested, the first because: {why}"
    values = {
        "feature": ", ".join(measures), "estimator": "features that differ",
        "n": len(members), "n_mutated": int(members["is_mutated"].sum()),
        "estimate": len(different) / len(tested) if tested else None,
        "numerator": len(different), "denominator": len(tested), "unit": "features",
        "group_label": "tested features", "row_set": "members", "warnings": words,
    }  # fmt: skip
    rows.add(found, key, None, values)
