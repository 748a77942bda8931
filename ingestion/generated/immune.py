"""Expression, immune features and gene lists of the demo, with planted differences by IGF1R status.

demo_melanoma_c gets an expression matrix (SYMBOL|ENTREZ, decimal commas), demo_control_2018 immune features under
aliquot barcodes. Who carries which mutation belongs to ``people``; these files only read it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingestion.generated import control, melanoma_b
from ingestion.generated.built import Built
from ingestion.generated.effects import (
    EXPRESSION_SHIFT_GENES,
    EXPRESSION_SHIFT_LOG2,
    EXPRESSION_SHIFT_SET,
    EXPRESSION_SHIFT_SET_LOG2,
    LEUKOCYTE_SHIFT,
    PREDICTIVE_GENE,
)
from ingestion.generated.formats import NOTICE, SYNTHETIC, comma, gzipped, number, tsv
from ingestion.generated.genes import all_genes
from ingestion.generated.people import Person

EXPRESSION = "demo_melanoma_c_expression_SYNTHETIC.txt.gz"
LEUKOCYTES = "demo_control_2018_leukocytes_SYNTHETIC.tsv"
FEATURES = "demo_control_2018_features_SYNTHETIC.tsv"
GENE_SETS = "demo_hallmark_SYNTHETIC.gmt"
SIGNATURES = "demo_signatures_SYNTHETIC.gmt"
IDENTIFIERS = "demo_gene_identifiers_SYNTHETIC.tsv"

#: no difference was planted in these
_NULL_SET = (
    "ABL1", "AKT1", "AXIN1", "BCL2", "CBL", "CDH1", "CDK4", "CREBBP", "DICER1", "EGFR", "ERBB2", "EZH2", "FGFR1",
    "FLT3", "GATA3", "GNAS", "HRAS", "IDH1", "JUN", "KIT", "MAX", "NOTCH1",
)  # fmt: skip
_N_TWICE = 12


def build(melanoma: list[Person], untreated: list[Person], rng: np.random.Generator) -> Built:
    """Files only; ``melanoma`` are group melanoma_c, ``untreated`` group control."""
    built = Built()
    built.files[EXPRESSION] = gzipped(_expression(melanoma, rng).encode())
    built.files[LEUKOCYTES] = _leukocytes(untreated, rng).encode()
    built.files[FEATURES] = _features(untreated, rng).encode()
    built.files[GENE_SETS] = _gene_sets().encode()
    built.files[SIGNATURES] = _signatures().encode()
    built.files[IDENTIFIERS] = _identifiers().encode()
    built.plant(EXPRESSION, "repeated_sample", 1, "a second column of Pt3; the first counts")
    built.plant(EXPRESSION, "unknown_sample", 1, "a column Pt999, whom no clinical table knows")
    built.plant(GENE_SETS, "gene_became_date", 1, "SEPT6 as a spreadsheet writes it")
    return built


def _expression(people: list[Person], rng: np.random.Generator) -> str:
    """FPKM of every gene of the demo exome; a latent inflammation moves the immune genes together."""
    is_carrier = np.array([person.carries(PREDICTIVE_GENE) for person in people])
    inflamed = rng.standard_normal(len(people))
    immune = melanoma_b.IMMUNE_GENES
    rows = []
    for gene in all_genes().values():
        log2 = rng.normal(3.0, 1.2) + rng.normal(0, 0.7, len(people))
        if gene.symbol in immune:
            log2 += 0.5 * inflamed
        if gene.symbol in EXPRESSION_SHIFT_GENES:
            log2 += EXPRESSION_SHIFT_LOG2 * is_carrier
        elif gene.symbol in EXPRESSION_SHIFT_SET:
            log2 += EXPRESSION_SHIFT_SET_LOG2 * is_carrier
        values = [comma(value, 4) for value in np.exp2(log2)]
        rows.append((f"{gene.symbol}|{gene.entrez}", *values, values[2], values[0]))
    rows.append(("?|100130426", *("0" for _ in range(len(people) + 2))))
    names = [f"Pt{i + 1}.baseline" for i in range(len(people))]
    return f"# {NOTICE}\n" + tsv(("Gene", *names, "Pt3B.baseline", "Pt999.baseline"), rows)


def _leukocytes(people: list[Person], rng: np.random.Generator) -> str:
    """No header, a code, an aliquot and a fraction; some samples twice, the later portion far off."""
    rows = []
    for i, (name, person) in enumerate(zip(control.patient_names(people), people, strict=True)):
        shift = LEUKOCYTE_SHIFT if person.carries(PREDICTIVE_GENE) else 0.0
        value = float(np.clip(rng.normal(0.25 + shift, 0.09), 0.005, 0.98))
        code = control.sample_code(person)
        rows.append(_leukocyte_row(name, f"{code}A-11D-A000-05", value))
        if i < _N_TWICE:
            rows.append(_leukocyte_row(name, f"{code}A-12D-A000-05", 0.999))
    text = "\n".join("\t".join(row) for row in rows)
    return f"{text}\n"


def _leukocyte_row(name: str, aliquot: str, value: float) -> tuple[str, str, str, str]:
    return (name[5:7], f"{name}-{aliquot}", number(value, 6), SYNTHETIC)


def _features(people: list[Person], rng: np.random.Generator) -> str:
    """Features without a planted difference, under the patient's twelve characters; some missing."""
    header = (
        "ParticipantBarcode",
        "til_percentage",
        "TCR_Richness",
        "TCR_Shannon",
        "numberOfImmunogenicMutation",
        SYNTHETIC,
    )
    rows = []
    for i, (name, person) in enumerate(zip(control.patient_names(people), people, strict=True)):
        values: npt.NDArray[np.float64] = np.exp(rng.normal((1.2, 3.0, 0.6), (0.7, 0.9, 0.3)))
        neoantigens = str(round(len(person.nonsynonymous) * 0.4)) if person.is_profiled else "NA"
        til = "NA" if i % 7 == 3 else number(values[0], 3)
        rows.append((name, til, str(round(values[1])), number(values[2], 4), neoantigens, "yes"))
    return tsv(header, rows)


