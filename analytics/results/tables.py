"""The tables of the ``stats`` schema: what one row is, columns, SQL types and what they mean. The code that fills them
and the warehouse that holds them both follow this one list. A room that has tables of its own declares them as
``TABLES`` in its ``tables.py`` and is found there.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from pathlib import Path

import pandas as pd

from analytics.results.records import (
    ClaimRecord,
    FigureRecord,
    FlowRecord,
    LeftOutRecord,
    MemberRecord,
    MemberRowRecord,
    RunRecord,
    SetMemberRecord,
    SpecRecord,
    StatisticRowRecord,
    StatSetRecord,
)
from analytics.results.schema import Columns, ResultTable, as_table
from analytics.results.statistic import (
    ComparisonStatistic,
    FrequencyStatistic,
    InteractionStatistic,
    MetaStatistic,
    ResponseStatistic,
    SurvivalStatistic,
)

_SHARED = (
    SpecRecord, FlowRecord, MemberRecord, MemberRowRecord, StatisticRowRecord, StatSetRecord, SetMemberRecord,
    SurvivalStatistic, ResponseStatistic, ComparisonStatistic,
    FrequencyStatistic, MetaStatistic, InteractionStatistic, FigureRecord, ClaimRecord, LeftOutRecord, RunRecord,
)  # fmt: skip


def _declared() -> dict[str, ResultTable]:
    found = [ResultTable.of(row_type) for row_type in _SHARED]
    rooms = Path(__file__).parent.parent
    for room in sorted(module.name for module in pkgutil.iter_modules([str(rooms)]) if module.ispkg):
        name = f"analytics.{room}.tables"
        if room != "results" and importlib.util.find_spec(name) is not None:
            found += importlib.import_module(name).TABLES
    return {table.name: table for table in found}


#: name -> table.
RESULT_TABLES: dict[str, ResultTable] = _declared()
#: Tables in which a row is a named statistic.
STATISTIC_TABLES = tuple(name for name, table in RESULT_TABLES.items() if "estimate_key" in table.columns)
#: Of these the ones that a published number is compared with. Pools and interactions have one key per endpoint.
CLAIMED_TABLES = tuple(t for t in STATISTIC_TABLES if t not in ("meta_stats", "interaction_stats"))


def columns_of_table(name: str) -> Columns:
    """Columns of a result table by its name."""
    return RESULT_TABLES[name].columns


def as_result_table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame under the columns and types of a result table; see :func:`analytics.results.schema.as_table`."""
    return as_table(name, RESULT_TABLES[name].columns, frame)
