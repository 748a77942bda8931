"""``icb claims``: every printed number of the papers with the verdict that the last run earned."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from interfaces.cli.failures import CommandError
from interfaces.cli.tables_out import Format, FormatOption, say, show
from warehouse.export.readable import readable
from warehouse.published_file import published

#: So many claims are shown with their sentence, and those of a row that is named; more are a line each.
_EXPLAINED = 12


def claims(
    paper: Annotated[str | None, typer.Option("--paper", help="One paper, e.g. alk_pan_cancer.")] = None,
    verdict: Annotated[str | None, typer.Option("--verdict", help="One verdict, e.g. different.")] = None,
    row: Annotated[str | None, typer.Option("--row", help="One row of the papers' table, e.g. A6.")] = None,
    style: FormatOption = Format.table,
) -> None:
    """Every printed number of the papers with the verdict that the last run earned.

    Example: icb claims --paper igf1r_2022 --format csv
    """
    columns = ["claim_id", "printed", "verdict", "computed_estimate", "computed_ci_low", "computed_ci_high",
               "computed_p", "default_estimate", "stat_id", "sentence"]  # fmt: skip
    with published() as con:
        cursor = con.execute(
            f"select {', '.join(columns)} from stats.claim_checks "
            "where ($paper is null or paper_id = $paper) and ($verdict is null or verdict = $verdict) "
            "and ($row is null or row_id = $row)",
            {"paper": paper, "verdict": verdict, "row": row},
        )
        found = [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
        known = con.execute(
            "select distinct paper_id, verdict from stats.claim_checks order by all"
        ).fetchall()
        needed = con.execute(
            "select distinct missing, settled_by from marts.published_claim_requirements order by all"
        ).fetchall()
    if not found:
        raise CommandError(
            "no claim answers to that",
            where="stats.claim_checks",
            remedy=f"papers: {_words(p for p, _ in known)}; verdicts: {_words(v for _, v in known)}",
        )
    if style is not Format.table:
        show(found, columns, style)
        return
    notes = _numbered(found, needed)
    if row is not None or len(found) <= _EXPLAINED:
        show(found, ["claim_id", "printed", "verdict", "sentence"], style)
    else:
        show(
            [_in_one_line(claim) for claim in found],
            ["claim_id", "printed", "computed", "verdict", "needs"],
            style,
        )
        notes.append(f"Why, in words: icb claims --row {str(found[0]['claim_id']).split('.')[0]}")
    counts = Counter(str(claim["verdict"]) for claim in found)
    said = ", ".join(f"{n} {verdict}" for verdict, n in counts.most_common())
    say("\n".join(["", *notes, f"{len(found)} claim{'s' if len(found) > 1 else ''}: {said}."]))


def _in_one_line(claim: dict[str, Any]) -> dict[str, Any]:
    low, high, p = (claim[f"computed_{name}"] for name in ("ci_low", "ci_high", "p"))
    parts = [readable(claim["computed_estimate"])]
    parts += [f"({readable(low)}-{readable(high)})"] if low is not None and high is not None else []
    parts += [f"P {readable(p)}"] if p is not None else []
    needs = " ".join(re.findall(r"\[\d+\]", claim["sentence"]))
    return claim | {"computed": " ".join(part for part in parts if part), "needs": needs}


def _numbered(claims: list[dict[str, Any]], needed: Iterable[tuple[str, str]]) -> list[str]:
    """What is missing, said once below the table: sentences that repeat it get its number in place."""
    notes: list[str] = []
    for missing, settled_by in needed:
        words, number = f"{missing} (would be settled by {settled_by})", f"[{len(notes) + 1}]"
        if any(words in claim["sentence"] for claim in claims):
            notes.append(f"{number} {words[0].upper()}{words[1:]}")
        for claim in claims:
            claim["sentence"] = claim["sentence"].replace(words, number)
    return notes


def _words(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))
