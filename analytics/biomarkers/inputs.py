"""What an evaluation reads: frames by name of column, and the names that are known.

An adapter fetches them (``warehouse.frames.biomarker_inputs``); a test writes them down. All frames are of the cohorts
that the adapter was made for, and name a sample by ``cohort_id`` and ``sample_id``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd


class BiomarkerInputs(Protocol):
    """Everything that a biomarker can ask of a warehouse."""

    def samples(self) -> pd.DataFrame:
        """One row a sample: cohort_id, sample_id, is_index (the sample of its patient that counts), panel_id,
        cancer_type, is_profiled, is_undetermined, undetermined_reason (of the sample as a whole)."""
        ...

    # --- names

    def gene_symbols(self, names: Sequence[str]) -> Mapping[str, str]:
        """Name -> current symbol of the gene, for the names (or aliases) that are known."""
        ...

    def known_genes(self) -> Sequence[str]:
        """Symbols, to suggest a near one."""
        ...

    def known_gene_sets(self) -> Sequence[str]:
        """Names of gene sets and of their collections."""
        ...

    def known_features(self) -> Sequence[str]:
        """Names of immune features."""
        ...

    def known_signatures(self) -> Sequence[str]:
        """Names of mutational signatures."""
        ...

    def known_attributes(self) -> Sequence[str]:
        """Names of clinical attributes as the language writes them."""
        ...

    def gene_set(self, name: str) -> Sequence[str]:
        """Current symbols of a set, or of all sets of a collection, each once."""
        ...

    # --- mutations

    def gene_status(self, genes: Sequence[str]) -> pd.DataFrame:
        """cohort_id, sample_id, gene, status, status_reason, n_mutations, as ``marts.gene_status`` has them. A pair of
        sample and gene without a row is wild_type."""
        ...

    def calls(self, genes: Sequence[str]) -> pd.DataFrame:
        """Counted, non-synonymous calls: cohort_id, sample_id, gene, variant_classification, is_truncating (null where
        the class does not say), hgvsp_short, ncbi_build, chromosome, start_position."""
        ...

    def doubtful_calls(self, genes: Sequence[str]) -> pd.DataFrame:
        """Rows that could be a call of a gene and are not understood: cohort_id, sample_id, gene,
        variant_classification, is_truncating, status_reason."""
        ...

    def hotspots(self, genes: Sequence[str]) -> pd.DataFrame:
        """Recurrent residues: gene, residue, ncbi_build, chromosome, start_position; one row a residue and place in the
        genome (null where no call says it)."""
        ...

    def signature_presence(self, signature: str) -> pd.DataFrame:
        """cohort_id, sample_id, is_present (null: not to be said), reason; one row a sample that was fitted."""
        ...

    # --- measurements

    def copy_number(self, genes: Sequence[str]) -> pd.DataFrame:
        """cohort_id, sample_id, gene, level (-2 to 2, 0 neutral), is_in_doubt (a row that could be the gene's is not
        understood, whether or not another gives a level), has_shallow_levels (whether the cohort's calls know -1 and
        1), reason (why there is no level, or a doubt); one row a gene and sample that was looked at for copy number."""
        ...

    def rearrangements(self, genes: Sequence[str]) -> pd.DataFrame:
        """cohort_id, sample_id, gene, status (rearranged, not_rearranged, undetermined, not_profiled), reason (why it
        is one of the last two); one row a gene and sample that was looked at for structural variants."""
        ...

    def burdens(self) -> pd.DataFrame:
        """cohort_id, sample_id, n_nonsynonymous, denominator_mb (null where the assay's size is not known)."""
        ...

    def expression(self, genes: Sequence[str]) -> pd.DataFrame:
        """cohort_id, sample_id, gene, value, unit; on the logarithmic scale of the cohort."""
        ...

    def expression_cohorts(self) -> Sequence[str]:
        """Cohorts that have expression."""
        ...

    def expression_matrix(self, cohort_id: str, genes: Sequence[str] = ()) -> pd.DataFrame:
        """Samples x genes of one cohort, on its logarithmic scale, without missing values; without ``genes`` all."""
        ...

    def feature(self, name: str) -> pd.DataFrame:
        """cohort_id, sample_id, value, unit."""
        ...

    def attribute(self, name: str) -> pd.DataFrame:
        """cohort_id, sample_id, value_text, value_number, is_own_words (kept as the source writes it: no vocabulary); a
        number has value_number, a word value_text."""
        ...
