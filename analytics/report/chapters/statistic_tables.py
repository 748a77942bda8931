"""Tables of named statistics as blocks: one way of rendering for every result table, whatever columns it has.

Estimate and interval stand together, warnings below the table, and each row cites the entry of its lineage. A column
that no row fills is left out. Which analyses are shown is decided in ``document``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analytics.engine.numbers import count, estimate_text, is_missing, number, p_value, with_ends
from analytics.report.blocks import Cell, Column, Note, Row, RowGroup, Table
from analytics.report.chapters.lineage import Lineage
from analytics.report.words import (
    column_words,
    endpoint_words,
    estimator_words,
    key_words,
    plain_words,
    shown_scale,
    text_of,
    variant_words,
)

#: Most rows of a table that are printed; the rest is in the published file.
MOST_ROWS = 60
#: Headings of tables, by result table.
TITLES = {
    "survival_stats": "Survival",
    "response_stats": "Response",
    "comparison_stats": "Comparison by status",
    "frequency_stats": "How often",
    "meta_stats": "Random effects over cohorts",
    "interaction_stats": "Predictive or prognostic",
}
#: Shown elsewhere in the row, in the lineage, or of no use to a reader.
_NOT_SHOWN = frozenset(
    {
        "stat_id", "analysis_id", "variant", "endpoint", "cohort_id", "estimate_key", "estimator",
        "adjusted_for", "strata", "ties", "row_set", "n", "n_in_group", "events", "events_in_group", "scale",
        "reference_label", "responders", "responders_in_group", "estimate", "ci_low", "ci_high", "standard_error",
        "statistic", "category",
        "p", "p_method", "median_in_group_months", "median_in_reference_months", "warnings", "feature",
        "group_label", "numerator", "denominator", "cohorts", "n_cohorts", "left_out", "prediction_low",
        "prediction_high", "gene_set_sha256", "stratum", "cliffs_delta_ci_low", "cliffs_delta_ci_high",
        "i2_ci_low_percent", "i2_ci_high_percent", "spec_sha256", "run_id",
    }
)  # fmt: skip
#: Further columns of wide tables that are printed; of the other tables all are.
_EXTRA_OF: dict[str, tuple[str, ...]] = {
    "nomograms": (),
    "calibrations": ("predicted", "corrected"),
    "prediction_stats": ("optimism",),
}
_P_LIKE = ("p", "q")


@dataclass
class Notes:
    """Sentences below a table, each once, under letters."""

    _marks: dict[str, str] = field(default_factory=dict)

    def mark(self, warnings: Any) -> tuple[str, ...]:
        """The letters of the warnings of a row."""
        return tuple(self._marks.setdefault(s, _letters(len(self._marks))) for s in warnings or ())

    def all(self) -> tuple[Note, ...]:
        return tuple(Note(mark, text) for text, mark in self._marks.items())


def _letters(index: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    last = chr(ord("a") + index % 26)
    return last if index < 26 else _letters(index // 26 - 1) + last


def statistic_table(
    name: str,
    rows: pd.DataFrame,
    comments: Mapping[str, str],
    lineage: Lineage,
    *,
    caption: str,
    ways: Sequence[tuple[str, str]] = (),
    most_rows: int = MOST_ROWS,
) -> Table | None:
    """A block of one result table's rows, grouped by the way of doing the analysis; None when there are no rows.

    Parameters
    ----------
    name, comments : the result table, and what its columns mean.
    ways : (variant, description) in the order of the groups.
    most_rows : beyond it the rows of smallest p are kept, and the table says how many it left out.
    """
    if rows.empty:
        return None
    kept, more = _leading(rows, name, most_rows, ways)
    notes = Notes()
    columns, alike = _columns(name, kept, comments, lineage, notes)
    more = " ".join([*alike, *([more] if more else [])])
    order = [variant for variant, _ in ways] or list(dict.fromkeys(kept["variant"]))
    texts = dict(ways)
    groups = []
    for variant in order:
        of_way = kept[kept["variant"] == variant].to_dict("records")
        if of_way:
            made = tuple(
                Row(tuple(cell(row) for _, cell in columns), text_of(row.get("stat_id"))) for row in of_way
            )
            label = variant_words(variant) if len(order) > 1 else ""
            groups.append(RowGroup(made, label, texts.get(variant, "") if label else ""))
    return Table(
        caption, tuple(c for c, _ in columns), tuple(groups), notes.all(), more, source=f"stats.{name}"
    )


def _leading(
    rows: pd.DataFrame, name: str, most_rows: int, ways: Sequence[tuple[str, str]]
) -> tuple[pd.DataFrame, str]:
    """A long table is cut to the leading way, then to the rows of smallest p."""
    if len(rows) <= most_rows:
        return rows, ""
    leading, total = rows[rows["variant"] == ways[0][0]] if ways else rows, len(rows)
    if 0 < len(leading) <= most_rows:
        words = variant_words(ways[0][0]).lower()
        return leading, f"Of {total:,} rows those of the {words} way are shown; all are in stats.{name}."
    rows = leading if len(leading) else rows
    by = next((column for column in ("q", "p") if column in rows and rows[column].notna().any()), None)
    kept = rows.nsmallest(most_rows, by).sort_index() if by else rows.head(most_rows)
    how = f"the {len(kept)} of smallest {by.upper() if by == 'p' else by}" if by else f"the first {len(kept)}"
    return kept, f"Of {total:,} rows {how} are shown; all are in stats.{name}."


_Make = Callable[[Mapping[Any, Any]], Cell]


def _columns(
    name: str, rows: pd.DataFrame, comments: Mapping[str, str], lineage: Lineage, notes: Notes
) -> tuple[list[tuple[Column, _Make]], list[str]]:
    """Columns that at least one row fills, and, as sentences, words that are the same in all rows."""
    groups = [label for label in rows["group_label"].dropna().unique() if label]
    in_group = groups[0] if len(groups) == 1 else "in the group"
    named = [c for c in ("feature", "category", "group_label") if c in rows and rows[c].nunique() > 1]
    made: list[tuple[Column, _Make]] = [
        (Column("What", comments.get("estimate_key", "")), lambda row: _what(row, named, notes))
    ]
    alike: list[str] = []

    def add(
        label: str, meaning: str, make: Callable[[Mapping[Any, Any]], str], *, numeric: bool = False
    ) -> None:
        texts = [make(row) for row in rows.to_dict("records")]
        if len(texts) > 1 and len(set(texts)) == 1 and texts[0] and not numeric:
            alike.append(f"{label}: {texts[0].rstrip('.')}.")
        elif any(texts):
            made.append((Column(label, meaning, numeric), lambda row: Cell(make(row))))

    meaning = comments.get
    if rows["endpoint"].nunique() > 1:
        add("Endpoint", meaning("endpoint", ""), lambda r: endpoint_words(r["endpoint"]))
    add("Cohort", meaning("cohort_id", ""), lambda r: text_of(r.get("cohort_id")))
    add("Stratum", meaning("stratum", ""), lambda r: text_of(r.get("stratum")))
    add(f"n ({in_group})" if _has(rows, "n_in_group") else "n", f"{meaning('n', '')} ({meaning('n_in_group', '')})",
        lambda r: _of_which(r, "n", "n_in_group"), numeric=True)  # fmt: skip
    add("Cohorts", meaning("n_cohorts", ""), lambda r: count(r.get("n_cohorts")), numeric=True)
    for all_, some, label in (
        ("events", "events_in_group", "Events"),
        ("responders", "responders_in_group", "Responders"),
    ):
        with_some = f"{label} ({in_group})" if _has(rows, some) else label
        add(with_some, meaning(all_, ""), lambda r, a=all_, s=some: _of_which(r, a, s), numeric=True)  # type: ignore[misc]
    add("Counted", f"{meaning('numerator', '')}; {meaning('denominator', '')}", _ratio, numeric=True)
    add(
        "Estimate (95 % CI)" if _has(rows, "ci_low") else "Estimate",
        meaning("estimate", ""),
        _estimate,
        numeric=True,
    )
    add("Prediction interval", meaning("prediction_low", ""), _prediction, numeric=True)
    for column in _EXTRA_OF.get(name, tuple(rows.columns)):
        if column in rows and column not in _NOT_SHOWN:
            add(
                column_words(column),
                meaning(column, ""),
                _plain(column, rows),
                numeric=_is_number(rows, column),
            )
    add("P", meaning("p", ""), lambda r: p_value(r.get("p")), numeric=True)
    add("Method", meaning("estimator", ""), _method)
    made.append(
        (Column("Source", "Lineage: who is counted and from which rows of which files"), _source(lineage))
    )
    return made, alike


def _has(rows: pd.DataFrame, column: str) -> bool:
    return column in rows.columns and bool(rows[column].notna().any())


def _is_number(rows: pd.DataFrame, column: str) -> bool:
    return pd.api.types.is_numeric_dtype(rows[column]) and not pd.api.types.is_bool_dtype(rows[column])


def _what(row: Mapping[Any, Any], named: Sequence[str], notes: Notes) -> Cell:
    """The key in words, then what of ``named`` it does not say already."""
    key = key_words(text_of(row.get("estimate_key")))
    words = [plain_words(text_of(row.get(column))) for column in named if text_of(row.get(column))]
    if text_of(row.get("estimate_key")).startswith("mutated.rate.") and words:
        key = "Mutated, %"
    new = [name for name in words if name.lower() not in key.lower()]
    return Cell(": ".join([key, *new]), marks=notes.mark(row.get("warnings")))


def _of_which(row: Mapping[Any, Any], all_: str, some: str) -> str:
    whole, part = count(row.get(all_)), count(row.get(some))
    return f"{whole} ({part})" if whole and part else whole


def _ratio(row: Mapping[Any, Any]) -> str:
    if is_missing(row.get("numerator")) or is_missing(row.get("denominator")):
        return ""
    if not isinstance(row["denominator"], int | float):  # response_stats names its denominator in words
        return ""
    return f"{count(row['numerator'])} / {count(row['denominator'])}"


def _estimate(row: Mapping[Any, Any]) -> str:
    scale = scale_of_row(row)
    shown = _with_ends(row, scale)
    is_named = any(word in key_words(text_of(row.get("estimate_key"))) for word in ("%", "percentage"))
    return f"{shown} %" if shown and scale in ("percent", "points") and not is_named else shown


def _with_ends(row: Mapping[Any, Any], scale: str) -> str:
    return with_ends(row.get("estimate"), row.get("ci_low"), row.get("ci_high"), scale)


def scale_of_row(row: Mapping[Any, Any]) -> str:
    """Kind of number that a row's estimate is."""
    return shown_scale(text_of(row.get("scale")), text_of(row.get("unit")))


