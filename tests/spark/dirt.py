"""Dirt on which two engines of SQL may differ, planted into the raw tables of the generated cohorts. What each row
means is written beside it by hand."""

from __future__ import annotations

import duckdb

#: Rows of ours have numbers from here on; the generated files have fewer lines.
FIRST_ROW = 1_000_001
COHORT, SAMPLE, CALLS = "demo_luad_2015", "SD1000", "planted_calls"
CONTROL, CLINIC = "demo_control_2018", "planted_clinic"

#: Text of a whole number -> the number that it is, or none.
WHOLE_NUMBERS = {
    "1.00271849E8": 100_271_849, "3845": 3845, "+3845": 3845, "3845.0": 3845, "1e3": 1000, "0012": 12,
    "2.7": None, "16D": None, "16L": None, "1_000": None, "nan": None, "inf": None, "12\n": None, "0x10": None,
    "٣": None, "1e99": None, "99999999999999999999": None, "": None, "-0": 0, "-12": -12, "--1": None, "12 ": None,
    "12\u00a0": None, "\u221212": None, "1e-3": None, "1.": 1, "9007199254740993.0": None, "1e3d": None, "2-Sep": None,
}  # fmt: skip
#: Text of a number -> the number that it is, or none.
NUMBERS = {
    "0.25": 0.25, "2.5e-1": 0.25, ".5": 0.5, "1.": 1.0, "0,25": 0.25,
    "16D": None, "0.5f": None, "1_0": None, "nan": None, "NaN": None, "inf": None, "Infinity": None, "0x1p-1": None,
    "1e400": None, "0.5\n": None, " 0.5": None, "": None, "-0": 0.0, "-.5": -0.5, "+1e+1": 10.0, "1e-400": 0.0,
    "0.5\r": None, "0.5\u2028": None, "1e": None, ".": None, "\u0660.5": None, "1/2": None, "2015-01-02": None,
}  # fmt: skip
#: Text of a position -> the position.
POSITIONS = {
    "29,415,640": 29_415_640,
    "25'398'284": 25_398_284,
    "25398284": 25_398_284,
    "2.7": None,
    "-5": None,
    "0": None,
}
#: Numbers of a file whose decimals stand behind a comma.
COMMA_NUMBERS = {"12,5": 12.5, "1.234": None, "1.234,5": None, "7": 7.0}
#: No-break, wide and plain blanks around a symbol; a class in quotes.
SYMBOL, CLASS = "\u00a0KRAS\u3000 ", '"Missense_Mutation"'
#: Rows of one gene, place and class that differ in which allele is not given.
NULL_REFERENCE, NULL_ALTERNATIVE = FIRST_ROW + 500, FIRST_ROW + 501
#: One row of a file that names two samples of a patient, in the order in which it is written.
TWO_SAMPLES = (("DEMO-ZZ-0001-06", "Metastatic"), ("DEMO-ZZ-0001-01", "Primary"))
PATIENT = "DEMO-ZZ-0001"
#: Two rows of one gene with the same values in another order: sums of 0.6 and of the next double above it, so that the
#: first by name is the second by that digit.
TIED = {"PLANTEDTIE|1": ("0.3", "0.2", "0.1"), "PLANTEDTIE|2": ("0.1", "0.2", "0.3")}
TIED_COHORT, TIED_SAMPLES = "demo_melanoma_b", ("Pat001", "Pat002", "Pat003")
#: A patient's number with a line break behind it, which the cohort's pattern of numbers, ^(LD-\d{4})$, does not read.
BROKEN_NUMBER = "LD-0001\n"
#: Ages of one patient in three rows: the first counts, and the others say one other thing.
AGED, AGES_OF_ONE = "DEMO-ZZ-0999", ("61", "-0", "0")
#: An age as it is written -> what it is worth.
AGES = {"61": 61.0, "6_1": None, "61D": None, "61\n": None, "inf": None, "nan": None, "6e1": 60.0}


