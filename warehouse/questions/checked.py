"""A question against what the warehouse has: names, cohorts, people; or one sentence with what there is instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

from analytics.biomarkers.evaluate import evaluate
from analytics.biomarkers.groups import Group
from analytics.biomarkers.language.labels import label_of
from analytics.biomarkers.language.model import Biomarker, Continuous, Cut, Expression, Joint, PerUnit
from analytics.engine.numbers import count
from analytics.questions.asked import AskedQuestion
from analytics.questions.clock import known_later
from analytics.questions.selection import UNCHANGED_TIME, Selection, select_members
from analytics.questions.source import AskedPeople
from analytics.questions.specs import Variant
from warehouse.frames.biomarker_inputs import WarehouseInputs
from warehouse.frames.biomarker_people import asked_people
from warehouse.frames.patients import RESPONSE_COLUMNS
from warehouse.questions.answer import SearchedCut
from warehouse.questions.names import QuestionError, known_names

#: A response has no clock of its own; the analysis frame has each patient once at every endpoint.
_ENDPOINT_OF_RESPONSES = "OS"
#: A correlation above it is 1 but for rounding: of two such columns a model can keep one.
_ONE_LINE = 1 - 1e-9


@dataclass(frozen=True)
class CheckedQuestion:
    """A question that can be answered.

    Attributes
    ----------
    question : as asked, with names as the warehouse has them. cohorts : those that are asked.
    variant : the way of doing it. people : every patient of the cohorts by the biomarker.
    selection : who of them is counted, step by step.
    without_endpoint : cohorts asked in which nobody has the endpoint.
    cut : where the number was cut, if a cut was searched.
    """

    question: AskedQuestion
    cohorts: tuple[str, ...]
    variant: Variant
    people: AskedPeople
    selection: Selection
    without_endpoint: tuple[str, ...]
    cut: SearchedCut | None = None

    def select(self, frame: pd.DataFrame, *, icb_only: bool, where: dict[str, tuple[str, ...]]) -> Selection:
        """Members among other people than those asked, in the same way."""
        return _select(self.question, self.variant, self.people, frame, icb_only=icb_only, where=where)


def _select(
    question: AskedQuestion,
    variant: Variant,
    people: AskedPeople,
    frame: pd.DataFrame,
    *,
    icb_only: bool,
    where: dict[str, tuple[str, ...]],
) -> Selection:
    return select_members(
        frame,
        variant,
        where,
        icb_only=icb_only,
        requires_endpoint=not question.is_response,
        reports_response=(question.endpoint,) if question.is_response else (),
        biomarker=None if people.is_gene else people.label,
        time_rules=UNCHANGED_TIME if question.is_response else variant.time,
    )


def check(con: duckdb.DuckDBPyConnection, question: AskedQuestion, variant: Variant) -> CheckedQuestion:
    """Check a question and select its people; without cohorts every ICB cohort with that endpoint.

    Raises
    ------
    QuestionError, AskedQuestionError, BiomarkerError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    known = known_names(con, question)
    question, cohorts, biomarker = known.question, known.cohorts, known.biomarker
    _require_known_before(question)
    variant = variant.model_copy(update={"covariates": question.adjust})
    endpoint = _ENDPOINT_OF_RESPONSES if question.is_response else question.endpoint
    people = asked_people(con, question.biomarker, endpoint, cohorts, known.other_genes)
    people = replace(people, notes=(*known.notes, *people.notes))
    _require_comparable_units(biomarker, people)
    question = question.renamed(where=_known_values(people.frame, question))
    selection = _select(question, variant, people, people.frame, icb_only=True, where=question.kept)
    checked = CheckedQuestion(question, cohorts, variant, people, selection, known.without_endpoint)
    _require_members(con, checked)
    _require_groups(con, checked, biomarker)
    _require_varying(selection.members, question.adjust)
    _require_left_to_compare(selection, people, question.adjust)
    return checked


def _require_known_before(question: AskedQuestion) -> None:
    """What is held against a response is none itself: it would predict what it is read from."""
    if question.is_response and (names := known_later(question.biomarker)):
        raise QuestionError(
            f"{' and '.join(names)} is a response itself, of the same people and the same scans as {question.endpoint}",
            where=question.biomarker,
            remedy="ask it of OS or PFS, from a landmark (--endpoint OS --landmark 3)",
        )


