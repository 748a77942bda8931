"""Files of the catalogue that declare a question: read and validated alike, whatever they ask."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingestion.errors import CatalogError

Spec = TypeVar("Spec", bound=BaseModel)


def validated(path: Path, content: Any, model: type[Spec], id_key: str) -> Spec:
    """The content as its model; the file is named as its ``id_key`` says.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    try:
        spec = model.model_validate(content)
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(str(part) for part in error["loc"]) or "(top level)"
        message = error["msg"].removeprefix("Value error, ")
        raise CatalogError(f"key '{key}': {message}", where=str(path), remedy="correct the key") from exc
    if getattr(spec, id_key) != path.stem:
        raise CatalogError(
            f"key '{id_key}' is '{getattr(spec, id_key)}' but the file is named '{path.stem}'",
            where=str(path),
            remedy="make them equal",
        )
    return spec


def spec_checksum(path: Path) -> str:
    """sha256 of a spec file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
