"""An answer as files: people, curves and table as CSV with a code book, everything as JSON, and an R script that makes
the main estimates again from the people."""

from __future__ import annotations

import csv
import json
from importlib import resources
from pathlib import Path

import duckdb
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.questions.burden import add_burden
from analytics.results.statistic import SurvivalStatistic
from analytics.survival.curves.kaplan_meier import kaplan_meier
from ingestion.errors import IngestionError
from ingestion.fetching.store import storage_errors
from warehouse.export.csv_files import csv_of
from warehouse.export.disclosure import disclosed_record
from warehouse.export.readable import csv_cell
from warehouse.questions.answer import Answer
from warehouse.questions.checked import CheckedQuestion
from warehouse.questions.record import CSV_COLUMNS, answer_record, answer_rows
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import smallest_cell

#: Column of ``people.csv`` -> what it is.
PEOPLE_COLUMNS = {
    "cohort_id": "cohort, as in marts.cohorts",
    "patient_id": "patient, as the source names them",
    "person_id": "person across cohorts; nobody is counted twice",
    "sample_id": "the sample that was judged",
    "group": "group of the biomarker, or 'known' where it is a number",
    "in_group": "1 in the group that the headline is about, 0 in the reference, empty in another group",
    "value": "the number, where the biomarker is one",
    "in_pool": "1 if counted in the pooled estimate, 0 if the clock starts elsewhere",
    "time_months": "months of 30.4375 days from time zero to the event or the end of follow-up",
    "event": "1 event, 0 censored",
    "entry_months": "months from time zero at which observation began; 0 at time zero",
    "origin": "time zero",
    "burden": "mutation burden without the biomarker's own mutations, as the adjusted model has it",
    "response": "1 responder, 0 non-responder, empty not evaluable; of a question about a response",
    "cancer_type": "cBioPortal's cancer type; a stratum",
    "panel_id": "gene panel, WES for an exome",
    "n_nonsynonymous": "counted non-synonymous mutations of the sample",
    "n_own_mutations": "of these, those that the biomarker asks for",
    "source_file_id": "file of the follow-up, see marts.source_files",
    "source_row": "row of that file",
}


class ExportError(IngestionError):
    """An answer cannot be written there."""


def export_answer(
    con: duckdb.DuckDBPyConnection, answer: Answer, checked: CheckedQuestion, folder: Path
) -> list[Path]:
    """Write the files of an answer into a folder, which is made; files of the same names are replaced. Ages and small
    counts are coarsened as ``warehouse.export.disclosure`` says. ``checked`` is what the answer was made of.

    Returns
    -------
    list
        The files, in the order in which one reads them.
    """
    if folder.exists() and not folder.is_dir():
        raise ExportError(
            "it is a file", where=str(folder), remedy="name a folder, which is made if there is none"
        )
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    least = smallest_cell(version_of(con))
    contrasts = checked.people.contrasts
    leading = contrasts[-1] if contrasts else None
    people = _people(checked, leading)
    written = {
        "answer.json": json.dumps(
            disclosed_record(answer_record(answer), least), indent=2, ensure_ascii=False, default=str
        )
        + "\n",
        "people.csv": csv_of(people, least),
        "code_book.csv": csv_of(pd.DataFrame(_columns(people).items(), columns=["column", "meaning"]), least),
    }
    if leading is not None and not answer.question.is_response:
        written["curves.csv"] = csv_of(_curves(checked, leading), least)
    if isinstance(answer.leading.pooled, SurvivalStatistic):
        written["reproduce.R"] = _r_script(answer, answer.leading.pooled)
    paths, table = [], folder / "table.csv"
    for name, text in written.items():
        path = folder / name
        with storage_errors(folder):
            path.write_text(text, encoding="utf-8")
        paths.append(path)
    with storage_errors(folder), table.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, CSV_COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for row in answer_rows(answer):
            writer.writerow({name: csv_cell(value) for name, value in disclosed_record(row, least).items()})
    return [*paths, table]


def _columns(people: pd.DataFrame) -> dict[str, str]:
    return {
        str(name): PEOPLE_COLUMNS.get(str(name), "covariate of the question, as in marts.analysis_frame")
        for name in people.columns
    }


def _people(checked: CheckedQuestion, leading: Contrast | None) -> pd.DataFrame:
    selection, question = checked.selection, checked.question
    parts = [selection.members.assign(in_pool=1)]
    if len(selection.outside):
        parts.append(selection.outside.assign(in_pool=0))
    frame = pd.concat(parts)
    frame["group"], frame["n_own_mutations"] = frame["status"], frame["n_mutations"]
    if leading is not None:
        frame["in_group"] = frame["status"].map({leading.group.key: 1, leading.reference.key: 0})
    if "burden" in question.adjust:
        # measured among the people of the model: a percentile among others is another one
        among = selection.members if leading is None else selection.among(leading).members
        frame["burden"] = add_burden(among)["burden"].reindex(frame.index)
    if question.is_response:
        frame["response"] = frame[question.endpoint].astype("Int64")
    frame["event"] = frame["event"].astype("Int64")
    frame["entry_months"] = frame["entry_months"].fillna(0.0)
    wanted = [*PEOPLE_COLUMNS, *question.adjust]
    return frame[[name for name in dict.fromkeys(wanted) if name in frame.columns]].sort_values(
        ["cohort_id", "patient_id"]
    )


def _curves(checked: CheckedQuestion, leading: Contrast) -> pd.DataFrame:
    """Kaplan-Meier curves of both groups, over everybody of the pool."""
    members = leading.of(checked.selection.members)
    labels = {"True": leading.group.label, "False": leading.reference.label}
    curves = kaplan_meier(members, group="in_group").curves
    return pd.concat(
        [curve.table.assign(group=labels.get(curve.group, curve.group)) for curve in curves],
        ignore_index=True,
    )


def _r_script(answer: Answer, pooled: SurvivalStatistic) -> str:
    """The script with the question and the numbers that it must find."""
    template = resources.files("warehouse.questions").joinpath("reproduce.R").read_text(encoding="utf-8")
    asked = answer.leading.asked
    adjusted_for = asked.model.adjusted_for if isinstance(asked, SurvivalStatistic) else ()
    values = {
        "QUESTION": answer.question.text,
        "TERM": "value" if answer.leading.reference is None else "in_group",
        "STRATA": ", ".join(pooled.model.strata),
        "ADJUST": ", ".join(f'"{name}"' for name in adjusted_for),
        "ESTIMATOR": str(pooled.estimator),
        "ESTIMATE": repr(pooled.estimate),
        "CI_LOW": repr(pooled.ci_low),
        "CI_HIGH": repr(pooled.ci_high),
        "ADJUSTED": repr(asked.estimate if asked is not pooled else None),
        "ADJUSTED_BY": str(asked.estimator),
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", "NA" if value == "None" else value)
    return template
