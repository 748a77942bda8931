"""The file of protein domains, ``catalog/references/protein_domains.yaml``."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from analytics.landscape.spec import Protein
from ingestion.errors import CatalogError
from ingestion.yaml_files import read_mapping
from warehouse.settings import PROJECT

DOMAINS = PROJECT / "catalog" / "references" / "protein_domains.yaml"


def load_protein(path: Path, gene: str) -> Protein | None:
    """The protein of a gene from the file of domains; None where it is not declared.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    proteins = read_mapping(path, "proteins:").get("proteins") or {}
    if gene not in proteins:
        return None
    try:
        return Protein.model_validate(proteins[gene])
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(str(part) for part in ("proteins", gene, *error["loc"]))
        message = error["msg"].removeprefix("Value error, ")
        raise CatalogError(f"key '{key}': {message}", where=str(path), remedy="correct the key") from exc