def plant(con: duckdb.DuckDBPyConnection) -> None:
    """Write all of it into the raw tables of an open build file."""
    row = FIRST_ROW
    for text in WHOLE_NUMBERS:
        _call(con, row, entrez_gene_id=text, t_ref_count=text)
        row += 1
    for text in NUMBERS:
        _call(con, row, variant_allele_fraction=text)
        row += 1
    for text in POSITIONS:
        _call(con, row, start_position=text)
        row += 1
    _call(con, row, hugo_symbol=SYMBOL, variant_classification=CLASS)
    _call(con, NULL_REFERENCE, reference_allele=None, tumor_seq_allele2="A", start_position="25398999")
    _call(con, NULL_ALTERNATIVE, reference_allele="A", tumor_seq_allele2=None, start_position="25398999")
    for i, text in enumerate(COMMA_NUMBERS):
        con.execute(
            "insert into raw.expression (cohort_id, source_file_id, source_row, sample_id, sample_raw, gene, value, "
            "unit, pipeline, decimal) values ('demo_pairs_2016', 'planted_expression', ?, '1A', '1A', ?, ?, "
            "'TPM', 'none', ',')",
            [FIRST_ROW + i, f"PLANTED{i}", text],
        )
    for sample, word in TWO_SAMPLES:
        _cell(con, FIRST_ROW, PATIENT, sample, "sample_type", " ".join(s for s, _ in TWO_SAMPLES), word)
    for gene, values in TIED.items():
        for i, (sample, text) in enumerate(zip(TIED_SAMPLES, values, strict=True)):
            con.execute(
                "insert into raw.expression (cohort_id, source_file_id, source_row, sample_id, sample_raw, gene, "
                "value, unit, pipeline, decimal) values (?, 'planted_ties', ?, ?, ?, ?, ?, 'TPM', 'none', '.')",
                [TIED_COHORT, FIRST_ROW + 100 + i, sample, sample, gene, text],
            )
    con.execute(
        "insert into raw.clinical_values (cohort_id, file_id, source_file_id, source_row, level, patient_id, "
        "column_name, value_raw, value) values (?, 'clinical', ?, ?, 'patient', ?, 'anything', 'x', 'x')",
        [COHORT, CLINIC, FIRST_ROW, BROKEN_NUMBER],
    )
    for i, text in enumerate(AGES_OF_ONE):
        _cell(con, FIRST_ROW + 200 + i, AGED, None, "age_at_initial_pathologic_diagnosis", text, text)
    for i, text in enumerate(AGES):
        _cell(
            con,
            FIRST_ROW + 1 + i,
            f"DEMO-ZZ-{i + 2:04}",
            None,
            "age_at_initial_pathologic_diagnosis",
            text,
            text,
        )


def _call(con: duckdb.DuckDBPyConnection, row: int, **cells: str | None) -> None:
    values: dict[str, str | int | None] = {
        "cohort_id": COHORT, "file_id": "study", "source_file_id": CALLS, "source_row": row, "sample_id": SAMPLE,
        "hugo_symbol": "KRAS", "entrez_gene_id": "3845", "ncbi_build": "37", "chromosome": "12",
        "start_position": str(25_390_000 + row % 1000), "variant_classification": "Missense_Mutation",
        "reference_allele": "C", "tumor_seq_allele2": "T", "center": "SYNTHETIC",
    }  # fmt: skip
    values |= cells
    con.execute(
        f"insert into raw.mutations ({', '.join(values)}) values ({', '.join('?' * len(values))})",
        list(values.values()),
    )


def _cell(
    con: duckdb.DuckDBPyConnection,
    row: int,
    patient: str,
    sample: str | None,
    column: str,
    raw: str,
    value: str,
) -> None:
    con.execute(
        "insert into raw.clinical_values (cohort_id, file_id, source_file_id, source_row, level, patient_id, "
        "sample_id, column_name, value_raw, value) values (?, 'clinical', ?, ?, ?, ?, ?, ?, ?, ?)",
        [CONTROL, CLINIC, row, "sample" if sample else "patient", patient, sample, column, raw, value],
    )
