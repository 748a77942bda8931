"""A question as somebody asks it: one object with one text.

The text is the biomarker and the options of ``icb ask`` without their dashes, in a fixed order, each list sorted::

    STK11:truncating; endpoint OS; cohort oak_2018,poplar_2018; where cancer_type=Melanoma|Skin; adjust sex; landmark 3

It stands in the answer, its JSON, a saved analysis, a report and the registry, and ``icb ask`` takes it in place of
options. Whether the names are known is decided where there is a warehouse (``warehouse.questions``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from analytics.biomarkers.errors import near_names
from analytics.biomarkers.language.model import Continuous, Joint
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.text import canonical
from analytics.errors import AnalysisError
from analytics.questions.clock import TimeRules
from analytics.questions.specs import (
    COVARIATES,
    AnalysisSpec,
    Response,
    SurvivalEstimator,
    Variant,
    cannot_be_estimated,
)

#: Responses that can be an endpoint.
RESPONSES = tuple(word for word in get_args(Response) if word in ("orr", "dcr", "durable_benefit"))
#: Columns that people can be chosen by -> shorter names that mean the same.
WHERE_COLUMNS: dict[str, tuple[str, ...]] = {
    "cancer_type": (), "oncotree_code": ("oncotree",), "drug_class": ("drug",), "line_of_treatment": ("line",),
    "sex": (), "age_group": (), "stage": (), "smoking_history": ("smoking",), "ecog": (), "sample_type": (),
    "sample_site": (), "primary_site": (), "panel_id": ("panel",), "assay_kind": ("assay",), "arm": (),
}  # fmt: skip
_OPTIONS = ("endpoint", "cohort", "where", "adjust", "landmark", "cut")
SEARCHED = "searched"
#: How the name of a covariate ends that is the status of another gene.
_MUTATED = "_mutated"
#: What must be quoted in a value.
_NEEDS_QUOTES = re.compile(r'[,|=;"]|^\s|\s$')
#: Estimates of the answer, by everybody and by cohort; ``--all`` adds the others that an analysis can have.
ESTIMATORS: tuple[SurvivalEstimator, ...] = ("cox_univariable", "cox_burden_adjusted")
#: What an adjusted model becomes where covariates are missing.
SENSITIVITY: tuple[SurvivalEstimator, ...] = ("cox_missing_as_level", "cox_imputed")
OTHER_ESTIMATORS: tuple[SurvivalEstimator, ...] = tuple(
    name for name in get_args(SurvivalEstimator) if name not in (*ESTIMATORS, "cox_adjusted", *SENSITIVITY)
)


class AskedQuestionError(AnalysisError):
    """The words are no question: an unknown option, column or endpoint, or a list that cannot be read."""


@dataclass(frozen=True)
class AskedQuestion:
    """What is asked; make it with :func:`asked` or :func:`read_question`, so that equal questions are equal.

    Attributes
    ----------
    biomarker : canonical text; of two that interact the joint biomarker ``A x B``.
    endpoint : a survival endpoint (OS, PFS, ...) or a response of `RESPONSES`.
    cohorts : sorted; empty means every cohort under checkpoint blockade that has the endpoint.
    where : column -> values that are kept, both sorted.
    adjust : covariates, sorted.
    landmark_months : only who is followed that long is counted, from there on; None without.
    cut : `SEARCHED` where a number is cut at its maximally selected point.
    """

    biomarker: str
    endpoint: str = "OS"
    cohorts: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    adjust: tuple[str, ...] = ()
    landmark_months: float | None = None
    cut: str | None = None

    @property
    def text(self) -> str:
        """The one text of the question."""
        clauses = [self.biomarker, *(f"{name} {value}" for name, value in self._clauses() if value)]
        return "; ".join(clauses)

    def _clauses(self) -> list[tuple[str, str]]:
        where = ",".join(f"{column}={'|'.join(map(_quoted, values))}" for column, values in self.where)
        values = (
            self.endpoint,
            ",".join(map(_quoted, self.cohorts)),
            where,
            ",".join(map(_quoted, self.adjust)),
            "" if self.landmark_months is None else f"{self.landmark_months:g}",
            self.cut or "",
        )
        return list(zip(_OPTIONS, values, strict=True))

    @property
    def arguments(self) -> list[str]:
        """The same as arguments of ``icb``."""
        options = [part for name, value in self._clauses() if value for part in (f"--{name}", value)]
        return ["icb", "ask", self.biomarker, *options]

    @property
    def is_response(self) -> bool:
        """Asked about a response rather than a time."""
        return self.endpoint in RESPONSES

    @property
    def is_joint(self) -> bool:
        """Two biomarkers and their interaction."""
        return isinstance(parse(self.biomarker), Joint)

    @property
    def is_number(self) -> bool:
        """The biomarker is a number rather than groups."""
        return isinstance(parse(self.biomarker), Continuous)

    @property
    def kept(self) -> dict[str, tuple[str, ...]]:
        """``where`` as an analysis has it."""
        return dict(self.where)

    def renamed(self, **values: object) -> AskedQuestion:
        """The same with names as a warehouse has them."""
        return replace(self, **values)  # type: ignore[arg-type]  # dataclasses.replace checks the names


def asked(
    biomarker: str,
    *,
    endpoint: str = "OS",
    cohorts: Iterable[str] = (),
    where: str | Mapping[str, Sequence[str]] = "",
    adjust: str | Iterable[str] = (),
    landmark: float | None = None,
    interaction: str | None = None,
    cut: str | None = None,
) -> AskedQuestion:
    """A question from the words of the command line.

    Raises
    ------
    AskedQuestionError, BiomarkerError
        One sentence: which word cannot be read, and what there is instead.
    """
    text = f"({biomarker}) x ({interaction})" if interaction else biomarker
    kept = _where(where) if isinstance(where, str) else {_column(name): tuple(v) for name, v in where.items()}
    covariates = _split(adjust, ",") if isinstance(adjust, str) else list(adjust)
    question = AskedQuestion(
        biomarker=canonical(parse(text)),
        endpoint=_endpoint(endpoint),
        cohorts=tuple(sorted({name.strip() for one in cohorts for name in _split(one, ",")})),
        where=tuple(sorted((column, tuple(sorted(set(values)))) for column, values in kept.items())),
        adjust=tuple(sorted({_covariate(name) for name in covariates if name.strip()})),
        landmark_months=_months(landmark),
        cut=_cut(cut),
    )
    if question.landmark_months is not None and question.is_response:
        raise AskedQuestionError(
            f"A landmark is for survival, and {question.endpoint} is a response: ask of OS or PFS."
        )
    if question.is_response and question.adjust:
        raise AskedQuestionError(
            f"An odds ratio of {question.endpoint} is adjusted for nothing; cohorts and cancer types are held apart: "
            "leave --adjust out, and choose people with --where."
        )
    reason = cannot_be_estimated(
        question.biomarker,
        responses=(question.endpoint,) if question.is_response and question.cut is None else (),
        covariates=question.adjust,
    )
    if reason is not None:
        raise AskedQuestionError(f"{reason}.")
    if question.cut is not None and not question.is_number:
        raise AskedQuestionError(
            f"--cut searched looks for the cut of a number, and '{question.biomarker}' makes groups: "
            "ask of a number, e.g. TMB or 'expr(CD274)'."
        )
    return question


def read_question(text: str, interaction: str | None = None) -> AskedQuestion:
    """The question of a text; a biomarker alone is one. Raises as :func:`asked` does."""
    first, *clauses = _split(text, ";")
    values: dict[str, str] = {}
    for clause in clauses:
        name, _, value = clause.strip().partition(" ")
        if name in _OPTIONS and not value.strip():
            raise AskedQuestionError(f"'{name}' has no value: give it one, or leave it out.")
        if name not in _OPTIONS or not value.strip() or name in values:
            said = "stands twice" if name in values else "is no part of a question"
            raise AskedQuestionError(
                f"'{clause.strip()}' {said}: after the biomarker come, each once and with a value, "
                f"{', '.join(_OPTIONS)}, e.g. 'ALK; adjust sex,age_group'."
            )
        values[name] = value.strip()
    landmark = values.get("landmark")
    try:
        months = None if landmark is None else float(landmark)
    except ValueError:
        raise AskedQuestionError(f"'landmark {landmark}' is no number of months.") from None
    return asked(
        first.strip(),
        endpoint=values.get("endpoint", "OS"),
        cohorts=[values["cohort"]] if "cohort" in values else [],
        where=values.get("where", ""),
        adjust=values.get("adjust", ""),
        landmark=months,
        interaction=interaction,
        cut=values.get("cut"),
    )


def variant_of(question: AskedQuestion, estimators: Sequence[SurvivalEstimator]) -> Variant:
    """Who is counted and what is estimated: one person once, stratified by cohort and cancer type, robust by person."""
    of_covariates: tuple[SurvivalEstimator, ...] = ("cox_adjusted",) if question.adjust else ()
    if question.adjust and set(OTHER_ESTIMATORS) <= set(estimators):
        of_covariates += SENSITIVITY
    return Variant(
        description="One person once, like clocks, stratified by cohort and cancer type, robust by person.",
        strata=tuple(column for column in ("cohort_id", "cancer_type") if column not in question.adjust),
        covariates=question.adjust,
        robust=True,
        estimators=(*estimators, *of_covariates),
        responses=(question.endpoint,) if question.is_response else (),  # type: ignore[arg-type]
        time=TimeRules(landmark_months=question.landmark_months),
    )


def as_spec(
    question: AskedQuestion,
    cohorts: Sequence[str],
    *,
    analysis_id: str,
    title: str,
    registered_on: str,
    trials: Sequence[str] = (),
    control: str | None = None,
    estimators: Sequence[SurvivalEstimator] = (*ESTIMATORS, *OTHER_ESTIMATORS),
) -> AnalysisSpec:
    """The question as an analysis of the catalogue; asking and registering it give the same numbers."""
    return AnalysisSpec.model_validate(
        {
            "analysis_id": analysis_id,
            "title": title,
            "question": question.text,
            "biomarker": question.biomarker,
            "cohorts": tuple(cohorts),
            "where": question.kept,
            "endpoints": ("OS",) if question.is_response else (question.endpoint,),
            "trials": tuple(trials),
            "control_analysis": control,
            "registered_on": registered_on,
            "variants": {"default": variant_of(question, estimators)},
        }
    )


def _endpoint(word: str) -> str:
    lower = word.strip().lower().replace("-", "_")
    return lower if lower in RESPONSES else word.strip().upper()


def _covariate(word: str) -> str:
    """The name as models have it: a column in small letters; of ``<gene>_mutated`` the warehouse spells the gene."""
    name = word.strip()
    if name.lower() in COVARIATES or not name.lower().endswith(_MUTATED):
        return name.lower() if name.lower() in COVARIATES else name
    return f"{name[: -len(_MUTATED)].upper()}{_MUTATED}"


def _months(landmark: float | None) -> float | None:
    if landmark is not None and not 0 < landmark < 1200:
        raise AskedQuestionError(
            f"A landmark of {landmark:g} months cannot be: give a number above 0 and below 1,200, e.g. 3."
        )
    return landmark


def _cut(cut: str | None) -> str | None:
    if cut not in (None, SEARCHED):
        raise AskedQuestionError(
            f"'{cut}' is no way to cut: there is {SEARCHED}; a cut of your own stands in the biomarker, e.g. TMB >= 10."
        )
    return cut


def _where(text: str) -> dict[str, tuple[str, ...]]:
    kept: dict[str, tuple[str, ...]] = {}
    for part in _split(text, ","):
        column, *values = _split(part, "=")
        if len(values) != 1 or not values[0].strip():
            raise AskedQuestionError(
                f"'{part.strip()}' does not say which column has which value: write column=value, several values as "
                "column=one|other, and a value with a comma in quotes."
            )
        name = _column(column)
        kept[name] = (*kept.get(name, ()), *(_plain(value) for value in _split(values[0], "|")))
    return kept


def _column(word: str) -> str:
    name = word.strip().lower()
    for column, others in WHERE_COLUMNS.items():
        if name == column or name in others:
            return column
    near = near_names(
        name, (*WHERE_COLUMNS, *(other for others in WHERE_COLUMNS.values() for other in others))
    )
    hint = f"is it {' or '.join(near)}?" if near else f"there are {', '.join(WHERE_COLUMNS)}."
    raise AskedQuestionError(f"People cannot be chosen by '{word.strip()}': {hint}")


def covariate_error(name: str) -> AskedQuestionError:
    """For a name that is no covariate."""
    return AskedQuestionError(
        f"'{name}' is not a covariate (--adjust): there are {', '.join(COVARIATES)}, <gene>_mutated."
    )


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that are not within double quotes; empty parts are dropped."""
    parts, quoted, escaped = [""], False, False
    for character in text:
        if character == '"' and not escaped:
            quoted = not quoted
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
        escaped = character == "\\" and not escaped
    if quoted:
        raise AskedQuestionError(f"A quote in '{text.strip()}' is not closed.")
    return [part for part in parts if part.strip()] or [""] * (separator == ";")


def _quoted(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(value: str) -> str:
    word = value.strip()
    if len(word) > 1 and word[0] == word[-1] == '"':
        return re.sub(r"\\(.)", r"\1", word[1:-1])
    return word
