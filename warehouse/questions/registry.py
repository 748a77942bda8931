"""Every hypothesis that was run: registered scans and analyses, and each question that somebody asked beside them.

Questions asked of the published file leave a line in ``hypotheses.jsonl`` of the data folder, so that a family can be
counted later: five hundred genes looked at one by one are five hundred hypotheses. What was found is not kept there,
but for the smallest p.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from analytics.engine.multiplicity import benjamini_hochberg
from warehouse.questions.answer import Answer, AskedFamily
from warehouse.settings import Settings

COLUMNS = (
    "kind", "name", "on", "is_prespecified", "endpoint", "definition", "cohorts", "hypotheses", "smallest_p", "leading",
)  # fmt: skip
AD_HOC = ("ad-hoc scan", "question")

_REGISTERED = """
select
    kind, name, cast(registered_on as varchar) as "on", is_prespecified,
    array_to_string(endpoints, ', ') as endpoint, definition,
    array_to_string(cohorts, ', ') as cohorts,
    n_hypotheses as hypotheses,
    smallest_p, smallest_p_of as "leading"
from stats.hypotheses
order by kind desc, name
"""


def registry_file(settings: Settings) -> Path:
    """Where questions are written down, one JSON object a line."""
    return settings.data / "hypotheses.jsonl"


def write_down(
    settings: Settings,
    *,
    kind: str,
    question: dict[str, Any],
    hypotheses: int,
    smallest_p: float | None,
    leading: str | None,
    run_id: str | None,
) -> None:
    """Add one question to the registry. A folder that cannot be written to is said on standard error, and the answer
    is given nevertheless: nobody is kept from reading by a read-only disk."""
    record = {
        "kind": kind,
        "name": _name(question),
        "asked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "question": question,
        "hypotheses": hypotheses,
        "smallest_p": smallest_p if smallest_p is not None and math.isfinite(smallest_p) else None,
        "leading": leading,
        "run_id": run_id,
    }
    path = registry_file(settings)
    try:
        # one write to a file opened for appending: questions asked at the same time do not mix
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, (json.dumps(record, default=str) + "\n").encode())
        finally:
            os.close(handle)
    except OSError as exc:
        print(f"! This question is not in the registry: {path} ({exc.strerror}).", file=sys.stderr)


def _name(question: dict[str, Any]) -> str:
    """The same question has the same name."""
    return hashlib.sha256(json.dumps(question, sort_keys=True, default=str).encode()).hexdigest()[:12]


def write_question_down(settings: Settings, answer: Answer) -> AskedFamily:
    """Add a question to the registry; gives the family that every question asked so far makes with it.

    Each group that is compared, and an interaction, is a hypothesis of its own; the p of the headline stands for them.
    """
    question, hypotheses, p = _as_registered(answer)
    write_down(
        settings,
        kind="question",
        question=question,
        hypotheses=hypotheses,
        smallest_p=p,
        leading=answer.label,
        run_id=answer.lineage.run_id,
    )
    return family_with(settings, answer)


def family_with(settings: Settings, answer: Answer) -> AskedFamily:
    """The family that every question asked so far makes with this one, whether it is written down yet or not."""
    question, hypotheses, p = _as_registered(answer)
    rows = {row["name"]: (row["hypotheses"], row["smallest_p"]) for row in asked_questions(settings)[0]}
    rows[_name(question)] = (hypotheses, p)
    size = sum(n for n, _ in rows.values())
    known = {name: one for name, (_, one) in rows.items() if one is not None and math.isfinite(one)}
    rates = dict(zip(known, benjamini_hochberg(list(known.values()), size), strict=True))
    q = rates.get(_name(question))
    return AskedFamily(len(rows), size, None if q is None else float(q))


def _as_registered(answer: Answer) -> tuple[dict[str, Any], int, float | None]:
    """The question as the registry has it, how many hypotheses it is, and the p of its headline."""
    asked = answer.question
    question = {
        "text": asked.text,
        "endpoint": asked.endpoint,
        "definition": asked.biomarker,
        "cohorts": list(asked.cohorts),
    }
    p = answer.cut.p_paid if answer.cut is not None else answer.leading.asked.p
    return question, len(answer.comparisons) + (answer.interaction is not None), p


def asked_questions(settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    """Questions written down so far, oldest first, and a sentence for each line that cannot be read."""
    path = registry_file(settings)
    if not path.exists():
        return [], []
    found: list[dict[str, Any]] = []
    broken: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            question = record["question"]
            found.append(
                {
                    "kind": record["kind"],
                    "name": record["name"],
                    "on": record["asked_at"][:10],
                    "is_prespecified": False,
                    "endpoint": question.get("endpoint"),
                    "definition": question.get("definition"),
                    "cohorts": ", ".join(question.get("cohorts") or []) or "all with the endpoint",
                    "hypotheses": int(record["hypotheses"]),
                    "smallest_p": record["smallest_p"],
                    "leading": record["leading"],
                }
            )
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError):
            broken.append(f"{path}:{number}: this line is no record of a question and is not counted.")
    return found, broken


def counted(settings: Settings) -> tuple[int, int]:
    """How many questions were asked beside the registered ones, and how many hypotheses they had; a question that was
    asked again counts once."""
    distinct = {row["name"]: row["hypotheses"] for row in asked_questions(settings)[0]}
    return len(distinct), sum(distinct.values())


def registry_rows(
    con: duckdb.DuckDBPyConnection, settings: Settings
) -> tuple[list[dict[str, Any]], list[str]]:
    """Registered families first, then every question asked, under :data:`COLUMNS`; and what could not be read."""
    cursor = con.execute(_REGISTERED)
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    asked, broken = asked_questions(settings)
    return [*rows, *asked], broken


def run_of(con: duckdb.DuckDBPyConnection) -> str | None:
    """The run that made the published file."""
    row = con.execute("select max_by(run_id, started_at) from stats.runs").fetchone()
    return str(row[0]) if row and row[0] is not None else None
