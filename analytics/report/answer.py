"""The answer at the top, in plain words: read from the rows of the default way, with the fixed verdict words.

No sentence is typed for one gene or one paper: direction, numbers and words come from the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.engine.numbers import count, is_missing, p_value, with_interval
from analytics.report.blocks import Cell, LeadBlock
from analytics.report.lineage import Lineage
from analytics.report.material import Material
from analytics.report.spec import Lead
from analytics.report.statistic_tables import scale_of_row
from analytics.report.words import key_words, slug, text_of

_DID = {
    "OS": ("lived longer", "lived less long", "were not shown to live longer or less long", "deaths"),
    "DSS": (
        "lived longer",
        "lived less long",
        "were not shown to live longer or less long",
        "deaths of the disease",
    ),
}
_DID_OTHERWISE = (
    "went longer without an event",
    "went less long without an event",
    "were not shown to go longer or less long without an event",
    "events",
)
_LEADING = ("firth_univariable", "cox_univariable", "logrank_oe")
_WITH_BURDEN = ("firth_burden_adjusted", "cox_burden_adjusted")

_Row = Mapping[Any, Any]


def lead_block(material: Material, lead: Lead, lineage: Lineage) -> LeadBlock:
    """What one analysis answers. Estimates named by the lead are introduced by its words; without them a survival
    analysis speaks for itself, and any other kind lists its first numbers."""
    spec = material.spec(lead.analysis)
    title = text_of(spec["title"])
    href = f"#a-{slug(lead.analysis)}"
    rows = _rows(material, lead.analysis, text_of(spec["variant"]))
    if lead.estimates:
        found = {text_of(row["estimate_key"]): row for row in reversed(rows)}
        said = [_named(found.get(key), words, key, lineage) for key, words in lead.estimates.items()]
        return LeadBlock(title, tuple(said), href=href)
    endpoint = text_of(spec["endpoints"]).split(", ")[0]
    of_endpoint = [row for row in rows if text_of(row["endpoint"]) == endpoint]
    leading = _first(of_endpoint, _LEADING)
    if leading is None:
        numbers = [row for row in rows if not is_missing(row["estimate"])][:3]
        said = [_named(row, key_words(text_of(row["estimate_key"])), "", lineage) for row in numbers]
        none = Cell("No number could be computed; the tables below say why.")
        return LeadBlock(title, tuple(said) or (none,), href=href)
    gene = text_of(spec["gene"])
    sentences = [_cited(_survival(leading, gene, endpoint), leading, lineage)]
    burden = _first(of_endpoint, _WITH_BURDEN)
    if burden is not None:
        sentences.append(_cited(_burden(leading, burden), burden, lineage))
    sentences += _response(rows, lineage)
    verdict, why = _verdict(material, lead.analysis, text_of(spec["variant"]), lineage)
    burdens = [
        f.verdict
        for f in material.findings
        if f.analysis_id == lead.analysis and f.guard == "mutation burden"
    ]
    return LeadBlock(title, (*sentences, *why), tuple(word for word in (verdict, *burdens) if word), href)


def _rows(material: Material, analysis_id: str, variant: str) -> list[_Row]:
    found: list[_Row] = []
    for name in material.tables:
        rows = material.of(name, analysis_id)
        if "estimate_key" in rows and len(rows):
            own = rows[(rows["variant"] == variant)]
            if "cohort_id" in own:
                own = own[own["cohort_id"].isna()]
            own = own[~own["estimate_key"].astype(str).str.startswith("flow.")]
            found += own.to_dict("records")
    return found


def _first(rows: list[_Row], keys: tuple[str, ...]) -> _Row | None:
    for key in keys:
        for row in rows:
            if text_of(row["estimate_key"]).split(".")[-1] == key and not is_missing(row["estimate"]):
                return row
    return None


def _cited(sentence: str, row: _Row, lineage: Lineage) -> Cell:
    ref, anchor = lineage.cite(text_of(row["stat_id"]))
    return Cell(sentence, f"#{anchor}" if anchor else "", (ref,) if ref else ())


def _named(row: _Row | None, words: str, key: str, lineage: Lineage) -> Cell:
    if row is None:
        return Cell(f"{words}: not computed in this run ({key}).")
    shown = with_interval(row, scale_of_row(row))
    if not shown:
        why = text_of(row.get("warnings")).rstrip(".") or "no reason is given"
        return _cited(f"{words}: no estimate ({why}).", row, lineage)
    percent = " %" if scale_of_row(row) in ("percent", "points") and "%" not in words else ""
    p = f", P {_equals(p_value(row.get('p')))}" if not is_missing(row.get("p")) else ""
    n = f"; n {count(row['n'])}" if not is_missing(row.get("n")) else ""
    return _cited(f"{words}: {shown}{percent}{p}{n}.", row, lineage)


def _equals(p: str) -> str:
    return p.replace("<", "< ") if p.startswith("<") else f"= {p}"


def _is_shown(row: _Row) -> bool:
    low, high = row.get("ci_low"), row.get("ci_high")
    return not is_missing(low) and not is_missing(high) and (float(low) > 1 or float(high) < 1)  # type: ignore[arg-type]


def _survival(row: _Row, gene: str, endpoint: str) -> str:
    longer, less, unshown, events = _DID.get(endpoint, _DID_OTHERWISE)
    did = unshown if not _is_shown(row) else longer if float(row["estimate"]) < 1 else less
    kind = key_words(text_of(row["estimate_key"])).replace("Hazard ratio, ", "hazard ratio (") + ")"
    mutated = (
        ""
        if is_missing(row.get("events_mutated"))
        else f", {count(row['events_mutated'])} of them among the mutated"
    )
    return (
        f"People with {gene}-mutated tumours {did}: {kind} {with_interval(row, 'ratio')}, P "
        f"{_equals(p_value(row['p']))}; "
        f"{count(row['n'])} people, {count(row['n_mutated'])} mutated; {count(row['events'])} {events}{mutated}."
    )


def _burden(leading: _Row, row: _Row) -> str:
    before, after = _is_shown(leading), _is_shown(row)
    words = {
        (True, True): "the association is still shown",
        (True, False): "the association is no longer shown",
        (False, True): "an association is shown",
        (False, False): "none is shown either",
    }[before, after]
    return f"With mutation burden in the model the hazard ratio is {with_interval(row, 'ratio')}: {words}."


def _response(rows: list[_Row], lineage: Lineage) -> list[Cell]:
    found = {text_of(row["estimate_key"]): row for row in rows}
    difference = found.get("orr.difference")
    if difference is None or is_missing(difference["estimate"]):
        return []
    rates = [found.get(f"orr.rate.{group}") for group in ("mutated", "wild_type")]
    if any(rate is None or is_missing(rate["estimate"]) for rate in rates):
        return []
    shown = [f"{100 * float(rate['estimate']):.0f} %" for rate in rates if rate is not None]
    sentence = (
        f"Objective response: {shown[0]} of the mutated and {shown[1]} of the wild-type, a difference of "
        f"{with_interval(difference, 'points')} percentage points."
    )
    return [_cited(sentence, difference, lineage)]


def _verdict(material: Material, analysis_id: str, variant: str, lineage: Lineage) -> tuple[str, list[Cell]]:
    rows = material.of("interaction_stats", analysis_id)
    if rows.empty:
        return "", []
    decided = rows[(rows["variant"] == variant) & rows["verdict"].notna()]
    if decided.empty:
        return "", []
    row = decided.iloc[0]
    ratio = with_interval(row.to_dict(), "ratio")
    number = f" Ratio of hazard ratios, with against without checkpoint blockade: {ratio}." if ratio else ""
    word = text_of(row["verdict"])
    reason = text_of(row["reason"]).rstrip(".")
    sentence = f"Predictive or prognostic? {word[:1].upper()}{word[1:]}: {reason}.{number}"
    return word, [_cited(sentence, row.to_dict(), lineage)]


def burden_verdicts(scans: pd.DataFrame, scan_rows: pd.DataFrame) -> list[Cell]:
    """The gene among all genes: the scan's fixed word on mutation burden, with so many hypotheses counted."""
    family = dict(zip(scans["scan_id"], scans["family_size"], strict=True)) if len(scans) else {}
    title = dict(zip(scans["scan_id"], scans["title"], strict=True)) if len(scans) else {}
    return [
        Cell(
            f"{title.get(row['scan_id'], row['scan_id'])}: {row['gene']} is one of {count(family.get(row['scan_id']))} "
            f"genes that were asked, with {count(row['n_carriers'])} carriers, P {_equals(p_value(row['primary_p']))}, "
            f"false discovery rate {_equals(p_value(row['primary_q']))}; {row['burden_verdict']}.",
            f"#a-scan-{slug(str(row['scan_id']))}",
        )
        for row in scan_rows.to_dict("records")
        if text_of(row.get("burden_verdict"))
    ]
