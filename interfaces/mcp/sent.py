"""From the values of the warehouse to the types of `schema`: an answer, curves, a scan, claims, tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import numpy as np
import pandas as pd

from analytics.results.statistic import Statistic
from interfaces.answer_table import flow_lines
from interfaces.mcp import schema
from warehouse.browsing.listing import Listing
from warehouse.export.disclosure import disclosed, disclosed_row
from warehouse.export.readable import shown
from warehouse.questions import answer as answers
from warehouse.questions.asked_pages import AskedPage
from warehouse.questions.scans.answer import PublishedScan
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import smallest_cell

#: Steps of a curve that are sent; more are thinned out evenly.
_STEPS = 60


@dataclass(frozen=True)
class Sender:
    """What every value needs to know: the version that it is of, and the smallest count that may leave it."""

    version: str
    least: int

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection) -> Sender:
        """The sender of the version that a connection has open."""
        version = version_of(con)
        return cls(version.name, smallest_cell(version))

    def _count(self, value: float | None) -> schema.Count | None:
        if value is None or pd.isna(value):
            return None
        count = disclosed("n", int(value), self.least)
        return count if isinstance(count, str) else int(count)

    def row(self, row: Statistic, guards: Sequence[schema.Guard]) -> schema.Estimate | schema.NoEstimate:
        """One row of an answer, with the words of the guards."""
        events, of_group = answers.events_of(row)
        n, counted = self._count(row.counts.n), self._count(events)
        model = getattr(row, "model", None)
        if row.estimate is None or not math.isfinite(row.estimate) or n is None or counted is None:
            why = " ".join(row.warnings) or answers.effect_words(row)
            return schema.NoEstimate(
                name=row.key, cohort=answers.cohort_name(row), n=n, events=counted, why=why,
                n_in_group=self._count(row.counts.n_in_group),
            )  # fmt: skip
        return schema.Estimate(
            name=row.key,
            cohort=answers.cohort_name(row),
            is_pooled_in=answers.is_pooled(row),
            estimator=row.estimator or "",
            scale=str(row.scale or ""),
            estimate=row.estimate,
            ci_low=_finite(row.ci_low),
            ci_high=_finite(row.ci_high),
            p=_finite(row.p),
            n=n,
            n_in_group=self._count(row.counts.n_in_group),
            events=counted,
            events_in_group=self._count(of_group),
            adjusted_for=list(model.adjusted_for) if model is not None else [],
            strata=list(model.strata) if model is not None else [],
            guards=[*(f"{one.guard}: {one.verdict}" for one in guards), *row.warnings],
        )

    def answer(self, asked: AskedPage) -> schema.Answer:
        """An answer with its guards, burden first."""
        answer = asked.answer
        guards = _guards(answer)
        return schema.Answer(
            headline=answer.headline,
            verdict=answer.verdict,
            against=answer.against,
            would_settle=answer.would_settle,
            guards=guards,
            comparisons=[
                schema.Comparison(
                    group=found.group,
                    reference=found.reference,
                    cohorts=[self.row(row, guards) for row in found.by_cohort],
                    pooled=self.row(found.pooled, guards),
                    beside=[self.row(row, guards) for row in found.others],
                )
                for found in answer.comparisons
            ],
            who_is_counted=flow_lines(answer),
            notes=list(answer.notes),
            question=answer.question.text,
            family=None if answer.family is None else answer.family.sentence,
            version=self.version,
        )

    def curves(self, asked: AskedPage) -> schema.Curves:
        """The curves of an answer; none where it has none."""
        answer, curves = asked.answer, []
        drawn = next((one for one in asked.figures if one.name == "kaplan_meier"), None)
        if drawn is not None:
            for group, steps in drawn.numbers.groupby("group", sort=False):
                n = int(steps["n_at_risk"].iloc[0])
                curves.append(
                    schema.Curve(
                        group=str(group),
                        n=self._count(n) or 0,
                        events=self._count(int(steps["n_events"].sum())) or 0,
                        points=[self._point(step) for _, step in _thinned(steps).iterrows()],
                    )
                )
        note = (
            f"Unadjusted, of everybody in the pool; months from time zero; at most {_STEPS} steps of each curve."
            if curves
            else "This question has no curves: they are of two groups and a time."
        )
        return schema.Curves(
            headline=answer.headline,
            verdict=answer.verdict,
            against=answer.against,
            guards=_guards(answer),
            curves=curves,
            note=note,
            question=answer.question.text,
            version=self.version,
        )

    def _point(self, step: pd.Series) -> schema.CurvePoint:
        return schema.CurvePoint(
            months=float(step["time_months"]),
            survival=float(step["survival"]),
            ci_low=_finite(step["ci_low"]),
            ci_high=_finite(step["ci_high"]),
            n_at_risk=self._count(step["n_at_risk"]) or 0,
        )

    def scan(self, found: PublishedScan, spec: Listing, genes: pd.DataFrame) -> schema.Scan:
        """Genes of a scan; the model is the adjusted one where the scan has covariates."""
        asked = spec.records[0]
        covariates, strata = _words(asked["covariates"]), _words(asked["strata"])
        model = "adj" if covariates else "uni"
        is_survival = "events" in found.result.table
        return schema.Scan(
            title=found.title,
            family=" ".join([*found.notes, f"One of {found.result.family_size:,} hypotheses."]),
            genes=[
                schema.ScanGene(
                    gene=str(gene["gene"]),
                    estimator=str(gene[f"{model}_method"] or "none"),
                    scale="hazard ratio" if is_survival else "odds ratio",
                    estimate=_ratio(gene[f"{model}_coef"]),
                    beside_burden=_ratio(gene["burden_coef"]),
                    p=_finite(gene["primary_p"]),
                    q=_finite(gene["primary_q"]),
                    n=self._count(gene["n"]) or 0,
                    carriers=self._count(gene["n_carriers"]) or 0,
                    events_in_carriers=self._count(
                        gene["events_carriers" if is_survival else "responders_carriers"]
                    )
                    or 0,
                    adjusted_for=covariates,
                    strata=strata,
                    guards=[
                        f"burden: {gene['burden_verdict']}",
                        *gene["warnings"],
                    ],
                )
                for _, gene in genes.iterrows()
            ],
            n_genes=len(found.result.table),
            version=self.version,
        )

    def claims(self, found: Listing) -> list[schema.Claim]:
        """Claims; the computed number is sent where it has all that an estimate must have."""
        return [
            schema.Claim(
                claim=str(one["claim_id"]),
                description=str(one["description"]),
                printed=str(one["printed"] or ""),
                verdict=str(one["verdict"]),
                sentence=str(one["sentence"]),
                computed=self._computed(one),
                stat_id=str(one["stat_id"]) if one["stat_id"] else None,
            )
            for one in found.records
        ]

    def _computed(self, claim: dict[str, object]) -> schema.Estimate | None:
        estimate, n, events = (_number(claim[name]) for name in ("computed_estimate", "n", "events"))
        if estimate is None or n is None or events is None or not claim["estimator"]:
            return None
        return schema.Estimate(
            name=str(claim["stat_id"]),
            cohort=str(claim["cohort_id"] or "pooled"),
            is_pooled_in=True,
            estimator=str(claim["estimator"]),
            scale=str(claim["scale"] or ""),
            estimate=estimate,
            ci_low=_number(claim["computed_ci_low"]),
            ci_high=_number(claim["computed_ci_high"]),
            p=_number(claim["computed_p"]),
            n=self._count(n) or 0,
            n_in_group=self._count(_number(claim["n_in_group"])),
            events=self._count(events) or 0,
            events_in_group=self._count(_number(claim["events_in_group"])),
            adjusted_for=_words(claim["adjusted_for"]),
            strata=_words(claim["strata"]),
            guards=[f"claim: {claim['verdict']}", *_words(claim["warnings"])],
        )

    def table(self, found: Listing, said: str = "") -> schema.Table:
        """A table, coarsened as in every export."""
        n_all = len(found.rows) if found.n_all is None else found.n_all
        much = f"{len(found.rows):,} of {n_all:,} rows." if n_all > len(found.rows) else f"{n_all:,} rows."
        return schema.Table(
            title=found.title,
            columns=list(found.columns),
            rows=[
                [_cell(value) for value in disclosed_row(found.columns, row, self.least)]
                for row in found.rows
            ],
            said=" ".join(word for word in (said or much, found.note) if word),
            version=self.version,
        )

    def tables(self, about: str, found: Iterable[Listing]) -> schema.Tables:
        """Tables about one thing."""
        return schema.Tables(about=about, tables=[self.table(one) for one in found], version=self.version)


def _guards(answer: answers.Answer) -> list[schema.Guard]:
    """What was looked at: burden first, prediction, then the others; at least the strongest reason against it."""
    verdicts = {"burden": answer.leading.burden, "predictive or prognostic": answer.predictive}
    found = [
        schema.Guard(guard=name, verdict=str(one.word), sentence=one.sentence, speaks_against=False)
        for name, one in verdicts.items()
        if one is not None
    ]
    if answer.cut is not None:
        pays = "pays for the search" if answer.cut.is_paid_for else "does not pay for the search"
        found.append(
            schema.Guard(
                guard="searched cut", verdict=pays, sentence=answer.cut.sentence, speaks_against=True
            )
        )
    if answer.interaction is not None and answer.interaction.warnings:
        shown = "unstable" if answer.interaction.estimate is not None else "no estimate"
        sentence = " ".join(answer.interaction.warnings)
        found.append(schema.Guard(guard="interaction", verdict=shown, sentence=sentence, speaks_against=True))
    found += [
        schema.Guard(
            guard=one.guard, verdict=one.verdict, sentence=one.sentence, speaks_against=one.is_warning
        )
        for one in answer.guards
    ]
    against = schema.Guard(
        guard="strongest reason against", verdict="say it with the number", sentence=answer.against,
        speaks_against=True,
    )  # fmt: skip
    return [*found, against]


def _thinned(steps: pd.DataFrame) -> pd.DataFrame:
    """At most `_STEPS` rows, the first and the last among them."""
    if len(steps) <= _STEPS:
        return steps
    kept = sorted({round(i * (len(steps) - 1) / (_STEPS - 1)) for i in range(_STEPS)})
    return steps.iloc[kept]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _number(value: object) -> float | None:
    return _finite(float(value)) if isinstance(value, int | float) else None


def _ratio(coefficient: float | None) -> float | None:
    known = _finite(coefficient)
    return None if known is None else math.exp(known)


def _words(value: object) -> list[str]:
    if isinstance(value, list | tuple | np.ndarray):
        return [str(one) for one in value if one]
    return [str(value)] if isinstance(value, str) and value else []


def _cell(value: object) -> schema.Cell:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(shown(str(one)) for one in value)
    return value.isoformat() if isinstance(value, date | datetime) else shown(str(value))
