"""A question written down as an analysis of the catalogue, so that the next run computes and publishes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from analytics.questions.asked import AskedQuestion, as_spec
from warehouse.catalog.analyses import load_analysis
from warehouse.questions.answering import checked_question
from warehouse.questions.names import QuestionError
from warehouse.settings import Settings
from warehouse.versions.durable import write_document


def save_question(
    con: duckdb.DuckDBPyConnection, question: AskedQuestion, name: str, settings: Settings
) -> Path:
    """Write ``catalog/analyses/<name>.yaml``; the cohorts are written down as they are now.

    Raises
    ------
    QuestionError, AskedQuestionError, BiomarkerError
        The question cannot be asked, its name is none, there is one of that name, or its cut is to be searched.
    """
    path = settings.own_catalog() / "analyses" / f"{name}.yaml"
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise QuestionError(
            f"'{name}' is no name of an analysis",
            where="--save",
            remedy="use small letters, digits and underscores",
        )
    if path.exists():
        raise QuestionError(
            "there is an analysis of this name", where=str(path), remedy="choose another name"
        )
    if question.cut is not None:
        raise QuestionError(
            "a registered analysis searches no cut",
            where="--save",
            remedy="save it with a cut, e.g. TMB >= 10",
        )
    checked = checked_question(con, question)
    spec = as_spec(
        checked.question,
        checked.cohorts,
        analysis_id=name,
        title=f"{checked.people.label} and {checked.question.endpoint}",
        registered_on=datetime.now(UTC).date().isoformat(),
        trials=() if checked.question.is_number else checked.people.trials(),
    )
    content = spec.model_dump(mode="json", exclude_defaults=True)
    write_document(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110), path)
    load_analysis(path)
    return path
