"""Columns of dates: how they are written, and which times lie between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingestion.onboarding.columns import ColumnGuess
from ingestion.onboarding.draft import Draft
from ingestion.vocabulary import load_vocabulary


def intervals_of(
    draft: Draft, guesses: Sequence[ColumnGuess], columns: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Dates to times: age at start, survival to last contact, progression or last contact. Other dates are private."""
    by_role = {g.date_role: g for g in reversed(guesses) if g.holds == "date" and g.date_role}
    dates = {g.column: g for g in guesses if g.holds == "date"}
    start = by_role.get("start")
    if start is None:
        return [], list(dates)
    found: list[dict[str, Any]] = []
    status = next(
        (c for c, v in columns.items() if (v if isinstance(v, str) else v["attribute"]) == "OS_STATUS"), None
    )
    birth, last = by_role.get("birth"), by_role.get("last_contact")
    progression, death = by_role.get("progression"), by_role.get("death")
    if birth is not None:
        found.append({"attribute": "AGE", "start": birth.column, "end": start.column})
    ends = [g.column for g in (death, last) if g is not None]
    if ends:
        survival: dict[str, Any] = {"attribute": "OS_TIME", "start": start.column, "end": ends}
        if status is None and death is not None:
            survival["event"] = {"attribute": "OS_STATUS", "if_filled": [death.column]}
        found.append(survival)
    if progression is not None and ends:
        event = _progression(draft, guesses, columns, status, progression, death)
        ended = [progression.column, *ends]
        found.append({"attribute": "PFS_TIME", "start": start.column, "end": ended, "event": event})
    used: set[str] = set()
    for interval in found:
        ended = interval["end"]
        of_interval = [interval["start"], *([ended] if isinstance(ended, str) else ended)]
        interval["date_format"] = _date_format(draft, interval["attribute"], [dates[c] for c in of_interval])
        used |= set(of_interval)
    return found, [column for column in dates if column not in used]


def _date_format(draft: Draft, attribute: str, dates: Sequence[ColumnGuess]) -> str:
    """The one format in which all dates of an interval are written; else "" and a question."""
    shared = [fmt for fmt in dates[0].date_formats if all(fmt in other.date_formats for other in dates)]
    if len(shared) == 1:
        return shared[0]
    for date in dates:
        question = f"How are the dates of {date.column} written? {date.why}."
        if len(date.date_formats) != 1 and question not in draft.questions:
            draft.questions.append(question)
    if all(len(date.date_formats) == 1 for date in dates):
        written = ", ".join(f"{date.column} as {date.date_formats[0]}" for date in dates)
        draft.questions.append(
            f"The dates of {attribute} are written in different ways ({written}): write them in one."
        )
    else:
        draft.questions.append(
            f"Write the answer under date_format of the interval {attribute}, which is empty."
        )
    return ""


def _progression(
    draft: Draft,
    guesses: Sequence[ColumnGuess],
    columns: Mapping[str, Any],
    status: str | None,
    progression: ColumnGuess,
    death: ColumnGuess | None,
) -> dict[str, Any]:
    """When PFS ended with an event: a date of progression, or a death by its date or the word of the vital status."""
    event: dict[str, Any] = {"attribute": "PFS_STATUS", "if_filled": [progression.column]}
    if death is not None:
        event["if_filled"].append(death.column)
    elif status is not None:
        mapped = columns[status]
        own = mapped.get("words", {}) if isinstance(mapped, dict) else {}
        words = [word for guess in guesses if guess.column == status for word, _ in guess.words]
        known = load_vocabulary()["OS_STATUS"]
        if meant := [word for word in words if own.get(word, known.get(word.lower())) == "event"]:
            event["if_word"] = {status: meant}
        else:
            draft.questions.append(f"Which words of {status} are a death? It also ends PFS: write if_word.")
    return event
