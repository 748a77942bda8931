"""A gene is neutral in a sample that was looked at and whose cells are understood: a study with a dirty copy-number
matrix, from its bytes to the groups of the biomarker. What each cell means is written beside it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator

import duckdb
import pytest
from marts_of_files import cohort, marts

from analytics.biomarkers.evaluate import evaluate
from warehouse.frames.biomarker_inputs import WarehouseInputs

SAMPLES = ("S1", "S2", "S3", "S4")
GENES = ("ALK", "BRAF", "CDKN2A", "EGFR", "KRAS", "MET", "PTEN", "STK11", "TP53")
#: (symbol, Entrez number), a cell for each sample
MATRIX = [
    ("ALK", "", "NA", "-2", "0", "0"),  # no level in S1
    ("braf", "", "-2", "0", "0", "0"),  # small letters: the gene is BRAF
    ("CDKN2A", "", "3", "", "-2", "0"),  # no level of the format in S1, an empty cell in S2
    ("EGFR", "", "-2", "0", "0", "0"),  # twice, and unlike in S1
    ("EGFR", "", "0", "0", "0", "0"),
    ("KRAS", "7157", "0", "2", "0", "0"),  # a symbol and another gene's number: KRAS or TP53 in S2
    ("MET", "", "deep", "2", "0", "0"),  # a word in S1
    ("PTEN/STK11", "", "0", "0", "-2", "0"),  # one of two genes in S3
    ("???", "", "0", "0", "0", "2"),  # a change of a gene that nobody can tell in S4
]
META = "cancer_study_identifier: syn_study\n"
CLINICAL = "#a\tb\n#a\tb\n#STRING\tSTRING\n#1\t1\n"


def tarball() -> bytes:
    case_list = META + "stable_id: syn_study_{0}\ncase_list_name: x\ncase_list_description: x\n" \
        "case_list_category: {1}\ncase_list_ids: " + "\t".join(SAMPLES) + "\n"  # fmt: skip
    table = META + "genetic_alteration_type: {}\ndatatype: {}\ndata_filename: {}\n"
    lines = ["\t".join(["Hugo_Symbol", "Entrez_Gene_Id", *SAMPLES]), *("\t".join(row) for row in MATRIX)]
    maf = "Hugo_Symbol\tChromosome\tStart_Position\tVariant_Classification\tTumor_Sample_Barcode\n"
    members = {
        "meta_study.txt": META
        + "name: SYNTHETIC\ntype_of_cancer: mixed\ndescription: x\nreference_genome: hg19\n",
        "meta_clinical_sample.txt": table.format("CLINICAL", "SAMPLE_ATTRIBUTES", "data_clinical_sample.txt"),
        "data_clinical_sample.txt": CLINICAL
        + "PATIENT_ID\tSAMPLE_ID\n"
        + "".join(f"P{s}\t{s}\n" for s in SAMPLES),
        "meta_mutations.txt": table.format("MUTATION_EXTENDED", "MAF", "data_mutations.txt"),
        "data_mutations.txt": maf + "".join(f"MET\t7\t116411990\tMissense_Mutation\t{s}\n" for s in SAMPLES),
        "meta_cna.txt": table.format("COPY_NUMBER_ALTERATION", "DISCRETE", "data_CNA.txt"),
        "data_CNA.txt": "\n".join(lines) + "\n",
        "data_gene_panel_mini.txt": "stable_id: MINI\ndescription: x\ngene_list: " + "\t".join(GENES) + "\n",
        "meta_gene_panel_matrix.txt": table.format(
            "GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX", "data_matrix.txt"
        ),
        "data_matrix.txt": "SAMPLE_ID\tmutations\tcna\n" + "".join(f"{s}\tMINI\tMINI\n" for s in SAMPLES),
        "case_lists/cases_sequenced.txt": case_list.format("sequenced", "all_cases_with_mutation_data"),
        "case_lists/cases_cna.txt": case_list.format("cna", "all_cases_with_cna_data"),
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in members.items():
            entry = tarfile.TarInfo(f"syn_study/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


Groups = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    study = cohort(
        "syn_study", {"id": "study", "kind": "cbioportal_study"}, assay={"name": "MINI", "kind": "panel"}
    )
    database = marts(
        tmp_path_factory.mktemp("neutral"), [study], {("syn_study", "study"): tarball()},
        "undetermined_copy_number", "copy_number", "samples", "profiling", "patients", "gene_names", "gene_panels",
        "cohort_receipts",
        checks=("conserved_copy_number_copy_number",),
    )  # fmt: skip
    with duckdb.connect(str(database), read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def groups(con: duckdb.DuckDBPyConnection) -> Groups:
    def of(text: str) -> dict[str, str]:
        rows = evaluate(text, WarehouseInputs(con, ["syn_study"])).rows
        found = rows["group"].where(rows["status"] == "known", rows["status"])
        return dict(zip(rows["sample_id"], found, strict=True))

    return of


NOT, DEEP, OPEN = "neutral", "changed", "undetermined"


@pytest.mark.parametrize(
    ("gene", "change", "expected"),
    [
        ("ALK", "deep_deletion", (OPEN, DEEP, NOT, OPEN)),
        ("BRAF", "deep_deletion", (DEEP, NOT, NOT, OPEN)),
        ("CDKN2A", "deep_deletion", (OPEN, OPEN, DEEP, OPEN)),
        ("EGFR", "deep_deletion", (OPEN, NOT, NOT, OPEN)),
        ("KRAS", "amplification", (NOT, OPEN, NOT, OPEN)),
        ("TP53", "amplification", (NOT, OPEN, NOT, OPEN)),
        ("MET", "amplification", (OPEN, DEEP, NOT, OPEN)),
        ("PTEN", "deep_deletion", (NOT, NOT, OPEN, OPEN)),
        ("STK11", "deep_deletion", (NOT, NOT, OPEN, OPEN)),
    ],
)
def test_a_cell_that_is_not_understood_leaves_its_gene_undetermined(
    gene: str, change: str, expected: tuple[str, ...], groups: Groups
) -> None:
    words = {f"{gene}_{change}".lower(): DEEP, f"not_{gene}_{change}".lower(): NOT, OPEN: OPEN}
    found = groups(f"{gene}:{change}")
    assert {sample: words[group] for sample, group in found.items()} == dict(
        zip(SAMPLES, expected, strict=True)
    )


def test_each_doubt_has_its_reason_and_its_row_of_the_file(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        "select sample_id, hugo_symbol, rule_id, source_row from marts.undetermined_copy_number order by all"
    ).fetchall()
    assert found == [
        ("S1", "ALK", "no_copy_number_level", 2),
        ("S1", "CDKN2A", "not_a_copy_number_level", 4),
        ("S1", "EGFR", "repeated_gene", 5),
        ("S1", "MET", "not_a_copy_number_level", 8),
        ("S2", "CDKN2A", "no_copy_number_level", 4),
        ("S2", "KRAS", "symbol_and_number_disagree", 7),
        ("S2", "TP53", "symbol_and_number_disagree", 7),
        ("S3", "PTEN", "several_genes", 9),
        ("S3", "STK11", "several_genes", 9),
        ("S4", None, "unreadable_symbol", 10),
    ]
    reasons = con.execute(
        "select count(*) from marts.undetermined_copy_number where status_reason is null"
    ).fetchone()
    assert reasons == (0,)
    line = con.execute(
        "select n from marts.cohort_receipts where item like '%copy number is in doubt%'"
    ).fetchall()
    assert line == [(8,)]


def test_the_receipt_says_on_which_genome_the_calls_are(con: duckdb.DuckDBPyConnection) -> None:
    lines = con.execute("select item, n from marts.cohort_receipts where section = 'genome build'").fetchall()
    assert lines == [("calls stated on GRCh37", 4)]
