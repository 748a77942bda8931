"""Files of the catalogue that do not load: each stands in the graph as an asset that fails with its sentence, and the
rest of the location stands. What depends on it waits, and no version is published without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import dagster as dg

from ingestion.errors import CatalogError
from orchestration.resources import BUILD_POOL

Spec = TypeVar("Spec")
#: The check that says whether the file of an asset can be read.
LOADS = "its_file_loads"


@dataclass
class SpecLoader:
    """Reads the specs of a room of the catalogue, and keeps those that do not load.

    Attributes
    ----------
    tolerant : a file that does not load is kept in ``invalid``; else it is an error, as the command line wants it.
    """

    tolerant: bool
    invalid: dict[Path, CatalogError] = field(default_factory=dict)

    def load(self, paths: Iterable[Path], read: Callable[[Path], Spec]) -> dict[Path, Spec]:
        """Every one of these files that ``read`` can read, in their order.

        Raises
        ------
        CatalogError
            A file does not load, and the loader is not tolerant.
        """
        found = {}
        for path in paths:
            try:
                found[path] = read(path)
            except CatalogError as exc:
                if not self.tolerant:
                    raise
                self.invalid[path] = exc
        return found

    def ids(self, room: str) -> list[str]:
        """Names of what does not load in a room (``analyses``): a file is named as what it declares."""
        return [path.stem for path in self.invalid if path.parent.name == room]


def invalid_file_asset(key: dg.AssetKey, path: Path, sentence: str) -> dg.AssetsDefinition:
    """The asset that a file would be if it loaded. Materialising it fails with the sentence that says why."""

    @dg.multi_asset(
        name="__".join(key.path),
        specs=[
            dg.AssetSpec(
                key,
                group_name=key.path[0],
                description=f"The file {path.name} does not load: {sentence}",
                owners=["team:warehouse"],
                kinds={"yaml"},
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(LOADS, asset=key, description="The file of the catalogue can be read.")
        ],
        pool=BUILD_POOL,
    )
    def invalid_file() -> Iterator[dg.AssetCheckResult]:
        yield dg.AssetCheckResult(
            passed=False, asset_key=key, check_name=LOADS, metadata={"sentence": sentence}
        )
        raise dg.Failure(sentence, allow_retries=False)

    return invalid_file