def _gene_sets() -> str:
    rows = (
        ("HALLMARK_DNA_REPAIR", f"{SYNTHETIC}, a difference is planted", *EXPRESSION_SHIFT_SET),
        ("HALLMARK_OXIDATIVE_PHOSPHORYLATION", f"{SYNTHETIC}, nothing is planted", *_NULL_SET, "6-Sep"),
    )
    return "\n".join("\t".join(row) for row in rows) + "\n"


def _signatures() -> str:
    """Three signatures; the last is all but absent from the demo exome and must not be scored."""
    rows = (
        ("Inflammation", SYNTHETIC, *sorted(melanoma_b.IMMUNE_GENES)),
        (
            "Antigen_presentation",
            SYNTHETIC,
            "B2M",
            "HLA-A",
            "HLA-B",
            "HLA-C",
            "TAP1",
            "TAP2",
            "TAPBP",
            "PSMB8",
            "PSMB9",
        ),
        ("Neutrophils", SYNTHETIC, "CXCR2", "CSF3R", "FCGR3B", "S100A8", "PTEN"),
    )
    return "\n".join("\t".join(row) for row in rows) + "\n"


def _identifiers() -> str:
    """Symbol, Entrez and Ensembl number under the nomenclature committee's column names."""
    numbers = {symbol: name.partition(".")[0] for name, symbol in melanoma_b.ENSEMBL_NUMBERS.items()}
    rows = [(g.symbol, str(g.entrez), numbers.get(g.symbol, ""), "yes") for g in all_genes().values()]
    return tsv(("symbol", "entrez_id", "ensembl_gene_id", SYNTHETIC), rows)