def _known_values(frame: pd.DataFrame, question: AskedQuestion) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``where`` with values as the frame has them, whatever their case."""
    found = []
    for column, values in question.where:
        words = sorted(frame[column].dropna().astype(str).unique())
        # a line of treatment is a number: 1 means 1.0
        known = {word.lower().removesuffix(".0"): word for word in words}
        for value in values:
            if value.lower().removesuffix(".0") not in known:
                raise QuestionError(
                    f"no patient of the cohorts has {column} '{value}'",
                    where="--where",
                    remedy=f"there are {', '.join(known.values())}"
                    if known
                    else "they name none: leave it out",
                )
        found.append((column, tuple(sorted({known[value.lower().removesuffix(".0")] for value in values}))))
    return tuple(found)


def _require_comparable_units(biomarker: Biomarker, people: AskedPeople) -> None:
    """A cut on expression means one thing in one unit only."""
    if isinstance(biomarker, Cut) and isinstance(biomarker.measure, Expression):
        for note in people.notes:
            if "has another unit in each cohort" in note:
                raise QuestionError(
                    f"a cut on a number means nothing over unlike units: {note[0].lower()}{note[1:].rstrip('.')}",
                    where=people.biomarker,
                    remedy=f"ask within cohort, e.g. 'expr({biomarker.measure.gene}) above median' or 'per sd', or of "
                    "cohorts of one unit with --cohort",
                )


def scope_words(question: AskedQuestion, cohorts: Sequence[str]) -> str:
    """Cohorts and filter, for a sentence."""
    where = "; ".join(f"{column} {', '.join(values)}" for column, values in question.where)
    named = ", ".join(cohorts) if len(cohorts) <= 6 else f"{len(cohorts)} cohorts"
    return f"{named}{f' ({where})' if where else ''}"


def _require_members(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion) -> None:
    flow, question, label = checked.selection.flow, checked.question, checked.people.label
    emptied = flow[flow["n"] == 0]
    if emptied.empty:
        return
    step, reason = str(emptied["step"].iloc[0]), str(emptied["reason"].iloc[0])
    everywhere = (
        "ask of other cohorts; without --cohort all are asked"
        if question.cohorts
        else f"all cohorts with {question.endpoint} were asked: ask for another endpoint, or otherwise"
    )
    why = {
        "treated with a checkpoint inhibitor": (
            "nobody got a checkpoint inhibitor",
            "ask of cohorts under checkpoint blockade (is_icb in marts.cohorts)",
        ),
        "endpoint known": (f"nobody has endpoint {question.endpoint}", "ask for another endpoint or more cohorts"),
        "response reported by the cohort": (
            f"no cohort reports {question.endpoint}",
            _with_response(con, question.endpoint) if question.is_response else everywhere,
        ),
        "gene profiled": (
            f"nobody was profiled for {label}, which is on no panel and in no exome there", everywhere,
        ),
        "gene status determined": (
            f"nobody who was profiled for {label} can be judged: {_after_colon(reason)}",
            "ask of other cohorts, or mend the rows that marts.undetermined_genes lists",
        ),
        f"{label} measured": (f"{label} was not looked at in anybody: {_after_colon(reason)}", everywhere),
        f"{label} determined": (
            f"nobody in whom {label} was looked at can be judged: {_after_colon(reason)}", everywhere,
        ),
    }  # fmt: skip
    chosen = step.endswith(" asked for")  # a column of --where, after those before it
    instead = "leave out a part of --where" if chosen else "ask of more cohorts"
    what, remedy = why.get(step, (f"nobody is left at the step '{step}'", instead))
    raise QuestionError(what, where=scope_words(question, checked.cohorts), remedy=remedy)


def _after_colon(reason: str) -> str:
    """The reasons of a step without the words of the step, which the sentence says itself."""
    return reason.partition(": ")[2] or reason


def _with_response(con: duckdb.DuckDBPyConnection, response: str) -> str:
    rows = con.execute(
        "select distinct cohort_id from marts.analysis_frame "
        f"where is_icb_cohort and {RESPONSE_COLUMNS[response]} is not null order by 1"
    ).fetchall()
    return f"those that do: {', '.join(str(row[0]) for row in rows) or 'none'}"


def _beside_undetermined(checked: CheckedQuestion) -> str:
    """Those who were looked at and cannot be judged: carriers may be among them."""
    flow = checked.selection.flow
    left = flow[flow["step"].str.endswith(" determined") & (flow["n_left_out"] > 0)]
    return "".join(
        f" ({count(int(n))} more cannot be judged: {_after_colon(str(reason))})"
        for n, reason in zip(left["n_left_out"], left["reason"], strict=True)
    )


def _require_groups(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion, biomarker: Biomarker) -> None:
    """Somebody is in every group that is compared; of two biomarkers in all four."""
    contrasts = checked.people.contrasts
    if not contrasts:
        return
    parts = [part for part in (checked.selection.members, checked.selection.outside) if len(part)]
    status = pd.concat([part["status"] for part in parts])
    groups: list[Group] = [contrasts[0].reference, *(contrast.group for contrast in contrasts)]
    counts = {group: int((status == group.key).sum()) for group in groups}
    empty = [group for group, n in counts.items() if not n]
    if not empty:
        return
    group, n = empty[0], sum(counts.values())
    others = ", ".join(f"{count(m)} are {other.label}" for other, m in counts.items() if m)
    needs = " and an interaction needs all four groups" if isinstance(biomarker, Joint) else ""
    among = "profiled people" if checked.people.is_gene else "people"
    raise QuestionError(
        f"nobody is {group.label} among {count(n)} {among}{_beside_undetermined(checked)}{needs}",
        where=scope_words(checked.question, checked.cohorts),
        remedy=f"{others}{_range(con, checked, biomarker)}; ask of more cohorts"
        + (", other people or another cut" if isinstance(biomarker, Cut) else " or other people"),
    )


def _range(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion, biomarker: Biomarker) -> str:
    """The lowest and highest value of what was cut, among those who are counted."""
    if not isinstance(biomarker, Cut):
        return ""
    found = evaluate(Continuous(biomarker.measure, PerUnit()), WarehouseInputs(con, checked.cohorts)).rows
    members = checked.selection.members[["cohort_id", "sample_id"]]
    values = members.merge(found, on=["cohort_id", "sample_id"])["value"].dropna()
    if values.empty:
        return ""
    name = label_of(Continuous(biomarker.measure, PerUnit()))
    return f", {name} from {values.min():.3g} to {values.max():.3g}"


def _require_varying(members: pd.DataFrame, adjust: Sequence[str]) -> None:
    for name in adjust:
        if name == "burden":
            continue  # it is made of the members when the model is
        values = members[name].dropna()
        if values.empty:
            raise QuestionError(
                f"'{name}' is not known for any of the {count(len(members))} people",
                where="--adjust",
                remedy="leave it out",
            )
        if values.nunique() == 1:
            raise QuestionError(
                f"'{name}' is '{values.iloc[0]}' for all of the {count(len(values))} people and cannot be adjusted for",
                where="--adjust",
                remedy="leave it out",
            )


def _require_left_to_compare(selection: Selection, people: AskedPeople, adjust: Sequence[str]) -> None:
    """No covariate says by itself who is in which group: the model would take it out, and adjust for nothing."""
    compared = [(c.group.label, selection.among(c).members, "in_group") for c in people.contrasts]
    for label, members, exposure in compared or [(people.label, selection.members, "value")]:
        for name in adjust:
            if name != "burden" and _says_all(members[name], members[exposure]):
                raise QuestionError(
                    f"'{name}' is {label} on another scale"
                    if exposure == "value"
                    else f"'{name}' alone says who is {label}",
                    where="--adjust",
                    remedy="leave it out",
                )


def _says_all(covariate: pd.Series, exposure: pd.Series) -> bool:
    """Of a word: the exposure is one in each of its levels. Of a number: one is the other on another scale."""
    known = covariate.notna() & exposure.notna()
    covariate, exposure = covariate[known], exposure[known].astype(float)
    if len(covariate) < 3 or exposure.nunique() < 2 or covariate.nunique() < 2:
        return False
    if pd.api.types.is_numeric_dtype(covariate.dtype) and not pd.api.types.is_bool_dtype(covariate.dtype):
        return abs(float(covariate.astype(float).corr(exposure))) > _ONE_LINE
    return bool((exposure.groupby(covariate.astype(str)).nunique() == 1).all())
