"""A kind of analysis: what its spec says, how it is run, which marts it reads beside those of every analysis. A folder
of ``analytics`` with a ``kind.py`` is a kind and is run; CONTRIBUTING.md says what words and guards it needs beside.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.questions.specs import Question
from analytics.results.gathered import AnalysisResult, Provenance


@dataclass(frozen=True)
class Kind:
    """One kind of analysis.

    Attributes
    ----------
    name : the word of ``kind:`` in a spec.
    spec : its typed form.
    run : (source, spec, provenance) -> result. The source is what the kind's module says that it needs of a warehouse.
    marts : tables of the ``marts`` schema that it reads beside those of every analysis.
    reads_genome : whether it is given the reference genome.
    """

    name: str
    spec: type[Question]
    run: Callable[[Any, Any, Provenance], AnalysisResult]
    marts: tuple[str, ...] = ()
    reads_genome: bool = False


@functools.cache
def kinds() -> dict[str, Kind]:
    """Every kind by its name."""
    rooms = Path(__file__).parent.parent
    names = [f"analytics.{m.name}.kind" for m in pkgutil.iter_modules([str(rooms)]) if m.ispkg]
    found = [
        importlib.import_module(name).KIND
        for name in sorted(names)
        if name != "analytics.questions.kind" and importlib.util.find_spec(name) is not None
    ]
    return {kind.name: kind for kind in found}
