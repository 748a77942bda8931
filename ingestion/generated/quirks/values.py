"""Values of a cell that are drawn or computed in a way that words cannot say without obscurity.

Each takes a row with its fields and the file's random stream.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ingestion.generated.effects import effects

if TYPE_CHECKING:
    from ingestion.generated.cells import Row


def _therapy_start(row: Row) -> date:
    return date(2011, 1, 10) + timedelta(days=int(row.rng.integers(0, 900)))


def _birth(row: Row) -> date:
    start: date = row.value("therapy_start")
    return start - timedelta(days=round(row.value("age") * 365.25) + int(row.rng.integers(1, 300)))


def _therapy_end(row: Row) -> date:
    """Within progression-free survival, but at least a day of treatment."""
    start: date = row.value("therapy_start")
    return start + timedelta(days=max(1, min(row.value("pfs_days"), int(row.rng.integers(30, 400)))))


def _death(row: Row) -> date:
    start: date = row.value("therapy_start")
    return start + timedelta(days=row.value("os_days"))


def _last_contact(row: Row) -> date:
    return date(2016, 3, 1) + timedelta(days=(row.value("row") * 37) % 700)


def _recount(row: Row) -> str:
    """A second, slightly smaller count of the same mutations."""
    if not row.value("is_profiled"):
        return "NA"
    n = row.value("n_mutations")
    return str(n - int(row.rng.integers(0, 1 + n // 8)))


def _neoantigens(row: Row) -> str:
    """Two of five mutations are thought to be seen by the immune system."""
    return str(round(row.value("n_mutations") * 0.4)) if row.value("is_profiled") else "NA"


def _days_to_sample(row: Row) -> int:
    """The day on which the tumour was sampled, before progression."""
    return max(0, min(row.value("entry_days"), row.value("pfs_days") - 1))


def _leukocytes(row: Row) -> float:
    """Leukocyte fraction, with the planted difference beside the predictive gene."""
    shift = effects().leukocyte_shift if row.value("carries_predictive_gene") else 0.0
    return float(np.clip(row.rng.normal(0.25 + shift, 0.09), 0.005, 0.98))


VALUES: dict[str, Callable[[Row], Any]] = {
    "therapy_start": _therapy_start,
    "birth": _birth,
    "therapy_end": _therapy_end,
    "death": _death,
    "last_contact": _last_contact,
    "recount": _recount,
    "neoantigens": _neoantigens,
    "days_to_sample": _days_to_sample,
    "leukocytes": _leukocytes,
}