def _prediction(row: Mapping[Any, Any]) -> str:
    low, high = row.get("prediction_low"), row.get("prediction_high")
    if is_missing(low) or is_missing(high):
        return ""
    return f"{estimate_text(low, scale_of_row(row))}\u2013{estimate_text(high, scale_of_row(row))}"


def _plain(column: str, rows: pd.DataFrame) -> Callable[[Mapping[Any, Any]], str]:
    is_p = column in _P_LIKE or column.endswith("_p") or column.endswith("_q")
    is_number = _is_number(rows, column)
    is_count = is_number and pd.api.types.is_integer_dtype(rows[column])
    suffix = "_percent" if column.endswith("_percent") else ""
    ends = [f"{column.removesuffix(suffix)}_ci_{end}{suffix}" for end in ("low", "high")]

    def make(row: Mapping[Any, Any]) -> str:
        value = row.get(column)
        if is_missing(value):
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if is_p:
            return p_value(value)
        if is_number:
            show = count if is_count else (lambda v: f"{float(v):.0f}") if suffix else number
            if any(is_missing(row.get(end)) for end in ends):
                return show(value)
            return f"{show(value)} ({show(row[ends[0]])} to {show(row[ends[1]])})"
        return text_of(value)

    return make


def _method(row: Mapping[Any, Any]) -> str:
    """The estimator where the row's name does not say it, the denominator in words, covariates and strata."""
    estimator, name = text_of(row.get("estimator")), key_words(text_of(row.get("estimate_key"))).lower()
    words = estimator_words(estimator)
    is_said = words.lower().replace("\u2013", "-") in name or estimator.split("_")[0].lower() in name
    parts = [] if is_said or estimator in ("proportion", "count") else [words]
    denominator = row.get("denominator")
    if isinstance(denominator, str):
        parts.append(plain_words(denominator))
    if text_of(row.get("adjusted_for")):
        parts.append(f"adjusted for {plain_words(text_of(row['adjusted_for']))}")
    if text_of(row.get("strata")):
        parts.append(f"strata {plain_words(text_of(row['strata']))}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


#: Estimates of one cohort by itself: heading of the column -> last parts of keys, the first that has a number counts.
_OF_COHORT = {
    "Hazard ratio (95 % CI)": ("firth_univariable", "cox_univariable"),
    "Adjusted for burden": ("firth_burden_adjusted", "cox_burden_adjusted"),
}


def cohort_table(
    rows: pd.DataFrame, comments: Mapping[str, str], lineage: Lineage, caption: str
) -> Table | None:
    """Hazard ratios of each cohort by itself, one row a cohort: alone, and adjusted for burden; Firth's where a group
    has few events.

    Parameters
    ----------
    rows : rows of ``stats.survival_stats`` with a ``cohort_id``, of one way and endpoint.
    """
    notes, made = Notes(), []
    for cohort_id, own in rows.groupby("cohort_id", sort=True):
        found = [_best(own, keys) for keys in _OF_COHORT.values()]
        leading = found[0]
        if leading is None:
            continue
        cells = [
            Cell(str(cohort_id), marks=notes.mark(leading.get("warnings"))),
            Cell(_of_which(leading, "n", "n_in_group")),
            Cell(_of_which(leading, "events", "events_in_group")),
        ]
        for row in found:
            is_firth = row is not None and "firth" in text_of(row["estimate_key"])
            cells += [
                Cell(
                    "" if row is None else _with_ends(row, "ratio") or "no estimate",
                    marks=("F",) if is_firth else (),
                ),
                Cell("" if row is None else p_value(row.get("p"))),
            ]
        made.append(Row((*cells, _source(lineage)(leading)), text_of(leading["stat_id"])))
    if not made:
        return None
    in_group = text_of(rows["group_label"].dropna().iloc[0])
    columns = [Column("Cohort", comments.get("cohort_id", "")),
               Column(f"n ({in_group})", comments.get("n", ""), True),
               Column(f"Events ({in_group})", comments.get("events", ""), True)]  # fmt: skip
    for heading, p in zip(_OF_COHORT, ("P", "P, adjusted"), strict=True):
        columns += [
            Column(heading, comments.get("estimate", ""), True),
            Column(p, comments.get("p", ""), True),
        ]
    columns.append(Column("Source", "Lineage: who is counted and from which rows of which files"))
    more = (
        "F: Firth's penalised estimate, for a group has fewer than five events."
        if any("F" in cell.marks for row in made for cell in row.cells)
        else ""
    )
    return Table(
        caption, tuple(columns), (RowGroup(tuple(made)),), notes.all(), more, source="stats.survival_stats"
    )


def _best(rows: pd.DataFrame, keys: Sequence[str]) -> Mapping[Any, Any] | None:
    tail = rows["estimate_key"].astype(str).str.split(".").str[-1]
    candidates = [row for key in keys for row in rows[tail == key].to_dict("records")]
    return next(
        (row for row in candidates if not is_missing(row["estimate"])), candidates[-1] if candidates else None
    )


def _source(lineage: Lineage) -> _Make:
    def make(row: Mapping[Any, Any]) -> Cell:
        ref, anchor = lineage.cite(text_of(row.get("stat_id")))
        return Cell(ref, f"#{anchor}" if anchor else "")

    return make
