"""Reads the generator's own data files: YAML by its model, tab-separated tables by their header."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ingestion.errors import CatalogError
from ingestion.yaml_files import read_yaml

HERE = Path(__file__).parent
DATA = HERE / "lists"
COHORTS = HERE / "cohorts"

Spec = TypeVar("Spec", bound=BaseModel)


def read_spec(path: Path, model: type[Spec]) -> Spec:
    """One YAML file as its model.

    Raises
    ------
    CatalogError
        One sentence with file and line or key, and the remedy.
    """
    try:
        return model.model_validate(read_yaml(path))
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(str(part) for part in error["loc"]) or "(top level)"
        message = error["msg"].removeprefix("Value error, ")
        raise CatalogError(f"key '{key}': {message}", where=str(path), remedy="correct the key") from exc


def read_table(path: Path) -> list[dict[str, str]]:
    """A tab-separated table; its first line names the columns."""
    header, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]
