"""The raw tables: one per source file kind, every value as text, plus where the row came from.

``source_file_id`` names the file (or the member of an archive) in ``source_files``; ``source_row`` is
the 1-based line of a text file, the 1-based sheet row of a workbook (header lines count in both).
What a value means does not belong here: that is dbt's staging and intermediate layers.
"""

from __future__ import annotations

from ingestion.catalog.source_files import MUTATION_COLUMNS

_COPY_NUMBER_CELL = (
    "cohort_id",
    "source_file_id",
    "source_row",
    "sample_id",
    "hugo_symbol",
    "entrez_gene_id",
    "value",
)

#: table -> columns in order. ``source_row`` is bigint, all else text.
RAW_TABLES: dict[str, tuple[str, ...]] = {
    # one row a file, or a member of an archive, that was read
    "source_files": (
        "source_file_id",
        "cohort_id",
        "file_id",
        "address",
        "member",
        "sha256",
        "member_sha256",
        "bytes",
        "licence",
        "read_from",
        "parser_version",
    ),
    # long: one row a filled cell of a clinical table. value is null when the cell holds a missing word
    "clinical_values": (
        "cohort_id",
        "file_id",
        "source_file_id",
        "source_row",
        "level",
        "patient_id",
        "sample_id",
        "column_name",
        "value_raw",
        "value",
    ),
    # patient_id is filled where the file's entry in the catalogue has a rule for it (several samples a patient)
    "mutations": (
        "cohort_id",
        "file_id",
        "source_file_id",
        "source_row",
        "patient_id",
        "sample_id",
        *MUTATION_COLUMNS,
        # of a call on GRCh38, where the user names a chain file
        "grch37_chromosome",
        "grch37_position",
    ),
    # discrete calls of a gene x sample matrix or a long table that are not zero, one row a cell
    "copy_number": _COPY_NUMBER_CELL,
    # cells that say no level (value is null), and neutral cells of a gene that stands in several rows of its file
    "copy_number_no_calls": _COPY_NUMBER_CELL,
    "copy_number_segments": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "sample_id",
        "chromosome",
        "start_position",
        "end_position",
        "n_probes",
        "segment_mean",
        "decimal",
    ),
    # one row a row of data_sv.txt, or a gene of data_fusions.txt (its fusion in event_info)
    "structural_variants": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "sample_id",
        "sv_status",
        "site1_hugo_symbol",
        "site1_entrez_gene_id",
        "site1_chromosome",
        "site1_position",
        "site2_hugo_symbol",
        "site2_entrez_gene_id",
        "site2_chromosome",
        "site2_position",
        "effect_on_frame",
        "sv_class",
        "event_info",
        "dna_support",
        "rna_support",
        "ncbi_build",
    ),
    # one row a statement that a sample was looked at for structural variants (stated_by sv_list or matrix), on which
    # panel (matrix, meta), or a matrix without a panel
    "structural_variant_samples": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "sample_id",
        "panel_id",
        "stated_by",
        "rule",
    ),
    # one row a row of a timeline; days as the file counts them, details are its other filled columns
    "timeline_events": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "patient_id",
        "event_type",
        "start_day",
        "stop_day",
        "treatment_type",
        "agent",
        "test",
        "result",
        "status",
        "details",
    ),
    # who is on a case list; list_category is cBioPortal's (all_cases_with_mutation_data, ...)
    "case_lists": ("cohort_id", "source_file_id", "source_row", "list_id", "list_category", "sample_id"),
    # one row a statement about a sample and mutation calls: it was sequenced (stated_by sequenced_list, maf_head,
    # declared, or matrix with a panel), on which panel (matrix, meta, column, declared), or a matrix without a panel
    "profiled_samples": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "patient_id",
        "sample_id",
        "panel_id",
        "stated_by",
        "rule",
    ),
    "gene_panels": ("source_file_id", "source_row", "panel_id", "hugo_symbol", "entrez_gene_id"),
    # every sample of a table of spectra or of published exposures (table_kind), those without a mutation too
    "signature_samples": (
        "cohort_id",
        "file_id",
        "source_file_id",
        "source_row",
        "table_kind",
        "sample_id",
        "sample_raw",
        "cosine_similarity",
    ),
    # cells that are not zero: substitutions of a sample by channel (A[C>A]A), or attributed to a signature
    "mutation_spectra": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "sample_id",
        "channel",
        "n_mutations",
    ),
    "published_exposures": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "sample_id",
        "signature",
        "n_mutations",
    ),
    "signature_profiles": (
        "source_file_id",
        "source_row",
        "reference_id",
        "cosmic_version",
        "target",
        "ncbi_build",
        "signature",
        "channel",
        "probability",
    ),
    # gene x sample, one row a value; unit, pipeline and decimal mark as declared; sample_raw is the file's own name
    "expression": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "sample_id",
        "sample_raw",
        "gene",
        "value",
        "unit",
        "pipeline",
        "decimal",
    ),
    # one row a filled cell of a table of immune features; feature is a name of seed immune_feature_terms
    "immune_features": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "sample_id",
        "aliquot_raw",
        "column_name",
        "feature",
        "value",
        "source_label",
        "decimal",
    ),
    # one row a gene of a set; gene_raw as the file has it, gene after the repairs that the catalogue declares
    "gene_sets": (
        "source_file_id",
        "source_row",
        "gene_set_id",
        "collection",
        "title",
        "citation",
        "version",
        "gene_raw",
        "gene",
    ),
    # genes under several identifiers; feeds intermediate.int_gene_identifiers
    "gene_identifiers": (
        "source_file_id",
        "source_row",
        "hugo_symbol",
        "entrez_gene_id",
        "ensembl_gene_id",
    ),
    # what could not be read, and the rule that says so; nothing is dropped in silence. raw_table is null where the row
    # is in none; is_lost is 'true' where the row was left out, 'false' for a note on one that stays; n_rows counts them
    "rejected_rows": (
        "cohort_id",
        "source_file_id",
        "source_row",
        "rule_id",
        "column_name",
        "value",
        "message",
        "raw_table",
        "is_lost",
        "n_rows",
    ),
    # file_order: place of the file in the cohort's entry; where two files give one attribute the first wins.
    # the catalogue itself, so that a rule can be walked back too
    "cohorts": (
        "cohort_id",
        "title",
        "citation",
        "pmid",
        "doi",
        "licence",
        "is_icb",
        "is_synthetic",
        "precedence",
        "assay_name",
        "assay_kind",
        "panel_id",
        "assay_size_mb",
        "reports_silent",
        "zero_calls_are_real",
        "burden_from_calls",
        "is_linkable",
        "may_overlap",
        "overlap_evidence",
        "known_missing",
    ),
    # file_order: place of the file in the cohort's entry, whatever it holds
    "cohort_files": ("cohort_id", "file_id", "file_order"),
    "endpoint_rules": ("cohort_id", "endpoint", "origin", "evidence"),
    # column_order: of two columns with one attribute the lower one counts; choice says why it is lower (declared,
    # own_name, synonym). unit is the cells', attribute_unit the one they are turned into.
    "column_maps": (
        "cohort_id",
        "file_id",
        "file_order",
        "column_name",
        "column_order",
        "choice",
        "attribute",
        "level",
        "type",
        "unit",
        "attribute_unit",
        "pattern",
        "decimal",
        "range_low",
        "range_high",
    ),
    "word_maps": ("cohort_id", "file_id", "column_name", "word", "value"),
    # a cohort's own drugs and their classes
    "drug_words": ("cohort_id", "drug", "drug_class"),
    "person_rules": ("cohort_id", "rule_id", "namespace", "pattern", "evidence"),
    "person_corrections": ("cohort_id", "rule_id", "found", "meant"),
    # is_understood: a FILTER value that does not match is a call that the source does not believe, else nobody knows
    "mutation_filters": ("cohort_id", "file_id", "cancer_type_code", "pattern", "is_understood"),
    "declared_panels": ("cohort_id", "panel_id", "genes", "evidence"),
}

