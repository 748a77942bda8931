"""A page of the documentation for each published cohort, docs/cohorts/<cohort_id>.md.

What it is, its clocks, what its files became, whom it shares, which rows were refused, and its files; `make receipts`
writes it from the published file.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import duckdb

from warehouse.browsing.cohorts import cohort_facts, cohort_listings
from warehouse.browsing.listing import Listing
from warehouse.export.readable import readable
from warehouse.published_file import published
from warehouse.reports.cohort_receipt import receipt_table, write_document
from warehouse.settings import PROJECT
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import private_cohorts_of

FOLDER = PROJECT / "docs" / "cohorts"
_MARK = "<!-- written by `make receipts` from the published file -->"
#: Lines of a section of the receipt, and rows refused by rule, that a page shows.
_MOST_LINES = 12
#: Column of marts.cohorts -> words of the page.
_FACTS = {
    "licence": "licence", "assay_name": "assay", "n_patients": "patients", "n_patients_profiled": "of these sequenced",
    "may_overlap": "may share people with", "overlap_evidence": "because", "known_missing": "not in the public files",
}  # fmt: skip


def write_pages(con: duckdb.DuckDBPyConnection, folder: Path = FOLDER) -> list[tuple[str, str]]:
    """Write the page of every cohort that may be shown, take away those of cohorts that are no longer there, and give
    identifiers with titles."""
    private = private_cohorts_of(version_of(con))
    ids = [str(row[0]) for row in con.execute("select cohort_id from marts.cohorts order by 1").fetchall()]
    shown = [cohort for cohort in ids if cohort not in private]
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        if old.stem not in shown:
            old.unlink()
    titles = []
    for cohort in shown:
        facts = cohort_facts(con, cohort)
        (folder / f"{cohort}.md").write_text(_page(con, cohort, facts), encoding="utf-8")
        titles.append((cohort, str(facts["title"])))
    return titles


def _page(con: duckdb.DuckDBPyConnection, cohort: str, facts: dict[str, object]) -> str:
    tables = {one.name: one for one in cohort_listings(con, cohort)}
    treated = "under checkpoint blockade" if facts["is_icb"] else "without checkpoint blockade"
    parts = [
        f"# {facts['title']}", _MARK, f"`{cohort}`, {treated}. {_cited(facts)}",
        _table(("", ""), [(said, facts[name]) for name, said in _FACTS.items() if facts.get(name)]),
        "## Clocks", "Unlike clocks are never pooled.",
        _listed(tables["clocks"], {"endpoint": "endpoint", "origin": "clock starts at", "n": "patients",
                                   "events": "events", "n_entering_late": "entering late",
                                   "longest_months": "longest, months"}),
        "## What its files became", "All lines with their rules: `icb cohort receipt " + cohort + "`.",
        receipt_table(con, cohort, _MOST_LINES),
        "## Persons also in other cohorts",
        _listed(tables["overlaps"], {"cohort_id": "cohort", "n_persons": "persons", "by_rule": "found by"}),
        "## Rows refused or doubted",
        _listed(tables["rejected"], {"rule_id": "rule", "column_name": "column", "message": "what", "n_rows": "rows"}),
        "## Files",
        _listed(tables["files"], {"address": "address", "member": "member", "licence": "licence", "sha256": "sha256"}),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _cited(facts: dict[str, object]) -> str:
    cited = str(facts["citation"] or "")
    pmid, doi = facts["pmid"], facts["doi"]
    links = [f"[PMID {pmid}](https://pubmed.ncbi.nlm.nih.gov/{pmid}/)" if pmid else "",
             f"[doi:{doi}](https://doi.org/{doi})" if doi else ""]  # fmt: skip
    return " ".join(part for part in (f"{_plain(cited)}." if cited else "", *links) if part)


def _listed(table: Listing, headings: dict[str, str]) -> str:
    rows = [tuple(record[name] for name in headings) for record in table.records]
    if not rows:
        return "None."
    n_all = table.n_all or len(rows)
    shown = rows[:_MOST_LINES] if table.name == "rejected" else rows
    more = f"\n\nAnd {n_all - len(shown)} further rules." if n_all > len(shown) else ""
    return _table(tuple(headings.values()), shown) + more


def _table(headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = readable(value)
    is_address = text.startswith("https://") and not set(text) & set("|` ")
    return f"`{text}`" if is_address else _plain(text)


def _plain(text: str) -> str:
    """A source's words as text of a Markdown table: no column ends in them, no tag, link or emphasis begins."""
    text = html.escape(" ".join(text.split()), quote=False)
    for sign in "\\|[]*_`":
        text = text.replace(sign, f"\\{sign}")
    return text


if __name__ == "__main__":
    with published() as connection:
        write_document(write_pages(connection))
