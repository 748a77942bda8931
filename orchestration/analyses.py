"""Analyses: the files of ``catalog/analyses``, each one question of one kind."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import yaml
from pydantic import ValidationError

from analytics.specs import Question
from ingestion.errors import CatalogError
from orchestration.kinds import KINDS, Kind
from orchestration.kinds.gathered import AnalysisResult, Provenance


def load_analysis(path: Path) -> Question:
    """Read and validate one spec.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        raise CatalogError(
            "broken YAML", where=f"{path}:{mark.line + 1 if mark else 1}", remedy="mend that line"
        ) from exc
    word = content.get("kind", "survival") if isinstance(content, dict) else "survival"
    if word not in KINDS:
        raise CatalogError(
            f"key 'kind': there is no kind '{word}'", where=str(path), remedy=f"use one of {', '.join(KINDS)}"
        )
    try:
        return KINDS[word].spec.model_validate(content)
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(str(part) for part in error["loc"]) or "(top level)"
        message = error["msg"].removeprefix("Value error, ")
        raise CatalogError(f"key '{key}': {message}", where=str(path), remedy="correct the key") from exc


def load_analyses(folder: Path) -> dict[Path, Question]:
    """Every spec under ``folder``, by path, in order of name."""
    specs = {path: load_analysis(path) for path in sorted(folder.glob("*.yaml"))}
    for path, spec in specs.items():
        if spec.analysis_id != path.stem:
            raise CatalogError(
                f"key 'analysis_id' is '{spec.analysis_id}' but the file is named '{path.stem}'",
                where=str(path),
                remedy="make them equal",
            )
    return specs


def kind_of(spec: Question) -> Kind:
    """The kind of a spec."""
    return next(kind for kind in KINDS.values() if kind.spec is type(spec))


def run_analysis(
    con: duckdb.DuckDBPyConnection,
    spec: Question,
    *,
    spec_sha256: str,
    run_id: str,
    reference_genome: Path | None = None,
) -> AnalysisResult:
    """Every variant of a spec on an open warehouse."""
    return kind_of(spec).run(con, spec, Provenance(spec_sha256, run_id, reference_genome))


def spec_checksum(path: Path) -> str:
    """sha256 of a spec file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