#: rule_id -> what a row in rejected_rows with this rule means.
REJECTION_RULES: dict[str, str] = {
    "wrong_number_of_cells": "The line has more cells than the header; the cells cannot be told apart.",
    "undecodable_bytes": "The line holds bytes that are not text in the declared encoding.",
    "missing_key": "The row has no patient or sample identifier.",
    "short_row": "The line has fewer cells than the header; it is kept and the missing cells count as empty.",
    "stray_quote": "A quote opens a cell and never closes it; it is kept as a character of the cell.",
    "footer_or_blank": "The row is a footer or is empty but for separators.",
    "repeated_header": "The header line stands again inside the table.",
    "gene_became_date": "A spreadsheet turned the gene's name into a date; which gene it was is not certain.",
    "private_date": "The column holds dates and is not declared private; its values are not stored.",
    "unreadable_date": "A date of a declared interval is not written as declared; the interval is missing.",
    "unknown_sample": "The row's sample is in no clinical table of the cohort.",
    "sample_spelled_otherwise": "A row is of a sample that no clinical table has and whose name may be another "
    "spelling of this one.",
    "unknown_patient": "The row's patient is in no clinical table of the cohort.",
    "unknown_word": "The word is in no vocabulary of its attribute.",
    "pattern_not_found": "The cohort file's pattern finds nothing in the cell; the value is missing.",
    "not_a_number": "The value of a numeric attribute is not a number.",
    "negative_time": "The duration is negative.",
    "out_of_range": "The number is outside the range of its attribute (attributes.yaml) and is missing.",
    "prefix_against_word": "The status says one thing by its prefix 0: or 1: and another by its word.",
    "time_without_status": "The patient has a time of the endpoint and no status that belongs to it.",
    "status_without_time": "The patient has a status of the endpoint and no time that belongs to it.",
    "unknown_drug": "The drug, or a part of the combination, is in no vocabulary and has no class.",
    "repeated_sample": "The sample is in the table a second time; the first one is kept.",
    "absent_column": "A column that the catalogue names is not in an awaited table; the rest of it is read.",
    "absent_file": "A meta file names a data file that the study does not hold.",
    "nobody_profiled": "The study has no mutation table, or nothing says who was sequenced: nobody counts as profiled.",
    "foreign_list": "The case list is another study's; it is not used.",
    "lists_disagree": "The gene panel matrix and the list of sequenced samples disagree about who was sequenced.",
    "panels_disagree": "Two places of a study name unlike panels for a sample; the matrix counts, then the meta file.",
    "context_disagrees": "The sequence around the call has another base than the reference in its middle, or is none.",
    "unknown_panel": "The sample was sequenced on a panel that no source names, or that two rows name differently.",
    "unreadable_gene": "The row of a gene panel names no gene that can be read.",
    "backwards_segment": "The segment ends before it starts.",
    "unreadable_symbol": "The gene's name cannot be read, and no Entrez number says which gene it is.",
    "several_genes": "The row names several genes and nothing says which of them is changed.",
    "ambiguous_symbol": "The symbol stands for several genes, and neither number nor chromosome decides.",
    "symbol_and_number_disagree": "Symbol and Entrez number do not match: they are two genes.",
    "symbol_and_chromosome_disagree": "The gene lies on another chromosome than the row says.",
    "position_outside_gene": "The position lies over 5 megabases from where other rows have the gene.",
    "unknown_class": "The variant class is in no vocabulary, or says nothing of its effect.",
    "missing_class": "The row has no variant class, though the table has a column for it.",
    "unknown_filter": "FILTER does not say PASS, and the cohort file does not say what the word means.",
    "unknown_mutation_status": "The Mutation_Status is in no vocabulary.",
    "no_change": "No tumour allele differs from the reference, though the class says that the gene is changed.",
    "unreadable_position": "The position is not a whole number.",
    "unknown_chromosome": "The segment lies on no human chromosome.",
    "beyond_chromosome": "The segment begins before its chromosome or ends beyond it, in GRCh37 and in GRCh38.",
    "not_a_copy_number_level": "The value is none of the copy-number levels -2, -1.5, -1, 0, 1 and 2.",
    "no_copy_number_level": "The copy-number table says no level of the gene for the sample.",
    "missing_gene": "The row names no gene, neither by a symbol nor by a number.",
    "unresolved_gene": "No source at hand says which gene the number is; the row is kept without a symbol.",
    "repeated_gene": "The gene is in the table a second time for the sample; of equal values the first is kept, of "
    "unlike ones none.",
    "repeated_aliquot": "The sample has several aliquots in the table; the first barcode of the alphabet counts.",
    "joined_lines": "A quoted cell holds line ends; the lines are one row.",
    "nul_bytes": "The line holds NUL bytes; each is kept as a replacement character, no word is mended by guess.",
    "formula_without_value": "The cell is a formula and the workbook stores no value for it; the cell counts as empty.",
    "error_cell": "The cell holds a spreadsheet's error instead of a value; it counts as empty.",
    "zeros_from_number_format": "The cell's number format adds leading zeros; the displayed text is the value.",
    "disputed_panel_gene": "Two files list the panel and not each of them has the gene: the panel does not count as "
    "covering it.",
    "repeated_panel_gene": "The panel lists the gene more than once (in another row, under another name, or in another "
    "file); it counts once.",
    "half_gene_identifier": "The row has no symbol of a gene, or no number; it names nothing.",
    "ambiguous_gene_identifier": "The row's numbers stand for several genes, or a better list gives them to another "
    "gene; it names nothing.",
}

#: Rules under which a row was left out while it was read. The others are notes on rows that stay.
LOSING_RULES = frozenset(
    {"wrong_number_of_cells", "missing_key", "footer_or_blank", "repeated_header", "repeated_sample"}
)
