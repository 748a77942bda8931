"""The REMARK checklist filled from the run: what its tables say on each of the twenty items, or why they cannot.

The items are those of McShane et al., J Natl Cancer Inst 2005;97:1180, as explained by Altman et al., PLoS Med
2012;9:e1001216, in own words. An item's state follows from what was found; none is typed as done.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from analytics.engine.numbers import count, fixed, p_value, with_ends
from analytics.report.blocks import ChecklistItem
from analytics.report.chapters.people_tables import CHARACTERISTICS, heading
from analytics.report.chapters.remark_evidence import Evidence, gather, median_follow_up
from analytics.report.material import Material
from analytics.report.spec import ReportSpec
from analytics.report.words import listed, plain_words, plural
from analytics.results.statistic import ComparisonStatistic, Counts

IN_RUN, PARTLY, NOT_AVAILABLE, NOT_APPLICABLE = "in the run", "partly", "not available", "not applicable"
#: Normal quantiles of a two-sided 5 % test with a power of 80 %.
_Z_ALPHA_AND_POWER = 1.959964 + 0.841621

_Answer = tuple[str, str, str]  # state, answer, anchor of what it refers to


def remark_items(spec: ReportSpec, material: Material) -> tuple[ChecklistItem, ...]:
    """The twenty items in order."""
    evidence = gather(spec, material)
    made = []
    for number, (topic, asks, answer) in enumerate(_ITEMS, start=1):
        state, words, href = answer(evidence)
        made.append(ChecklistItem(str(number), topic, asks, state, words, href, "see there" if href else ""))
    return tuple(made)


def _marker(e: Evidence) -> _Answer:
    specs = {spec.analysis_id: spec for spec in e.material.specs}.values()
    n_pre = sum(bool(spec.is_prespecified) for spec in specs)
    genes = sorted({gene for spec in specs for gene in spec.genes})
    marker = (
        f"Marker: mutation of {listed(genes)}."
        if genes
        else "Markers: the genes and gene sets named in the specs."
    )
    dates = sorted({str(spec.registered_on) for spec in specs if spec.registered_on is not None})
    return IN_RUN, (
        f"{marker} Objective: {e.spec.question} {plural(len(specs), 'analysis', 'analyses')}, written down on "
        f"{listed(dates)}; {n_pre} of them before the data were looked at, the others are exploratory."
    ), "#specs"  # fmt: skip


def _patients(e: Evidence) -> _Answer:
    if e.members.empty:
        return NOT_AVAILABLE, "The leading analysis has no members in this run.", ""
    cohorts = e.members["cohort_id"].nunique()
    stage = (
        f"stage is known of {count(e.known('stage'))}"
        if e.known("stage")
        else "stage is in no table of these cohorts"
    )
    return PARTLY, (
        f"{plural(len(e.members), 'person', 'people')} of {plural(cohorts, 'cohort')}; inclusion and exclusion step by "
        f"step under Who is counted; {stage}; comorbidities are in no table."
    ), "#people"  # fmt: skip


def _treatments(e: Evidence) -> _Answer:
    if not e.known("drug_class"):
        return NOT_AVAILABLE, "No table of these cohorts says which drug was given.", ""
    has_arms = bool(e.material.interactions)
    randomised = " Arms of randomised trials are compared where the cohorts have them." if has_arms else ""
    return PARTLY, (
        f"Drug class known of {count(e.known('drug_class'))} of {count(len(e.members))}: {e.commonest('drug_class')}. "
        "How treatment "
        f"was chosen is not in the tables.{randomised}"
    ), "#people"  # fmt: skip


def _specimens(e: Evidence) -> _Answer:
    if not e.known("sample_type"):
        return (
            NOT_AVAILABLE,
            "Neither type nor preservation of the specimens is in the tables of these cohorts.",
            "",
        )
    return PARTLY, (
        f"Type known of {count(e.known('sample_type'))} of {count(len(e.members))}: {e.commonest('sample_type')}. "
        "Preservation and "
        "storage are in no public table."
    ), "#people"  # fmt: skip


def _assay(e: Evidence) -> _Answer:
    if not e.known("assay_kind"):
        return NOT_AVAILABLE, "The kind of assay is not in the tables.", ""
    citations = len(e.material.cohorts)
    return PARTLY, (
        f"{e.commonest('assay_kind')}; {plural(e.members['panel_id'].nunique(), 'panel')}. Calls are taken as "
        "published; "
        f"protocols are in the papers of the {plural(citations, 'cohort')}, cited under Software and sources."
    ), "#sources"  # fmt: skip


def _design(e: Evidence) -> _Answer:
    median = median_follow_up(e.members)
    if median is None:
        return (
            PARTLY,
            "Retrospective analysis of published cohorts; follow-up is not in the tables of this analysis.",
            "",
        )
    return PARTLY, (
        f"Retrospective analysis of published cohorts. Median follow-up {median} (reverse Kaplan-Meier), longest "
        f"{e.members['time_months'].max():.1f} months. Calendar time is kept out of the warehouse to protect people."
    ), "#people"  # fmt: skip


def _endpoints(e: Evidence) -> _Answer:
    endpoints = list(dict.fromkeys(word for spec in e.material.specs for word in spec.endpoints))
    if not endpoints:
        return NOT_APPLICABLE, "No analysis of this report has a time to an event.", ""
    origin = ""
    if e.known("origin"):
        origin = f" The clock of the leading analysis starts at {plain_words(e.commonest('origin'))}."
    return IN_RUN, (
        f"{', '.join(endpoints)}, as the sources define them; each endpoint carries the point at which its "
        "clock starts, "
        f"and unlike starts are not pooled by default (start of treatment and randomisation are alike).{origin}"
    ), "#specs"  # fmt: skip


def _candidates(e: Evidence) -> _Answer:
    covariates = sorted({word for spec in e.material.specs for word in spec.covariates})
    scans = [
        f"{count(r['family_size'])} genes in {r['scan_id']}" for r in e.material.scans.to_dict("records")
    ]
    if not covariates and not scans:
        return NOT_APPLICABLE, "No model of this report has a covariate.", ""
    parts = [f"Covariates: {plain_words(', '.join(covariates))}." if covariates else "",
             f"Hypotheses looked at in scans: {listed(scans)}." if scans else ""]  # fmt: skip
    return IN_RUN, " ".join(part for part in parts if part), "#specs"


def _sample_size(e: Evidence) -> _Answer:
    rows = e.rows("cox_univariable", "firth_univariable")
    own = [row for row in rows if row.name.analysis_id == e.analysis_id and row.counts.events is not None]
    none = "Every public patient who passes the steps is counted; no sample size was planned."
    counts = own[0].counts if own else Counts()
    share = (counts.n_in_group or 0) / (counts.n or 1)
    if not 0 < share < 1 or not counts.events:
        return NOT_APPLICABLE, none, ""
    ratio = math.exp(-_Z_ALPHA_AND_POWER / math.sqrt(counts.events * share * (1 - share)))
    return IN_RUN, (
        f"{none} With {count(counts.events)} events and {100 * share:.1f} % "
        f"{counts.group_label or 'in the group'} a hazard ratio of "
        f"{fixed(ratio, 2)} or "
        "below (or its inverse or above) would be shown with a power of 80 % (Schoenfeld 1983)."
    ), ""  # fmt: skip


def _statistics(e: Evidence) -> _Answer:
    adjusted = e.rows("cox_adjusted", "firth_adjusted")
    n = plural(len(adjusted), "adjusted model")
    return IN_RUN, (
        "A paragraph for each estimator under Methods. Missing values are not imputed: each model states its "
        "own n, and "
        f"{n} of this report name in a note whom they leave out."
    ), "#methods"  # fmt: skip


def _cut_points(e: Evidence) -> _Answer:
    cut = [row for row in e.stats if re.search("cut_?off|cut_?point|maxstat", row.key)]
    if cut:
        return IN_RUN, (
            "Gene status is mutated, wild-type, not profiled or undetermined, and the last two are left out by "
            "default. Cut-offs of "
            f"scores are among the statistics ({plural(len(cut), 'row')}), with a P corrected for the search."
        ), "#methods"  # fmt: skip
    return IN_RUN, (
        "Gene status is mutated, wild-type, not profiled or undetermined; wild-type needs a panel that covers the gene "
        "and a sample whose every row is understood, and the last two are left out by default. No cut-off was searched "
        "for."
    ), "#methods"  # fmt: skip


def _flow(e: Evidence) -> _Answer:
    steps = e.material.flow
    if steps.empty:
        return NOT_AVAILABLE, "The run has no flow of these analyses.", ""
    own = steps[(steps["analysis_id"] == e.analysis_id) & (steps["variant"] == e.variant)]
    first, last = own.sort_values("step_number")["n"].iloc[[0, -1]] if len(own) else (None, None)
    return IN_RUN, (
        f"Of {count(first)} patients of the leading analysis {count(last)} are left after its last step; "
        "numbers and reasons of every step as table and figure, events beside each estimate."
    ), "#people"  # fmt: skip


def _distributions(e: Evidence) -> _Answer:
    present = [column for column in CHARACTERISTICS if e.known(column)]
    if not present:
        return NOT_AVAILABLE, "No characteristic of these people is in the tables.", ""
    lacking = [
        f"{heading(c).lower()} {count(len(e.members) - e.known(c))}"
        for c in present
        if e.known(c) < len(e.members)
    ]
    absent = [heading(c).lower() for c in ("age_years", "sex") if c not in present and
              not (c == "age_years" and "age_group" in present)]  # fmt: skip
    state = PARTLY if absent else IN_RUN
    unknown = f" Not known: {', '.join(lacking)}." if lacking else " None is missing."
    nowhere = f" In no table: {listed(absent)}." if absent else ""
    return state, f"{plural(len(present), 'characteristic')} by status.{unknown}{nowhere}", "#people"


def _relations(e: Evidence) -> _Answer:
    if e.members.empty or not (e.members["status"] == "mutated").any():
        return NOT_AVAILABLE, "Nobody of the leading analysis is mutated.", ""
    compared = sum(row.table_name == ComparisonStatistic.TABLE for row in e.stats)
    more = (
        f", and {plural(compared, 'comparison')} of burden and immune features by status" if compared else ""
    )
    return IN_RUN, f"Characteristics of the mutated beside those of the wild-type{more}.", "#people"


def _estimates(e: Evidence, keys: tuple[str, ...], none: str) -> _Answer:
    rows = [row for row in e.rows(*keys) if row.estimate is not None]
    if not rows:
        return NOT_AVAILABLE, none, ""
    row = next((row for row in rows if row.name.analysis_id == e.analysis_id), rows[0])
    return IN_RUN, (
        f"{plural(len(rows), 'estimate')} with interval, n and events; the leading one "
        f"{with_ends(row.estimate, row.ci_low, row.ci_high)}, P {p_value(row.p)}."
    ), f"#a-{row.name.analysis_id}"  # fmt: skip


def _univariable(e: Evidence) -> _Answer:
    return _estimates(
        e, ("cox_univariable", "firth_univariable"), "No univariable hazard ratio could be estimated."
    )


def _multivariable(e: Evidence) -> _Answer:
    state, answer, href = _estimates(
        e, ("cox_adjusted", "firth_adjusted"), "No adjusted model could be estimated, or none was asked for."
    )
    if state != IN_RUN:
        return state, answer, href
    return (
        PARTLY,
        f"{answer} The result tables hold the marker's own effect; those of the covariates are not kept.",
        href,
    )


def _with_standard(e: Evidence) -> _Answer:
    state, answer, href = _estimates(
        e,
        ("cox_burden_adjusted", "firth_burden_adjusted"),
        "No model adjusted for mutation burden could be estimated.",
    )
    return (
        state,
        f"Beside the clinical covariates, mutation burden, whatever its P. {answer}" if href else answer,
        href,
    )


_FURTHER = (
    ("test of proportional hazards", "schoenfeld"),
    ("restricted mean", "restricted_mean_difference"),
    ("random effects", "random_effects"),
    ("arm x gene interaction", "arm_x_gene"),
    ("ratio of hazard ratios", "ratio_of_hazard_ratios"),
)


def _further(e: Evidence) -> _Answer:
    found = []
    for words, key in _FURTHER:
        n = len(e.rows(key))
        if n:
            found.append(f"{words} ({n})")
    left_out = sum(".without." in row.key for row in e.stats)
    found += [f"leave one cohort out ({left_out})"] if left_out else []
    found += [f"burden null ({len(e.material.scan_rows)})"] if len(e.material.scan_rows) else []
    if not found:
        return NOT_AVAILABLE, "No assumption was checked in this run.", ""
    return (
        IN_RUN,
        f"{', '.join(found).capitalize()}; what the guards found is in a table of its own.",
        "#guards",
    )


def _interpretation(e: Evidence) -> _Answer:
    verdicts = {row.verdict for row in e.material.interactions if row.verdict is not None}
    against = sum(finding.is_warning for finding in e.material.findings)
    words = (
        f"Verdicts in fixed words: {', '.join(sorted(verdicts))}."
        if verdicts
        else "No verdict in fixed words."
    )
    return PARTLY, (
        f"{words} {plural(against, 'finding')} of the guards speak against believing a result. The discussion is the "
        "reader's."
    ), "#answer"  # fmt: skip


def _implications(_: Evidence) -> _Answer:
    return (
        NOT_APPLICABLE,
        "A computed report draws no implication for care, and gives no advice to patients.",
        "",
    )


_ITEMS: tuple[tuple[str, str, Callable[[Evidence], _Answer]], ...] = (
    ("Introduction", "Marker, objectives, hypotheses set beforehand", _marker),
    ("Patients", "Source, characteristics, inclusion and exclusion", _patients),
    ("Patients", "Treatments and how they were chosen", _treatments),
    ("Specimens", "Material, preservation, storage", _specimens),
    ("Assay", "Method and protocol", _assay),
    ("Design", "Selection of cases, period, follow-up", _design),
    ("Design", "Endpoints, precisely", _endpoints),
    ("Design", "All variables looked at", _candidates),
    ("Design", "Rationale of the sample size", _sample_size),
    ("Statistics", "Methods, model building, missing data", _statistics),
    ("Statistics", "How marker values were handled, cut-offs", _cut_points),
    ("Results: data", "Flow, numbers and events at each stage", _flow),
    ("Results: data", "Distributions, with numbers missing", _distributions),
    ("Results: analysis", "Marker against standard variables", _relations),
    ("Results: analysis", "Univariable effect on outcome", _univariable),
    ("Results: analysis", "Multivariable effect, all variables", _multivariable),
    ("Results: analysis", "Effect beside standard prognostic variables", _with_standard),
    ("Results: analysis", "Assumptions, sensitivity, validation", _further),
    ("Discussion", "Interpretation and limits", _interpretation),
    ("Discussion", "Implications", _implications),
)
