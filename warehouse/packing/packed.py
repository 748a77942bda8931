"""Which tables of the published file are kept packed, and how.

A table of millions of rows says the same few thousand people, genes and files over and over. It is kept in the schema
``stored`` as numbers: columns that repeat together stand once, in a table of their own, and the row has the number of
theirs. Under its own name it is a view that puts the words back, so that every query reads the same columns, types and
values as before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

#: Schema of the tables that hold what the views say.
STORED = "stored"
#: Whose row it is: kept once for all packed tables, but for those that have few of all people.
PEOPLE = ("cohort_id", "patient_id", "person_id", "sample_id")


@dataclass(frozen=True)
class Together:
    """Columns that repeat together, kept once.

    ``is_common_first`` : numbered by how often they occur, so that most rows have a small number; otherwise in the
    order of their values.
    """

    name: str
    columns: tuple[str, ...]
    is_common_first: bool = False


@dataclass(frozen=True)
class Packed:
    """How one table is kept.

    Attributes
    ----------
    table
        schema.table, whose columns begin with those of ``PEOPLE``.
    order
        Columns that follow the person in the order of the rows: neighbours then differ little.
    computed
        Column -> SQL over the other columns of the row. Kept only where it is not that, to the last bit.
    distances
        Column -> column to which its distance is kept.
    has_own_people
        Its people are in a table of their own. They are few of all: DuckDB takes a row to be anybody's, expects next
        to none of the table's rows in a join with those few, and keeps the table itself in memory for the join.
    """

    table: str
    together: tuple[Together, ...]
    order: tuple[str, ...] = ()
    computed: dict[str, str] = field(default_factory=dict)
    distances: dict[str, str] = field(default_factory=dict)
    has_own_people: bool = False

    @property
    def name(self) -> str:
        return self.table.split(".")[1]

    @property
    def declared(self) -> frozenset[str]:
        """Columns that the table must have to be kept so."""
        together = {column for group in self.together for column in group.columns}
        return frozenset(
            {*PEOPLE, *together, *self.order, *self.computed, *self.distances, *self.distances.values()}
        )


PACKED: dict[str, Packed] = {
    one.table: one
    for one in (
        Packed(
            "marts.mutations",
            (
                Together("gene", ("hugo_symbol", "hugo_symbol_raw", "gene_rule", "entrez_gene_id")),
                Together("alleles", ("reference_allele", "tumor_seq_allele2"), is_common_first=True),
                Together(
                    "class",
                    (
                        "variant_classification", "variant_classification_raw", "variant_type",
                        "is_nonsynonymous", "is_truncating",
                    ),
                    is_common_first=True,
                ),
                Together(
                    "call",
                    (
                        "ncbi_build", "filter_raw", "mutation_status", "mutation_status_raw", "center", "is_passing",
                        "is_somatic", "is_duplicate", "is_understood", "problem", "is_usable", "is_counted",
                        "source_file_id",
                    ),
                    is_common_first=True,
                ),
            ),
            order=("source_file_id", "source_row"),
            computed={
                "t_ref_count": "t_depth - t_alt_count",
                "variant_allele_fraction": "case when t_depth > 0 then cast(t_alt_count as double) / t_depth end",
            },
            distances={"end_position": "start_position"},
        ),
        Packed(
            "marts.expression",
            (
                Together("matrix_row", ("source_file_id", "source_row", "gene_raw", "hugo_symbol")),
                Together("matrix_column", ("sample_raw", "unit", "pipeline")),
            ),
            order=("source_file_id", "sample_raw", "source_row"),
            has_own_people=True,  # 278 of 41,218: else the first rows of sample_expression take over 1 GB
        ),
        Packed(
            "marts.gene_calls",
            (
                Together("gene", ("hugo_symbol",)),
                Together(
                    "calls",
                    ("n_nonsynonymous", "n_truncating", "n_people_at_residue", "is_doubtful", "doubt_reason"),
                    is_common_first=True,
                ),
            ),
            order=("hugo_symbol",),
        ),
        Packed(
            "marts.clinical_values",
            (
                Together("attribute", ("attribute", "column_name", "fate", "source_file_id")),
                Together("value", ("value_text", "value_number", "value_raw"), is_common_first=True),
            ),
            order=("source_file_id", "source_row", "column_name", "attribute"),
        ),
        Packed(
            "marts.sample_attributes",
            (
                Together(
                    "attribute", ("attribute", "attribute_type", "level", "column_name", "source_file_id")
                ),
                Together("value", ("value_text", "value_number", "value_raw"), is_common_first=True),
            ),
            order=("source_file_id", "source_row", "column_name", "attribute"),
        ),
        Packed(
            "marts.mutation_spectra",
            (Together("channel", ("channel",)), Together("row", ("source_file_id", "source_row"))),
            order=("channel",),
        ),
        Packed(
            "marts.mutation_class_counts",
            (Together("class", ("variant_classification",)),),
            order=("variant_classification",),
        ),
        Packed(
            "marts.analysis_frame",
            (
                Together(
                    "patient",
                    (
                        "precedence", "is_icb_cohort", "is_baseline", "biopsy_time", "sample_type", "sample_site",
                        "cancer_type", "oncotree_code", "sex", "age_years", "age_group", "stage", "primary_site",
                        "smoking_history", "ecog", "is_in_study", "drug_class", "arm", "line_of_treatment",
                        "is_icb_treated", "panel_id", "assay_kind", "is_profiled", "is_undetermined",
                        "undetermined_reason", "n_calls", "n_nonsynonymous", "denominator_mb",
                        "counted_here_mut_per_mb",
                        "response_raw", "recist", "is_objective_response", "is_disease_control",
                        "has_durable_benefit", "is_predictior_responder", "is_iatlas_responder",
                    ),
                ),
                Together("clock", ("endpoint", "origin", "clock_family", "source_file_id")),
            ),
            order=("endpoint",),
        ),
        Packed(
            "marts.immune_features",
            (
                Together(
                    "feature", ("feature", "unit", "family", "source", "column_name", "source_file_id")
                ),
                Together("aliquot", ("aliquot_raw", "n_aliquots", "source_row")),
            ),
            order=("feature", "source_file_id"),
        ),
        Packed(
            "marts.patient_features",
            (
                Together("feature", ("feature", "unit", "family", "source", "source_file_id")),
                Together("sample", ("feature_sample_id", "source_row")),
            ),
            order=("feature", "source_file_id"),
        ),
        Packed(
            "stats.analysis_members",
            (
                Together("analysis", ("analysis_id", "variant", "endpoint")),
                Together(
                    "group", ("status", "status_reason", "is_member", "left_at"), is_common_first=True
                ),
                Together("follow_up", ("time_months", "is_event", "source_file_id", "source_row")),
            ),
            order=("source_file_id", "source_row", "analysis_id", "variant", "endpoint"),
        ),
        Packed(
            "stats.signature_exposures",
            (
                Together(
                    "fit",
                    (
                        "analysis_id", "variant", "spectrum_source", "reference_genome", "ncbi_build", "reference_id",
                        "reference_sha256", "cosmic_version", "target", "n_resamples", "seed",
                    ),
                ),
                Together("sample", ("n_snvs", "reconstruction_cosine", "reason")),
                Together("signature", ("signature",)),
            ),
            order=("analysis_id", "variant", "signature"),
        ),
    )
}  # fmt: skip


def packed_of(con: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Tables of an attached file, as schema.table, that can be kept packed: those with every declared column."""
    columns: dict[str, set[str]] = {}
    for table, column in con.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() where database_name = ?",
        [database],
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    return [table for table, packed in PACKED.items() if packed.declared <= columns.get(table, set())]


def tables_of(con: duckdb.DuckDBPyConnection, database: str | None = None) -> list[tuple[str, str]]:
    """Schema and name of the tables of a file as its readers see them: packed ones are among them, what holds them is
    not. ``database`` : name of an attached file, else the one in use."""
    return con.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = coalesce($database, current_database()) and not internal "
        "and schema_name <> $stored "
        "union select schema_name, view_name from duckdb_views() "
        "where database_name = coalesce($database, current_database()) "
        "and list_contains($packed, schema_name || '.' || view_name) order by all",
        {"database": database, "stored": STORED, "packed": list(PACKED)},
    ).fetchall()
