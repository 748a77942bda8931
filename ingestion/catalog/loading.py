"""Reading the catalogue: every file validated on load, and a fault in one sentence with file, key and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ingestion.catalog.attributes import Attribute, check_cohort
from ingestion.catalog.cohorts import Catalog, Cohort, LeftOutCohort, Reference
from ingestion.errors import CatalogError
from ingestion.yaml_files import read_mapping

_Owner = TypeVar("_Owner", Cohort, Reference)


def _sentence(path: Path, exc: ValidationError) -> str:
    parts = []
    for error in exc.errors():
        key = ".".join(str(p) for p in error["loc"]) or "(top level)"
        parts.append(f"key '{key}': {error['msg'].removeprefix('Value error, ')}")
    return f"{path}: {'; '.join(parts)}. Correct the key and run 'icb cohort check {path.stem}'."


def load_cohort(path: Path) -> Cohort:
    """Read and validate one cohort file.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy: broken YAML, unknown key, missing key, wrong value.
    """
    return _load(path, Cohort, "cohort_id")


def load_reference(path: Path) -> Reference:
    """Read and validate one file of ``references/``.

    Raises
    ------
    CatalogError
        As :func:`load_cohort`.
    """
    return _load(path, Reference, "reference_id")


def _load(path: Path, model: type[_Owner], key: str) -> _Owner:
    """A file whose ``key`` is the name of the file."""
    content = read_mapping(path, f"{key}: {path.stem}")
    try:
        found = model.model_validate(content)
    except ValidationError as exc:
        raise CatalogError(_sentence(path, exc)) from exc
    if getattr(found, key) != path.stem:
        raise CatalogError(
            f"{path}: key '{key}' is '{getattr(found, key)}' but the file is named '{path.stem}'; make them equal."
        )
    return found


def load_attributes(path: Path) -> dict[str, Attribute]:
    """Read and validate the list of harmonised attributes.

    Raises
    ------
    CatalogError
        As :func:`load_cohort`.
    """
    content = read_mapping(path, "AGE: {level: patient, type: number, description: ...}")
    try:
        return {name: Attribute.model_validate(value) for name, value in content.items()}
    except ValidationError as exc:
        raise CatalogError(_sentence(path, exc)) from exc


def load_checked_cohort(path: Path, attributes: dict[str, Attribute]) -> Cohort:
    """Read one cohort file and hold it to the attributes and vocabularies.

    Raises
    ------
    CatalogError
        As :func:`load_cohort` and :func:`ingestion.catalog.attributes.check_cohort`.
    """
    cohort = load_cohort(path)
    check_cohort(path, cohort, attributes)
    return cohort


def files_of(folders: Sequence[Path], room: str) -> list[Path]:
    """The YAML files of one room (``cohorts``, ``analyses``) of several catalogues, in order of folder and name.

    Raises
    ------
    CatalogError
        Two folders have a file of one name: nothing says which of them is meant.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted((folder / room).glob("*.yaml")):
            if path.name in found:
                raise CatalogError(
                    f"there is a file of that name in {found[path.name].parent} too",
                    where=str(path),
                    remedy="rename one of them",
                )
            found[path.name] = path
    return list(found.values())


def load_catalog(
    folder: Path | Sequence[Path],
    attributes_path: Path | None = None,
    *,
    strict: bool = True,
    may_be_empty: bool = False,
    tolerant: bool = False,
) -> Catalog:
    """Read the attributes (``attributes.yaml`` of the first folder unless given), every ``cohorts/*.yaml`` and every
    ``references/*.yaml`` that is a :class:`Reference` (has ``reference_id``; gene sets lie there too), of one folder or
    of several.

    Parameters
    ----------
    strict : a cohort file that is not valid is an error; else it is named in ``left_out``, and the others are read.
    may_be_empty : no cohort at all is no error.
    tolerant : a file of a reference that is not valid is named in ``invalid_references``; else it is an error.

    Raises
    ------
    CatalogError
        As :func:`load_checked_cohort`; without ``strict`` only when no cohort file is valid.
    """
    folders = (folder,) if isinstance(folder, Path) else tuple(folder)
    attributes = load_attributes(attributes_path or folders[0] / "attributes.yaml")
    cohorts: list[Cohort] = []
    left_out: list[LeftOutCohort] = []
    for cohort_path in files_of(folders, "cohorts"):
        try:
            cohorts.append(load_checked_cohort(cohort_path, attributes))
        except CatalogError as exc:
            if strict:
                raise
            left_out.append(LeftOutCohort(cohort_id=cohort_path.stem, sentence=str(exc)))
    if not cohorts and not may_be_empty:
        if left_out:
            raise CatalogError(" ".join(cohort.sentence for cohort in left_out))
        raise CatalogError(
            f"{' and '.join(str(f / 'cohorts') for f in folders)} holds no cohort file; add one with 'icb cohort add "
            "<study_id or table>'."
        )
    references: list[Reference] = []
    invalid_references: dict[Path, str] = {}
    for reference_path in files_of(folders, "references"):
        try:
            if "reference_id" in read_mapping(reference_path, f"reference_id: {reference_path.stem}"):
                references.append(load_reference(reference_path))
        except CatalogError as exc:
            if not tolerant:
                raise
            invalid_references[reference_path] = str(exc)
    return Catalog(
        attributes=attributes,
        cohorts=tuple(cohorts),
        references=tuple(references),
        left_out=tuple(left_out),
        invalid_references=invalid_references,
    )
