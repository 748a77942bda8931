"""Whether the identifiers of a study's files meet: a study in which most do not is refused, with a remedy.

Otherwise its people would be there, its calls would be there, and nobody would have a mutation.
"""

from __future__ import annotations

from collections.abc import Collection

from ingestion.errors import NothingMeetsError
from ingestion.studies.study import Study

_SHOWN = 2


def check_samples(study: Study, sequenced: Collection[str]) -> None:
    """At least half of the sequenced samples, and of those with a call, are in the clinical sample file.

    Raises
    ------
    NothingMeetsError : names how many do, an example of each side, and the remedy.
    """
    sources = {study.ref(entry.member).source_file_id for entry in study.layout.of_role("mutations")}
    calls = study.out.tables(["mutations"])["mutations"]
    pairs = zip(
        calls.column("source_file_id").to_pylist(), calls.column("sample_id").to_pylist(), strict=True
    )
    called = {sample for source, sample in pairs if source in sources}
    where = "the clinical sample file"
    for what, samples in (
        ("sequenced samples of lists and matrix", sequenced),
        ("samples with a call", called),
    ):
        _check(study, what, samples, where, study.clinical_samples, "sample_id")


def check_patients(study: Study, of_samples: Collection[str], of_patients: Collection[str]) -> None:
    """At least half of the sample file's patients are in the patient file, where there is one.

    Raises NothingMeetsError as `check_samples`.
    """
    if of_patients:
        _check(
            study, "patients of the sample file", of_samples, "the patient file", of_patients, "patient_id"
        )


def _check(
    study: Study, what: str, found: Collection[str], where: str, known: Collection[str], key: str
) -> None:
    n_met = sum(name in known for name in found)
    if not found or n_met * 2 >= len(found):
        return
    strange = ", ".join(sorted(set(found) - set(known))[:_SHOWN])
    expected = ", ".join(sorted(known)[:_SHOWN])
    how_many = "none" if n_met == 0 else f"only {n_met}"
    column, parts = ("PATIENT_ID", 2) if key == "patient_id" else ("SAMPLE_ID", 3)
    pattern = "^(" + "-".join(["[^-]+"] * parts) + ")"
    raise NothingMeetsError(
        f"{how_many} of the {len(found)} {what} of cohort '{study.cohort.cohort_id}' is in {where} "
        f"({strange} against {expected})",
        file=study.where,
        remedy=f"say under files.{study.file.id} which part of the identifiers is the same, e.g. "
        f"{key}: {{column: {column}, pattern: '{pattern}'}}, or correct the study",
    )
