"""Which columns of the published tables name a row of another table.

DuckDB could hold such references as constraints, at the price of an index for each: they are stated in ``docs.columns``
and ``docs.foreign_keys``, and a test asks whether they hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from warehouse.diff.table_keys import KEYS


@dataclass(frozen=True)
class Reference:
    """Columns that together name a row of another table; null names none.

    Attributes
    ----------
    columns : as they are called in the table that refers.
    table : schema and table that is referred to.
    there : the columns there, in the same order; empty for the same names.
    only : tables to which it applies; empty for every table that has the columns.
    but : tables that have columns of these names which name something else.
    """

    columns: tuple[str, ...]
    table: str
    there: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    @property
    def columns_there(self) -> tuple[str, ...]:
        """The columns of the table that is referred to."""
        return self.there or self.columns

    def applies_to(self, table: str, columns: Iterable[str]) -> bool:
        """Whether a table of these columns refers so."""
        return (
            table != self.table
            and table not in self.but
            and (not self.only or table in self.only)
            and set(self.columns) <= set(columns)
        )


#: Genes that these tables name and no list of genes has: the symbols of their sources.
_OWN_SYMBOLS = ("marts.gene_calls", "marts.gene_sets", "marts.undetermined_genes", "marts.expression")

#: One row of a file can be two facts behind a person, progression and death of one endpoint: it stands here for each.
_REPEATED = ("stats.member_rows", "stats.statistic_rows")

#: A column that several name is described by the first.
REFERENCES: tuple[Reference, ...] = (
    Reference(("cohort_id", "sample_id"), "marts.samples"),
    Reference(("cohort_id", "rna_sample_id"), "marts.rna_samples", ("cohort_id", "sample_id")),
    Reference(("cohort_id", "patient_id"), "marts.patients"),
    # references of the catalogue are sources too: what could not be read of them is under their own name
    Reference(("cohort_id",), "marts.cohorts", but=("marts.rejected_rows",)),
    Reference(("person_id",), "marts.persons"),
    Reference(("source_file_id",), "marts.source_files"),
    Reference(("panel_id",), "marts.gene_panels"),
    Reference(("hugo_symbol",), "marts.gene_names", but=_OWN_SYMBOLS),
    Reference(("pair_id",), "marts.sample_pairs"),
    Reference(("analysis_id", "variant"), "stats.analysis_specs"),
    Reference(("scan_id",), "stats.scan_specs"),
    Reference(("claim_id",), "marts.published_claims"),
    Reference(("member_id",), "stats.analysis_members"),
    Reference(("set_id",), "stats.stat_sets", only=("stats.set_members",)),
    Reference(
        ("stat_id",),
        "stats.every_stat",
        only=("stats.stat_sets", "stats.statistic_rows", "stats.claim_checks"),
    ),
    Reference(("run_id",), "stats.runs"),
)


def references_of(table: str, columns: Iterable[str]) -> list[Reference]:
    """The references of a table, those of most columns first."""
    found = [reference for reference in REFERENCES if reference.applies_to(table, columns)]
    return sorted(found, key=lambda reference: -len(reference.columns))


def key_of(table: str, columns: Iterable[str]) -> tuple[str, ...]:
    """The columns that together name a row of a table; none where no key is declared."""
    declared = KEYS.get(table, ())
    if table in _REPEATED:
        return ()
    if declared:
        return declared
    return ("stat_id",) if "stat_id" in set(columns) and table.startswith("stats.") else ()
