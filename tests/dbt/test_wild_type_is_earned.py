"""Dirty mutation tables are drawn, and no sample is wild-type for a gene for which one of its rows was not understood.

What each row means is known from how it was drawn, so nothing expected comes from the models. ``SEED`` and
``N_SAMPLES`` say what is drawn in the suite (600 samples, about 1,500 dirty rows); ``ICB_DIRTY_SAMPLES`` draws more.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.catalog.cohorts import Catalog, Cohort
from ingestion.catalog.tables import catalog_tables
from ingestion.raw_tables import DATA_TABLES, SourceBytes, parse_cohort_file
from warehouse.build.parsed_project import dbt_command, parsed_project
from warehouse.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
SEED = 20261129
N_SAMPLES = int(os.environ.get("ICB_DIRTY_SAMPLES") or 600)
#: Gene -> Entrez number, chromosome, a position on GRCh37.
GENES = {
    "ALK": (238, "2", 29_415_640), "KRAS": (3845, "12", 25_398_284), "TP53": (7157, "17", 7_577_120),
    "STK11": (6794, "19", 1_220_321), "BRAF": (673, "7", 140_453_136), "PBRM1": (55193, "3", 52_620_000),
    "KEAP1": (9817, "19", 10_600_000), "SEPTIN9": (10801, "17", 75_398_000), "MARCHF4": (57574, "2", 217_150_000),
    "C9orf72": (203228, "9", 27_560_000), "NKX2-1": (7080, "14", 36_986_000), "B2M": (567, "15", 45_003_000),
}  # fmt: skip
COLUMNS = (
    "Hugo_Symbol", "Entrez_Gene_Id", "NCBI_Build", "Chromosome", "Start_Position", "Variant_Classification",
    "Reference_Allele", "Tumor_Seq_Allele2", "Tumor_Sample_Barcode", "Mutation_Status", "FILTER",
)  # fmt: skip
COHORT = {
    "cohort_id": "dirty", "title": "SYNTHETIC", "citation": "none", "licence": "none", "is_icb": True,
    "precedence": 1, "assay": {"name": "exome", "kind": "exome"},
    "files": [
        {"id": "people", "address": "https://synthetic.invalid/people.tsv", "kind": "clinical",
         "level": "sample", "patient_id": "patient", "sample_id": "patient", "lists_profiled": True},
        {"id": "calls", "address": "https://synthetic.invalid/calls.maf", "kind": "mutations",
         "sample_id": "Tumor_Sample_Barcode", "patient_id": "Tumor_Sample_Barcode"},
    ],
}  # fmt: skip
MUTATED, UNDETERMINED, NOTHING = "mutated", "undetermined", "wild_type"


@dataclass(frozen=True)
class Drawn:
    """One row of the table, and what it says of which genes."""

    cells: dict[str, str]
    says: dict[str, str]


def clean(gene: str, sample: str, draw: random.Random) -> dict[str, str]:
    """A row that everybody understands, at a place of its own."""
    number, chromosome, position = GENES[gene]
    return {
        "Hugo_Symbol": gene,
        "Entrez_Gene_Id": str(number),
        "NCBI_Build": "GRCh37",
        "Chromosome": chromosome,
        "Start_Position": str(position + draw.randrange(20_000)),
        "Variant_Classification": "Missense_Mutation",
        "Reference_Allele": "C",
        "Tumor_Seq_Allele2": draw.choice("AGT"),
        "Tumor_Sample_Barcode": sample,
        "Mutation_Status": "Somatic",
        "FILTER": "PASS",
    }


def other(gene: str, draw: random.Random) -> str:
    return draw.choice([name for name in GENES if name != gene])


def elsewhere(gene: str, draw: random.Random) -> str:
    return draw.choice([c for _, c, _ in GENES.values() if c != GENES[gene][1]])


Fault = Callable[[str, str, random.Random], Drawn]


def fault(verdict: str, **cells: Callable[[str, random.Random], str]) -> Fault:
    """Cells that replace those of a clean row; ``verdict`` is what such a row says of its gene."""

    def make(gene: str, sample: str, draw: random.Random) -> Drawn:
        row = clean(gene, sample, draw) | {name: change(gene, draw) for name, change in cells.items()}
        return Drawn(row, {gene: verdict})

    return make


def two_genes(joined: str) -> Fault:
    """A name of two genes, without the number that would choose one."""

    def make(gene: str, sample: str, draw: random.Random) -> Drawn:
        second = other(gene, draw)
        row = clean(gene, sample, draw) | {"Hugo_Symbol": gene + joined + second, "Entrez_Gene_Id": ""}
        return Drawn(row, {gene: UNDETERMINED, second: UNDETERMINED})

    return make


def number_of_another(gene: str, sample: str, draw: random.Random) -> Drawn:
    second = other(gene, draw)
    row = clean(gene, sample, draw) | {"Entrez_Gene_Id": str(GENES[second][0])}
    return Drawn(row, {gene: UNDETERMINED, second: UNDETERMINED})


def _word(*words: str) -> Callable[[str, random.Random], str]:
    return lambda _gene, draw: draw.choice(words)


#: What stands in the column of a row that names no gene.
NO_NAME = ("", ".", "Unknown", "#N/A")
FAULTS: dict[str, Fault] = {
    "clean": fault(MUTATED),
    # spelled by somebody else
    "splice site of ANNOVAR": fault(MUTATED, Hugo_Symbol=lambda g, _: f"{g}(uc3:exon4:c.732-1G>A,uc1:exon2:c.1G>A)"),
    "lower case": fault(MUTATED, Hugo_Symbol=lambda g, _: g.lower()),
    "twice": fault(MUTATED, Hugo_Symbol=lambda g, _: f"{g};{g}"),
    "with its number": fault(MUTATED, Hugo_Symbol=lambda g, _: f"{g}|{GENES[g][0]}", Entrez_Gene_Id=_word("", "0")),
    "number alone": fault(MUTATED, Hugo_Symbol=_word("", ".", "Unknown", "#REF!")),
    "number as a name": fault(MUTATED, Hugo_Symbol=lambda g, _: str(GENES[g][0]), Entrez_Gene_Id=_word("", "0")),
    "number as a float": fault(MUTATED, Entrez_Gene_Id=lambda g, _: f"{GENES[g][0]}.0"),
    "chr": fault(MUTATED, Chromosome=lambda g, _: f"chr{GENES[g][1]}"),
    "unplaced": fault(MUTATED, Chromosome=_word("GL000192.1", "")),
    "position": fault(MUTATED, Start_Position=_word("", "0", "-1", "unclear", "1e3x")),
    "classes of VEP": fault(MUTATED, Variant_Classification=_word(
        "splice_region_variant&missense_variant", "synonymous_variant,stop_gained", "Frameshift Variant;intron_variant"
    )),
    "no status": fault(MUTATED, Mutation_Status=_word("", "UNKNOWN", "somatic")),
    # understood, and no mutation
    "silent": fault(NOTHING, Variant_Classification=_word("Silent", "synonymous SNV", "intron_variant", "3'UTR")),
    "no mutation": fault(NOTHING, Mutation_Status=_word("Germline", "LOH", "None", "Wildtype", "REDACTED")),
    # not understood
    "class": fault(UNDETERMINED, Variant_Classification=_word("", "splicey", "exonic", "unknown", "silent;new_term")),
    "status": fault(UNDETERMINED, Mutation_Status=_word("Uncalled", "perhaps")),
    "filter": fault(UNDETERMINED, FILTER=_word("oxog", "weak;strand")),
    "chromosome": fault(UNDETERMINED, Chromosome=elsewhere, Entrez_Gene_Id=_word("", "0")),
    "far away": fault(UNDETERMINED, Start_Position=lambda g, _: str(GENES[g][2] + 60_000_000)),
    "unreadable": fault(
        UNDETERMINED, Hugo_Symbol=_word("#REF!", "2006-09-04", "4.2E+09", "??"), Entrez_Gene_Id=_word("")
    ),
    "no name": fault(UNDETERMINED, Hugo_Symbol=_word(*NO_NAME), Entrez_Gene_Id=_word("", "0")),
    "wrapped": fault(UNDETERMINED, Hugo_Symbol=lambda g, d: d.choice([
        f"'{g}'", f"{g}*", f"NM_004304.5:{g}", f"{g}[NM_1]", f"{g}_HUMAN", f"{g}:ENST00000389048", f"{g}.1",
    ]), Entrez_Gene_Id=_word(""), Chromosome=_word(""), Start_Position=_word("")),
    "no change": fault(UNDETERMINED, Tumor_Seq_Allele2=_word("C")),
    "a;b": two_genes(";"), "a,b": two_genes(","), "a/b": two_genes("/"), "a&b": two_genes("&"), "a::b": two_genes("::"),
    "number of another gene": number_of_another,
}  # fmt: skip


def drawn_rows(draw: random.Random) -> dict[str, list[Drawn]]:
    """Sample -> its rows: each has a clean call of some gene, so that it can be judged, and one to four others."""
    samples: dict[str, list[Drawn]] = {}
    for i in range(N_SAMPLES):
        sample = f"S{i:05d}"
        rows = [FAULTS["clean"](draw.choice(list(GENES)), sample, draw)]
        for name in draw.choices(list(FAULTS), k=draw.randint(1, 4)):
            rows.append(FAULTS[name](draw.choice(list(GENES)), sample, draw))
        samples[sample] = rows
    return samples


def expected_status(rows: list[Drawn], gene: str) -> str:
    said = {row.says.get(gene, NOTHING) for row in rows}
    return MUTATED if MUTATED in said else UNDETERMINED if UNDETERMINED in said else NOTHING


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[Drawn]]]:
    """The build file after dbt, and what was drawn."""
    folder = tmp_path_factory.mktemp("dirty")
    draw = random.Random(SEED)
    samples = drawn_rows(draw)
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(row.cells[c] for c in COLUMNS) for rows in samples.values() for row in rows]
    (folder / "calls.maf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    people = "patient\tpanel\n" + "".join(f"{s}\tWES\n" for s in samples)
    (folder / "people.tsv").write_text(people, encoding="utf-8")
    cohort = Cohort.model_validate(COHORT)
    catalog = Catalog(attributes={}, cohorts=(cohort,))
    build_file = folder / "icb.duckdb"  # dbt reads the project once for all files of that name
    with duckdb.connect(str(build_file)) as con:
        con.execute("create schema raw")
        parsed = [
            parse_cohort_file(cohort, file, [SourceBytes(file.address, "0" * 64, folder / path)], catalog)
            for file, path in zip(cohort.files, ("people.tsv", "calls.maf"), strict=True)
        ]
        for name in DATA_TABLES:
            con.register("rows", pa.concat_tables([tables[name] for tables in parsed]))
            con.execute(f"create table raw.{name} as select * from rows")
        for name, rows in catalog_tables(catalog).items():
            con.register("rows", rows)
            con.execute(f"create table raw.{name} as select * from rows")
        # no panel lists the others: what is known of their numbers is the nomenclature's
        for gene, (number, _, _) in list(GENES.items())[::2]:
            con.execute(
                "insert into raw.gene_panels (panel_id, hugo_symbol, entrez_gene_id) values ('P', ?, ?)",
                [gene.upper(), str(number)],
            )
    target = str(folder / "target")
    environment = os.environ | {"ICB_BUILD_FILE": str(build_file), "DO_NOT_TRACK": "1"}
    dbt = dbt_command(
        parsed_project(PROJECT / "dbt_project", Settings.from_environment().dbt_parsed, environment)
    )
    done = subprocess.run(
        [*dbt, "--quiet", "build", "--profiles-dir", ".",
         "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test",
         "--select", "+profiling", "+gene_panels", "+gene_names", "+gene_calls",
         "--target-path", target, "--log-path", target],
        cwd=PROJECT / "dbt_project",
        env=environment,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    return build_file, samples


def statuses(build_file: Path, gene: str) -> dict[str, tuple[str, str | None]]:
    with duckdb.connect(str(build_file), read_only=True) as con:
        rows = con.execute(
            "select sample_id, status, status_reason from marts.gene_status($gene)", {"gene": gene}
        ).fetchall()
    return {str(sample): (str(status), reason) for sample, status, reason in rows}


def test_no_sample_is_wild_type_for_a_gene_of_a_row_that_was_not_understood(
    built: tuple[Path, dict[str, list[Drawn]]],
) -> None:
    build_file, samples = built
    for gene in GENES:
        found = statuses(build_file, gene)
        wrong = [
            (sample, [row.cells for row in rows if gene in row.says])
            for sample, rows in samples.items()
            if found[sample][0] == NOTHING and expected_status(rows, gene) != NOTHING
        ]
        assert not wrong, f"{gene}: {len(wrong)} false negatives, e.g. {wrong[0]}"


def test_what_is_understood_is_mutated_or_wild_type_and_a_doubt_says_why(
    built: tuple[Path, dict[str, list[Drawn]]],
) -> None:
    """No doubt beyond what was drawn: no two of the genes lie at one place, so no row puts a neighbour in doubt."""
    build_file, samples = built
    for gene in GENES:
        found = statuses(build_file, gene)
        wrong = {
            sample: (found[sample], expected_status(rows, gene))
            for sample, rows in samples.items()
            if found[sample][0] != expected_status(rows, gene)
        }
        assert not wrong, f"{gene}: {len(wrong)} differ, e.g. {next(iter(wrong.items()))}"
        assert all(reason for status, reason in found.values() if status == UNDETERMINED), gene


def test_every_row_is_in_the_mart_and_every_doubt_has_a_line(
    built: tuple[Path, dict[str, list[Drawn]]],
) -> None:
    build_file, samples = built
    n_rows = sum(len(rows) for rows in samples.values())
    # a change in a gene that nobody names is understood, and counts in the burden
    n_doubtful = sum(
        UNDETERMINED in row.says.values() and row.cells["Hugo_Symbol"] not in NO_NAME
        for rows in samples.values()
        for row in rows
    )
    with duckdb.connect(str(build_file), read_only=True) as con:
        kept = con.execute(
            "select count(*), count(*) filter (where not is_understood) from marts.mutations"
        ).fetchone()
    assert kept == (n_rows, n_doubtful)
