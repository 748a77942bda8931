"""An answer as plain values: what JSON, CSV, a browser page and a chat all carry."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from analytics.results.statistic import Statistic
from analytics.verdicts import Power, Verdict
from warehouse.questions.answer import Answer, Comparison, cohort_name, events_of, is_pooled, medians_of

#: Columns of an answer as one table: what kind of line it is, then what an estimate has, then words.
CSV_COLUMNS = (
    "part", "name", "group", "reference", "cohort_id", "in_pool", "estimator", "scale", "n", "n_in_group", "events",
    "events_in_group", "median_in_group_months", "median_in_reference_months", "estimate", "ci_low", "ci_high", "p",
    "p_method", "adjusted_for", "strata", "words",
)  # fmt: skip


def answer_record(answer: Answer) -> dict[str, Any]:
    """Everything that an answer says, by name; None for what is not there."""
    question = answer.question
    return {
        "question": question.text,
        "asked": {
            "biomarker": question.biomarker,
            "endpoint": question.endpoint,
            "cohorts": list(question.cohorts),
            "where": {column: list(values) for column, values in question.where},
            "adjust": list(question.adjust),
            "landmark_months": question.landmark_months,
            "cut": question.cut,
        },
        "biomarker": answer.label,
        "headline": {
            "sentence": answer.headline,
            "verdict": answer.verdict,
            "against": answer.against,
            "would_settle": answer.would_settle,
        },
        "comparisons": [_comparison(found) for found in answer.comparisons],
        "interaction": None if answer.interaction is None else estimate_cells(answer.interaction),
        "predictive": _verdict(answer.predictive),
        "trials": [estimate_cells(row) for row in answer.trials],
        "without_icb": None if answer.without_icb is None else estimate_cells(answer.without_icb),
        "guards": [asdict(guard) for guard in answer.guards],
        "cut": None if answer.cut is None else asdict(answer.cut) | {"sentence": answer.cut.sentence},
        "flow": [asdict(step) for step in answer.flow],
        "notes": list(answer.notes),
        "family": None if answer.family is None else asdict(answer.family),
        "lineage": asdict(answer.lineage),
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "group": found.group,
        "reference": found.reference,
        "cohorts": [estimate_cells(row) for row in found.by_cohort],
        "pooled": estimate_cells(found.pooled),
        "beside": [estimate_cells(row) for row in found.others],
        "burden": _verdict(found.burden),
        "power": _power(found.power),
    }


def estimate_cells(row: Statistic) -> dict[str, Any]:
    """One estimate: who, by what, how much."""
    counts, model = row.counts, getattr(row, "model", None)
    events, of_group = events_of(row)
    median, of_reference = medians_of(row)
    return {
        "name": row.key,
        "cohort_id": cohort_name(row),
        "in_pool": is_pooled(row),
        "estimator": row.estimator,
        "scale": None if row.scale is None else str(row.scale),
        "n": counts.n,
        "n_in_group": counts.n_in_group,
        "events": events,
        "events_in_group": of_group,
        "median_in_group_months": median,
        "median_in_reference_months": of_reference,
        "estimate": row.estimate,
        "ci_low": row.ci_low,
        "ci_high": row.ci_high,
        "p": row.p,
        "p_method": row.p_method,
        "adjusted_for": list(model.adjusted_for) if model is not None else [],
        "strata": list(model.strata) if model is not None else [],
        "warnings": list(row.warnings),
    }


def _verdict(verdict: Verdict | None) -> dict[str, str] | None:
    if verdict is None:
        return None
    return {
        "word": str(verdict.word),
        "sentence": verdict.sentence,
        "against": verdict.against,
        "would_settle": verdict.would_settle,
    }


def _power(power: Power | None) -> dict[str, Any] | None:
    if power is None:
        return None
    known = math.isfinite(power.smallest)
    return {
        "n": power.n,
        "carriers": power.carriers,
        "events": power.events,
        "r2": power.r2,
        "smallest_ratio_above_1": power.smallest if known else None,
        "largest_ratio_below_1": 1 / power.smallest if known else None,
        "events_needed_for_1.5": power.events_needed(1.5) if known else None,
    }


def answer_rows(answer: Answer) -> Iterator[dict[str, Any]]:
    """The same as lines of one table, under `CSV_COLUMNS`; the answer first."""
    yield _words("headline", "question", answer.question.text)
    yield _words("headline", "sentence", answer.headline)
    yield _words("headline", "verdict", answer.verdict)
    yield _words("headline", "against", answer.against)
    yield _words("headline", "would_settle", answer.would_settle)
    for found in answer.comparisons:
        yield from _comparison_rows(found)
    if answer.interaction is not None:
        yield _estimate_row("interaction", None, answer.interaction)
    if answer.predictive is not None:
        yield _words("verdict", str(answer.predictive.word), answer.predictive.sentence)
    for row in answer.trials:
        yield _estimate_row("trial", None, row)
    if answer.without_icb is not None:
        yield _estimate_row("without_icb", None, answer.without_icb)
    for guard in answer.guards:
        yield _words("guard", guard.guard, f"{guard.verdict}: {guard.sentence}")
    if answer.cut is not None:
        numbers = {"estimate": answer.cut.threshold, "p": answer.cut.p_paid}
        yield _words("cut", "searched", answer.cut.sentence) | numbers
    for step in answer.flow:
        yield _words("flow", step.step, step.reason) | {"n": step.n}
    yield from (_words("note", "", note) for note in answer.notes)
    if answer.family is not None:
        yield _words("family", "registry", answer.family.sentence)
    yield _words("lineage", "run", answer.lineage.run_id or "")
    for file in answer.lineage.files:
        yield _words("file", file.role, f"{file.address} sha256 {file.sha256}") | {"n": file.rows}


def _comparison_rows(found: Comparison) -> Iterator[dict[str, Any]]:
    for row in found.by_cohort:
        yield _estimate_row("cohort", found, row)
    yield _estimate_row("pooled", found, found.pooled)
    for row in found.others:
        yield _estimate_row("beside", found, row)
    for name, value in (_power(found.power) or {}).items():
        yield {"part": "power", "name": name, "group": found.group, "estimate": value}
    if found.burden is not None:
        yield _words("verdict", str(found.burden.word), found.burden.sentence) | {"group": found.group}


def _words(part: str, name: str, sentence: str) -> dict[str, Any]:
    return {"part": part, "name": name, "words": sentence}


def _estimate_row(part: str, found: Comparison | None, row: Statistic) -> dict[str, Any]:
    cells = estimate_cells(row)
    said = " ".join(cells.pop("warnings"))
    cells |= {name: ", ".join(cells[name]) for name in ("adjusted_for", "strata")}
    group = {"group": found.group, "reference": found.reference} if found else {}
    return {"part": part, **group, **cells, "words": said}
