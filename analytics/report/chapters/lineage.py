"""The appendix that walks every number back: sets of people, their rows by file, and the files.

Statistics that rest on the same people and rows share one entry, so that a report of a thousand numbers has some
dozens of entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.engine.numbers import count
from analytics.report.blocks import LineageEntry, SourceFile
from analytics.report.words import endpoint_words, plural, slug, text_of, variant_words
from analytics.results.statistic import AnyStatistic

_FILE = ["address", "member", "sha256"]


@dataclass(frozen=True)
class _Set:
    """On which people and rows a statistic rests."""

    analysis_id: str
    variant: str
    endpoint: str
    cohort_id: str
    cohorts: tuple[str, ...]
    row_set: str
    feature: str

    @classmethod
    def of(cls, row: AnyStatistic) -> _Set:
        name = row.name
        return cls(
            name.analysis_id, name.variant, name.endpoint, name.cohort_id or "", row.cohorts, row.row_set or "",
            row.feature or "",
        )  # fmt: skip


def anchor_of(stat_id: str) -> str:
    """The anchor of a statistic in the appendix."""
    return f"s-{slug(stat_id)}"


def spec_anchor(analysis_id: str, variant: str) -> str:
    """The anchor of one way of doing an analysis."""
    return f"spec-{slug(analysis_id)}-{slug(variant)}"


class Lineage:
    """Numbers sets of people and files in the order in which they are cited.

    Parameters
    ----------
    statistics : all that may be cited.
    behind : asked once, at the end, for the rows by file of one statistic a cited set (see ``Material.behind``): an
        analysis of every gene has thousands of statistics, and a document shows some of them.
    files : licence and cohort by address, member and sha256.
    """

    def __init__(
        self,
        statistics: Sequence[AnyStatistic],
        behind: Callable[[Sequence[str]], pd.DataFrame],
        files: pd.DataFrame,
    ) -> None:
        self._set_of = {row.name.stat_id: _Set.of(row) for row in statistics}
        self._ask = behind
        self._found: dict[str, pd.DataFrame] | None = None
        self._files = files
        self._cited: dict[_Set, list[str]] = {}

    def cite(self, stat_id: str) -> tuple[str, str]:
        """``(L7, anchor)`` of a statistic; ("", "") for one that the tables do not name."""
        key = self._set_of.get(stat_id)
        if key is None:
            return "", ""
        cited = self._cited.setdefault(key, [])
        if stat_id not in cited:
            cited.append(stat_id)
        return f"L{list(self._cited).index(key) + 1}", anchor_of(stat_id)

    @property
    def _behind(self) -> Mapping[_Set, pd.DataFrame]:
        """Rows by file of each cited set."""
        representatives = {stat_ids[0]: key for key, stat_ids in self._cited.items()}
        if self._found is None:
            rows = self._ask(list(representatives))
            self._found = {str(stat_id): part for stat_id, part in rows.groupby("stat_id", sort=False)}
        return {
            key: self._found[stat_id] for stat_id, key in representatives.items() if stat_id in self._found
        }

    def sources(self) -> tuple[SourceFile, ...]:
        """Every file behind what was cited, as F1, F2, ... by address."""
        parts = [rows[_FILE] for rows in self._behind.values()]
        if not parts:
            return ()
        found = pd.concat(parts).drop_duplicates().dropna(subset=["sha256"]).sort_values(_FILE)
        known: dict[tuple[str, ...], dict[str, set[str]]] = {}
        for row in self._files.to_dict("records"):
            about = known.setdefault(_file_key(row), {"licence": set(), "cohorts": set()})
            about["licence"].add(text_of(row.get("licence")))
            about["cohorts"].add(text_of(row.get("cohort_id")))
        return tuple(
            SourceFile(
                ref=f"F{number}",
                address=text_of(row["address"]),
                member=text_of(row["member"]),
                sha256=text_of(row["sha256"]),
                licence=", ".join(sorted(known.get(_file_key(row), {}).get("licence", set()) - {""})),
                cohorts=", ".join(sorted(known.get(_file_key(row), {}).get("cohorts", set()) - {""})),
            )
            for number, row in enumerate(found.to_dict("records"), start=1)
        )

    def entries(self) -> tuple[LineageEntry, ...]:
        """One entry a set of people, in the order of citation."""
        refs = {(s.address, s.member, s.sha256): s.ref for s in self.sources()}
        behind = self._behind
        return tuple(
            self._entry(number, key, stat_ids, behind.get(key), refs)
            for number, (key, stat_ids) in enumerate(self._cited.items(), start=1)
        )

    def _entry(
        self,
        number: int,
        key: _Set,
        stat_ids: list[str],
        rows: pd.DataFrame | None,
        refs: Mapping[Any, str],
    ) -> LineageEntry:
        scope = key.cohort_id or ", ".join(key.cohorts)
        title = ", ".join(
            part for part in (key.analysis_id, variant_words(key.variant).lower(),
                              endpoint_words(key.endpoint).lower(), scope, key.feature) if part
        )  # fmt: skip
        roles: list[tuple[str, str, tuple[tuple[str, str], ...]]] = []
        if rows is not None:
            for (role, mart), of_role in rows.groupby(["role", "mart"], sort=False):
                listed = tuple(
                    (refs.get(_file_key(row), ""), _rows_words(row)) for row in of_role.to_dict("records")
                )
                roles.append((str(role), str(mart), listed))
        n_people = self._people(rows)
        people = f"{plural(n_people, 'person', 'people')} ({key.row_set or 'members'})" if n_people else ""
        return LineageEntry(
            ref=f"L{number}",
            anchor=f"L{number}",
            title=title,
            people=people,
            spec_anchor=spec_anchor(key.analysis_id, key.variant),
            statistics=tuple((anchor_of(stat_id), stat_id) for stat_id in stat_ids),
            roles=tuple(roles),
        )

    @staticmethod
    def _people(rows: pd.DataFrame | None) -> int:
        """One row a person under the role 'patient'."""
        return 0 if rows is None else int(rows.loc[rows["role"] == "patient", "n_rows"].sum())


def _file_key(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return tuple(text_of(row[name]) for name in _FILE)


def _rows_words(row: Mapping[Any, Any]) -> str:
    first, last = text_of(row["first_row"]), text_of(row["last_row"])
    span = f"row {first}" if first == last else f"rows {first}\u2013{last}"
    return f"{count(row['n_rows'])} in {span}" if first != last else span
