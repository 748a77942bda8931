"""The answer at the top, in plain words: read from the rows of the default way, with the fixed verdict words.

No sentence is typed for one gene or one paper: direction, numbers and words come from the rows.
"""

from __future__ import annotations

import pandas as pd

from analytics.engine.numbers import count, p_relation, with_ends
from analytics.report.blocks import Cell, LeadBlock
from analytics.report.chapters.lineage import Lineage
from analytics.report.material import Material
from analytics.report.spec import Lead
from analytics.report.words import key_words, shown_scale, slug, text_of
from analytics.results.records import SpecRecord
from analytics.results.statistic import AnyStatistic, Statistic

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


def lead_block(material: Material, lead: Lead, lineage: Lineage) -> LeadBlock:
    """What one analysis answers. Estimates named by the lead are introduced by its words; without them a survival
    analysis speaks for itself, and any other kind lists its first numbers."""
    spec = material.spec(lead.analysis)
    href = f"#a-{slug(lead.analysis)}"
    rows = _rows(material, spec)
    if lead.estimates:
        found = {row.key: row for row in reversed(rows)}
        said = [_named(found.get(key), words, key, lineage) for key, words in lead.estimates.items()]
        return LeadBlock(spec.title, tuple(said), href=href)
    of_endpoint = [row for row in rows if row.name.endpoint == spec.first_endpoint]
    leading = _first(of_endpoint, _LEADING)
    if leading is None:
        numbers = [row for row in rows if row.estimate is not None][:3]
        said = [_named(row, key_words(row.key), "", lineage) for row in numbers]
        none = Cell("No number could be computed; the tables below say why.")
        return LeadBlock(spec.title, tuple(said) or (none,), href=href)
    sentences = [_cited(_survival(leading, spec.first_endpoint), leading, lineage)]
    burden = _first(of_endpoint, _WITH_BURDEN)
    if burden is not None:
        sentences.append(_cited(_burden(burden), burden, lineage))
    sentences += _response(rows, lineage)
    verdict, why = _verdict(material, spec, lineage)
    burdens = [
        f.verdict
        for f in material.findings
        if f.analysis_id == lead.analysis and f.guard == "mutation burden"
    ]
    return LeadBlock(
        spec.title, (*sentences, *why), tuple(word for word in (verdict, *burdens) if word), href
    )


def _rows(material: Material, spec: SpecRecord) -> list[AnyStatistic]:
    return [
        row
        for row in material.statistics
        if (row.name.analysis_id, row.name.variant) == (spec.analysis_id, spec.variant)
        and row.cohort_id is None
        and not row.key.startswith("flow.")
    ]


def _first(rows: list[AnyStatistic], keys: tuple[str, ...]) -> AnyStatistic | None:
    for key in keys:
        for row in rows:
            if row.key.split(".")[-1] == key and row.estimate is not None:
                return row
    return None


def _cited(sentence: str, row: Statistic, lineage: Lineage) -> Cell:
    ref, anchor = lineage.cite(row.name.stat_id)
    return Cell(sentence, f"#{anchor}" if anchor else "", (ref,) if ref else ())


def _shown(row: Statistic) -> str:
    return with_ends(row.estimate, row.ci_low, row.ci_high, shown_scale(row.scale))


def _named(row: AnyStatistic | None, words: str, key: str, lineage: Lineage) -> Cell:
    if row is None:
        return Cell(f"{words}: not computed in this run ({key}).")
    if not _shown(row):
        why = " ".join(row.warnings).rstrip(".") or "no reason is given"
        return _cited(f"{words}: no estimate ({why}).", row, lineage)
    percent = " %" if shown_scale(row.scale) in ("percent", "points") and "%" not in words else ""
    p = f", P {p_relation(row.p)}" if row.p is not None else ""
    n = f"; n {count(row.n)}" if row.n is not None else ""
    return _cited(f"{words}: {_shown(row)}{percent}{p}{n}.", row, lineage)


def _is_shown(row: Statistic) -> bool:
    """The interval excludes a ratio of 1."""
    return row.ci_low is not None and row.ci_high is not None and (row.ci_low > 1 or row.ci_high < 1)


def _survival(row: AnyStatistic, endpoint: str) -> str:
    longer, less, unshown, events = _DID.get(endpoint, _DID_OTHERWISE)
    did = unshown if not _is_shown(row) else longer if (row.estimate or 0.0) < 1 else less
    kind = key_words(row.key).replace("Hazard ratio, ", "hazard ratio (") + ")"
    counts = row.counts
    among = (
        "" if counts.events_in_group is None else f", {count(counts.events_in_group)} of them in this group"
    )
    return (
        f"People whose tumours are {counts.group_label} {did} than those {counts.reference_label}: {kind} "
        f"{_shown(row)}, P {p_relation(row.p)}; {count(counts.n)} people, {count(counts.n_in_group)} "
        f"{counts.group_label}; {count(counts.events)} {events}{among}."
    )


def _burden(row: AnyStatistic) -> str:
    """What burden explains is the guard's to say, from the interval of the change."""
    return f"With mutation burden in the model the hazard ratio is {_shown(row)}."


def _response(rows: list[AnyStatistic], lineage: Lineage) -> list[Cell]:
    difference = next((row for row in rows if row.key == "orr.difference"), None)
    rates = [row for row in rows if row.key.startswith("orr.rate.")]
    if difference is None or difference.estimate is None or len(rates) != 2:
        return []
    shown = [
        f"{100 * rate.estimate:.0f} % of the {rate.counts.group_label}"
        for rate in rates
        if rate.estimate is not None
    ]
    if len(shown) < 2:
        return []
    sentence = f"Objective response: {shown[0]} and {shown[1]}, a difference of {_shown(difference)} percentage points."
    return [_cited(sentence, difference, lineage)]


def _verdict(material: Material, spec: SpecRecord, lineage: Lineage) -> tuple[str, list[Cell]]:
    for row in material.interactions:
        if row.verdict is not None and (row.name.analysis_id, row.name.variant) == (
            spec.analysis_id,
            spec.variant,
        ):
            reason = (row.reason or "").rstrip(".")
            sentence = f"Predictive or prognostic? {row.verdict[:1].upper()}{row.verdict[1:]}: {reason}."
            return row.verdict, [_cited(sentence, row, lineage)]
    return "", []


def burden_verdicts(scans: pd.DataFrame, scan_rows: pd.DataFrame) -> list[Cell]:
    """The gene among all genes: the scan's fixed word on mutation burden, with so many hypotheses counted."""
    family = dict(zip(scans["scan_id"], scans["family_size"], strict=True)) if len(scans) else {}
    title = dict(zip(scans["scan_id"], scans["title"], strict=True)) if len(scans) else {}
    return [
        Cell(
            f"{title.get(row['scan_id'], row['scan_id'])}: {row['gene']} is one of {count(family.get(row['scan_id']))} "
            f"genes that were asked, with {count(row['n_carriers'])} carriers, P {p_relation(row['primary_p'])}, "
            f"false discovery rate {p_relation(row['primary_q'])}; {row['burden_verdict']}.",
            f"#a-scan-{slug(str(row['scan_id']))}",
        )
        for row in scan_rows.to_dict("records")
        if text_of(row.get("burden_verdict"))
    ]
