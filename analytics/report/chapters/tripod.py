"""The TRIPOD checklist of a nomogram, filled from the run: what its tables say on each item, or that it was not done.

The 37 items (22 with their letters) are those of Collins, Reitsma, Altman and Moons, Ann Intern Med 2015;162:55, as
explained by Moons et al., Ann Intern Med 2015;162:W1, in own words. D is asked where a model is made, V where it is
tried in other people. An item's state follows from what was found; none is typed as done.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analytics.engine.numbers import count, fixed
from analytics.report.blocks import Checklist, ChecklistItem
from analytics.report.chapters.remark import IN_RUN, NOT_APPLICABLE, NOT_AVAILABLE, PARTLY
from analytics.report.chapters.tripod_evidence import MADE_IN, TRIED_IN, ModelEvidence, models_of
from analytics.report.material import Material
from analytics.report.words import listed, plain_words, plural

NOT_DONE = "not done"
_Answer = tuple[str, str]  # state, answer
_NOT_TRIED: _Answer = (NOT_DONE, "The nomogram was tried in no other people.")


def tripod_checklists(material: Material) -> tuple[Checklist, ...]:
    """One checklist for each nomogram of the report."""
    return tuple(
        Checklist(model.spec.title, tuple(_item(model, *item) for item in _ITEMS))
        for model in models_of(material)
    )


def _item(
    m: ModelEvidence,
    number: str,
    kind: str,
    topic: str,
    asks: str,
    answer: Callable[[ModelEvidence], _Answer],
) -> ChecklistItem:
    state, words = _answer(m, kind, answer)
    href = f"#a-{m.spec.analysis_id}" if state in (IN_RUN, PARTLY) else ""
    return ChecklistItem(number, topic, f"{asks} ({kind}).", state, words, href, "see there" if href else "")


def _answer(m: ModelEvidence, kind: str, answer: Callable[[ModelEvidence], _Answer]) -> _Answer:
    return _NOT_TRIED if kind == "V" and not m.is_tried else answer(m)


def _begun(sentence: str) -> str:
    """With a capital, and the names of genes as they are."""
    return sentence[:1].upper() + sentence[1:]


def _title(m: ModelEvidence) -> _Answer:
    return IN_RUN, f"{m.spec.title}."


def _abstract(m: ModelEvidence) -> _Answer:
    return (
        PARTLY,
        f"{m.spec.question} The answer stands first in this report; there is no structured abstract.",
    )


def _background(m: ModelEvidence) -> _Answer:
    paper = (
        f"It repeats a nomogram of the paper {m.spec.paper_id}."
        if m.spec.paper_id
        else "No paper is repeated."
    )
    return PARTLY, f"{paper} The medical context and earlier models are not written by a run."


def _objectives(m: ModelEvidence) -> _Answer:
    what = "Made and tried in other people" if m.is_tried else "Made; not tried in other people"
    when = "before" if m.spec.is_prespecified else "after"
    written = (
        ""
        if m.spec.registered_on is None
        else f"; written down on {m.spec.registered_on}, {when} the data were seen"
    )
    return IN_RUN, f"{what}{written}."


def _source(m: ModelEvidence) -> _Answer:
    return IN_RUN, (
        f"Public data of {plural(len(m.spec.cohorts), 'cohort')} ({listed(list(m.spec.cohorts))}), trials and "
        "retrospective series as their papers describe them; files and checksums under Software and sources."
    )  # fmt: skip


def _dates(_: ModelEvidence) -> _Answer:
    return (
        NOT_AVAILABLE,
        "Calendar dates of accrual and follow-up are kept out of the warehouse to protect people.",
    )


def _setting(m: ModelEvidence) -> _Answer:
    return (
        PARTLY,
        f"{plural(len(m.spec.cohorts), 'cohort')} by name; number and kind of centres are in their papers.",
    )


def _eligibility(m: ModelEvidence) -> _Answer:
    steps = list(dict.fromkeys(m.flow["step"]))
    return (IN_RUN, f"{listed(steps)}.") if steps else (NOT_AVAILABLE, "The run has no steps of selection.")


def _treatment(m: ModelEvidence) -> _Answer:
    return (
        PARTLY,
        "Everybody was treated with a checkpoint inhibitor; doses and what came before and after are in no table.",
    )


def _outcome(m: ModelEvidence) -> _Answer:
    months = [f"{h:g}" for h in sorted(m.calibration["horizon_months"].dropna().unique())]
    at = f", predicted at {listed(months)} months" if months else ""
    return (
        IN_RUN,
        f"{', '.join(m.spec.endpoints)} as the sources define it{at}; where its clock starts is a step of selection.",
    )


def _blind_outcome(_: ModelEvidence) -> _Answer:
    return (
        NOT_AVAILABLE,
        "No source says whether the outcome was assessed without knowledge of the predictors.",
    )


def _predictors(m: ModelEvidence) -> _Answer:
    return (
        IN_RUN,
        f"{_begun(plain_words(listed(list(m.spec.covariates))))}; levels and points in the tables of the nomogram.",
    )


def _blind_predictors(_: ModelEvidence) -> _Answer:
    return (
        NOT_AVAILABLE,
        "No source says whether the predictors were assessed without knowledge of the outcome.",
    )


def _sample_size(m: ModelEvidence) -> _Answer:
    row, parameters = m.index(f"n_complete.{MADE_IN}"), _parameters(m)
    none = "No sample size was planned: every public patient who passes the steps is counted"
    if row is None or pd.isna(row["events"]) or not parameters:
        return PARTLY, f"{none}."
    ratio = fixed(row["events"] / parameters, 0)
    return IN_RUN, f"{none}; {count(row['events'])} events, {ratio} for each of {parameters} parameters."


def _parameters(m: ModelEvidence) -> int:
    return int(m.axes["estimate_key"].str.contains(".coefficient.", regex=False).sum()) if len(m.axes) else 0


def _missing(m: ModelEvidence) -> _Answer:
    said = []
    for population in (MADE_IN, TRIED_IN):
        lost = [f"{count(n)} without {plain_words(name)}" for name, n in m.missing(population).items()]
        n, whole = m.number(f"n.{population}"), m.number(f"n_complete.{population}")
        if n is not None and whole is not None:
            reasons = f" ({listed(lost)})" if lost else ""
            said.append(f"{population}: {count(whole)} of {count(n)} with every predictor{reasons}")
    words = "; ".join(said)
    return IN_RUN, f"Complete rows only, nothing is imputed{f'. {_begun(words)}' if words else ''}."


def _handling(m: ModelEvidence) -> _Answer:
    return (
        IN_RUN,
        "Categories as levels with a reference; numbers on a straight line, after the transform of the spec.",
    )


def _building(m: ModelEvidence) -> _Answer:
    row = m.index("c_index.corrected")
    draws = (
        ""
        if row is None
        else f"; internal validation by refitting in {count(row['n_draws'])} bootstrap samples"
    )
    return (
        IN_RUN,
        f"Cox's model with every predictor of the spec, none selected by its P, one baseline for all{draws}.",
    )


def _calculated(_: ModelEvidence) -> _Answer:
    return IN_RUN, "Points of the nomogram as it was made: coefficients, centres and baseline unchanged."


def _measures(m: ModelEvidence) -> _Answer:
    words = {
        "c_index": "discrimination (c-index)",
        "brier": "Brier score",
        "ipa": "prediction accuracy against knowing nothing",
        "calibration_slope": "calibration slope",
        "observed_expected": "observed over expected",
    }
    found = [
        said
        for key, said in words.items()
        if m.indices["estimate_key"].str.contains(f".{key}", regex=False).any()
    ]
    found += ["calibration in groups of predicted survival"] if len(m.calibration) else []
    if not found:
        return NOT_DONE, "No measure of performance was computed."
    return PARTLY, f"{_begun(listed(found))}. No decision curve was made."


def _updating(_: ModelEvidence) -> _Answer:
    return NOT_DONE, "The model was not updated or recalibrated after it was tried."


def _risk_groups(m: ModelEvidence) -> _Answer:
    cut = m.index("score_cut_off")
    if cut is None or pd.isna(cut["estimate"]):
        return NOT_DONE, "No groups of risk were formed."
    corrected = "" if pd.isna(cut["p"]) else ", with a P corrected for the search"
    return IN_RUN, (
        f"Low risk up to {fixed(cut['estimate'], 1)} points, found by the largest log-rank statistic in the {MADE_IN} "
        f"people{corrected}, and fixed before the others were looked at."
    )  # fmt: skip


def _differences(m: ModelEvidence) -> _Answer:
    lost = m.missing(TRIED_IN)
    words = (
        f" Without a level of the model: {listed([f'{plain_words(k)} {count(n)}' for k, n in lost.items()])}."
        if lost
        else ""
    )
    return IN_RUN, f"Other cohorts, the same endpoint and predictors by the same rules.{words}"


def _flow(m: ModelEvidence) -> _Answer:
    said = []
    for population in (MADE_IN, TRIED_IN):
        steps = m.steps(population)
        if len(steps):
            said.append(f"{population} {count(steps['n'].iloc[0])} patients to {count(steps['n'].iloc[-1])}")
    return (IN_RUN, f"{_begun('; '.join(said))}, step by step in the table of steps.") if said else (
        NOT_AVAILABLE, "The run has no steps of selection.")  # fmt: skip


def _characteristics(m: ModelEvidence) -> _Answer:
    if not any(name == m.spec.analysis_id for name, _, _ in m.material.people):
        return NOT_AVAILABLE, "The characteristics of these people are not in this report."
    return (
        PARTLY,
        "Characteristics by status of the gene, with what is not known; not of the whole of each population.",
    )


def _compared(m: ModelEvidence) -> _Answer:
    return PARTLY, (
        f"People and events: {_people(m, MADE_IN)}; {_people(m, TRIED_IN)}. Predictors are not set side by side."
    )


def _people(m: ModelEvidence, population: str) -> str:
    row = m.index(f"n_complete.{population}")
    return f"{count(row['n'])} people, {count(row['events'])} events" if row is not None else "nobody"


def _counted(m: ModelEvidence) -> _Answer:
    return IN_RUN, f"{_people(m, MADE_IN)}."


def _unadjusted(_: ModelEvidence) -> _Answer:
    return NOT_DONE, "The effect of each predictor alone was not estimated."


def _full_model(m: ModelEvidence) -> _Answer:
    n = _parameters(m)
    baselines = (
        int(m.axes["estimate_key"].str.contains("baseline_hazard", regex=False).sum()) if len(m.axes) else 0
    )
    if not n:
        return NOT_AVAILABLE, "The coefficients of the model are not in the tables."
    return (
        IN_RUN,
        f"{plural(n, 'coefficient')} with interval and centre, and the baseline at {plural(baselines, 'horizon')}.",
    )


def _use(m: ModelEvidence) -> _Answer:
    return (
        IN_RUN,
        "By the figure: points of each predictor, their sum, the survival below it; the same as a table.",
    )


def _performance(m: ModelEvidence) -> _Answer:
    made, tried = m.value("c_index.corrected"), m.value("c_index.validation")
    parts = [f"c-index {made} after optimism in the {MADE_IN} people" if made else ""]
    parts += [f"{tried} in the {TRIED_IN} people" if tried else ""]
    slope = m.value("calibration_slope.validation") or m.value("calibration_slope.corrected")
    parts += [f"calibration slope {slope}" if slope else ""]
    said = ", ".join(part for part in parts if part)
    return (
        (IN_RUN, f"{_begun(said)}.")
        if said
        else (NOT_AVAILABLE, "No index of performance could be computed.")
    )


def _limits(m: ModelEvidence) -> _Answer:
    against = [f for f in m.material.findings if f.analysis_id == m.spec.analysis_id and f.is_warning]
    warned = len({text for texts in m.indices["warnings"] for text in (texts if texts is not None else [])})
    return PARTLY, (
        f"{plural(warned, 'warning')} beside its numbers and {plural(len(against), 'finding')} of the guards; "
        "what else limits it is the reader's to say."
    )


def _against_development(m: ModelEvidence) -> _Answer:
    made, tried = m.value("c_index.corrected"), m.value("c_index.validation")
    if not made or not tried:
        return NOT_AVAILABLE, "One of the two c-indices could not be computed."
    return IN_RUN, f"c-index {tried} where it was tried, {made} where it was made."


def _interpretation(_: ModelEvidence) -> _Answer:
    return NOT_DONE, "An overall interpretation beside similar studies is not written by a run."


def _implications(_: ModelEvidence) -> _Answer:
    return (
        NOT_APPLICABLE,
        "A computed report draws no implication for care; this nomogram is not for use in patients.",
    )


def _supplement(_: ModelEvidence) -> _Answer:
    return (
        IN_RUN,
        "Spec, code version, packages, source files with checksums, and the lineage of every number are here.",
    )


def _funding(_: ModelEvidence) -> _Answer:
    return NOT_AVAILABLE, "Who paid for the cohorts is in their papers; a run has no funder to name."


#: Number, whether asked of making (D) or trying (V), topic, what is asked, answer.
_ITEMS: tuple[tuple[str, str, str, str, Callable[[ModelEvidence], _Answer]], ...] = (
    ("1", "D, V", "Title", "Model made or tried, people, outcome", _title),
    ("2", "D, V", "Abstract", "Summary of the whole", _abstract),
    ("3a", "D, V", "Introduction", "Medical context, rationale, existing models", _background),
    ("3b", "D, V", "Introduction", "Objectives: making, trying, or both", _objectives),
    ("4a", "D, V", "Source of data", "Design or source, for both sets", _source),
    ("4b", "D, V", "Source of data", "Key dates", _dates),
    ("5a", "D, V", "Participants", "Setting, number and place of centres", _setting),
    ("5b", "D, V", "Participants", "Eligibility", _eligibility),
    ("5c", "D, V", "Participants", "Treatments", _treatment),
    ("6a", "D, V", "Outcome", "Definition, how and when assessed", _outcome),
    ("6b", "D, V", "Outcome", "Blinding of its assessment", _blind_outcome),
    ("7a", "D, V", "Predictors", "Definition, how and when measured", _predictors),
    ("7b", "D, V", "Predictors", "Blinding of their assessment", _blind_predictors),
    ("8", "D, V", "Sample size", "How it was arrived at", _sample_size),
    ("9", "D, V", "Missing data", "How they were handled", _missing),
    ("10a", "D", "Analysis", "How predictors were handled", _handling),
    ("10b", "D", "Analysis", "Type of model, building, internal validation", _building),
    ("10c", "V", "Analysis", "How predictions were calculated", _calculated),
    ("10d", "D, V", "Analysis", "Measures of performance", _measures),
    ("10e", "V", "Analysis", "Updating after trying", _updating),
    ("11", "D, V", "Risk groups", "How they were made", _risk_groups),
    (
        "12",
        "V",
        "Making and trying",
        "Differences in setting, eligibility, outcome, predictors",
        _differences,
    ),
    ("13a", "D, V", "Results: participants", "Flow, with numbers with and without the outcome", _flow),
    ("13b", "D, V", "Results: participants", "Characteristics, with numbers missing", _characteristics),
    ("13c", "V", "Results: participants", "Compared with the people it was made in", _compared),
    ("14a", "D", "Results: model", "People and events in each analysis", _counted),
    ("14b", "D", "Results: model", "Unadjusted association of each predictor", _unadjusted),
    ("15a", "D", "Results: model", "The whole model: coefficients and baseline", _full_model),
    ("15b", "D", "Results: model", "How to use it", _use),
    ("16", "D, V", "Results: performance", "Measures with intervals", _performance),
    ("17", "V", "Results: updating", "The updated model and its performance", _updating),
    ("18", "D, V", "Discussion", "Limits", _limits),
    ("19a", "V", "Discussion", "Results against those of making, and other data", _against_development),
    ("19b", "D, V", "Discussion", "Overall interpretation", _interpretation),
    ("20", "D, V", "Discussion", "Clinical use and further research", _implications),
    ("21", "D, V", "Other", "Supplementary resources: protocol, calculator, data", _supplement),
    ("22", "D, V", "Other", "Funding", _funding),
)
