"""The cohorts that the catalogue awaits, tried on generated studies of their shape, so that the first real fetch works.

The shapes are those of ``tests/fixtures/awaited_studies``: what they were made from, and that no real copy was seen,
stands there.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from ingestion.catalog.cohorts import Catalog, Cohort
from ingestion.catalog.loading import load_catalog
from ingestion.generated import generate
from ingestion.generated.generate import HOST
from ingestion.raw_tables import SourceBytes, parse_cohort_file

ROOT = Path(__file__).resolve().parents[3]
SHAPES = ROOT / "tests" / "fixtures" / "awaited_studies"
#: Tables of a supplement, not a study: tried on rows of their own below.
TABLES = {"snyder_2017", "kim_2018"}
#: Attributes without which a cohort answers no question of outcome.
OUTCOMES = {"OS_TIME", "PFS_TIME", "BEST_RESPONSE"}


@cache
def catalog() -> Catalog:
    return load_catalog(ROOT / "catalog", ROOT / "catalog" / "attributes.yaml")


AWAITED = [cohort.cohort_id for cohort in catalog().cohorts if cohort.is_awaited]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("awaited")
    generate(folder, cohorts=SHAPES)
    return folder / HOST


def shape_of(cohort_id: str) -> str:
    return "iatlas" if "_iatlas_" in cohort_id else cohort_id


def parsed(mirror: Path, cohort: Cohort) -> dict[str, pd.DataFrame]:
    (file,) = cohort.files
    path = mirror / f"{shape_of(cohort.cohort_id)}.tar.gz"
    tables = parse_cohort_file(cohort, file, [SourceBytes(file.address, "0" * 64, path)], catalog())
    return {name: table.to_pandas() for name, table in tables.items()}


def test_every_awaited_cohort_says_what_is_known_of_it_and_none_invents_a_licence() -> None:
    assert len(AWAITED) >= 19
    for cohort in map(catalog().cohort, AWAITED):
        assert cohort.pmid and cohort.known_missing, cohort.cohort_id
        assert re.search(r"ODbL|CC BY|not stated", cohort.licence), cohort.cohort_id
        assert all(rule.evidence for rule in cohort.endpoints.values()), cohort.cohort_id


def test_the_page_of_cohorts_names_every_awaited_cohort_and_what_it_overlaps_with() -> None:
    page = (ROOT / "docs" / "cohorts.md").read_text(encoding="utf-8")
    section = page.split("## Awaited cohorts")[1].split("\n## ")[0]
    rows = {line.split("|")[1].strip(" `"): line for line in section.splitlines() if line.startswith("| `")}
    assert sorted(rows) == sorted(AWAITED)
    for name, row in rows.items():
        unlinkable = catalog().cohort(name).unlinkable
        assert ("in no pool with" in row) == (unlinkable is not None), name


@pytest.mark.parametrize("cohort_id", sorted(set(AWAITED) - TABLES))
def test_an_awaited_study_is_read_with_its_people_outcomes_calls_and_panels(
    mirror: Path, cohort_id: str
) -> None:
    cohort = catalog().cohort(cohort_id)
    found = parsed(mirror, cohort)
    people = found["clinical_values"]["patient_id"].dropna().unique()
    assert len(people) == 24
    automatic = catalog().automatic_columns()
    declared = {name.upper(): m.attribute for name, m in cohort.files[0].columns.items()}
    columns = found["clinical_values"].dropna(subset="value")["column_name"].unique()
    attributes = {declared.get(c) or (automatic[c].attribute if c in automatic else None) for c in columns}
    assert attributes & OUTCOMES >= {"BEST_RESPONSE"} or cohort_id == "msk_chord_2024"
    assert attributes & {"OS_TIME", "PFS_TIME"}
    samples = set(found["clinical_values"]["sample_id"].dropna())
    sequenced = set(found["profiled_samples"]["sample_id"])
    assert sequenced and sequenced <= samples
    assert set(found["mutations"]["sample_id"]) <= samples
    # 'absent_column' would say that a column of the cohort file is spelled otherwise than here
    assert set(found["rejected_rows"]["rule_id"]) == set()


def test_calls_of_a_study_on_grch38_say_so_in_every_row_though_the_table_does_not(mirror: Path) -> None:
    for cohort_id in (c for c in AWAITED if "_iatlas_" in c):
        assert set(parsed(mirror, catalog().cohort(cohort_id))["mutations"]["ncbi_build"]) == {"hg38"}
    assert set(parsed(mirror, catalog().cohort("mel_dfci_2019"))["mutations"]["ncbi_build"]) == {"GRCh37"}


def test_timelines_and_structural_variants_of_an_awaited_study_are_read(mirror: Path) -> None:
    found = parsed(mirror, catalog().cohort("msk_chord_2024"))
    events = found["timeline_events"]
    assert events.groupby("event_type").size().to_dict() == {"LAB_TEST": 24, "Treatment": 12}
    treated = events[events["event_type"] == "Treatment"]
    assert set(treated["agent"]) == {"PEMBROLIZUMAB"} and set(treated["start_day"]) == {"-12"}
    assert set(treated["details"]) == {"SUBTYPE=Immuno"}
    assert set(events["test"].dropna()) == {"CEA"} and set(events["result"].dropna()) == {"2.4"}
    variants = found["structural_variants"]
    assert len(variants) == 3
    assert set(zip(variants["site1_hugo_symbol"], variants["site2_hugo_symbol"], strict=True)) == {
        ("EML4", "ALK")
    }
    looked_at = found["structural_variant_samples"]
    assert looked_at.groupby("stated_by").size().to_dict() == {"matrix": 24, "sv_list": 24}
    of_matrix = looked_at[looked_at["stated_by"] == "matrix"]
    assert set(of_matrix["panel_id"]) == {"DEMO_IMPACT341", "DEMO_IMPACT468"}
    gbm = parsed(mirror, catalog().cohort("gbm_columbia_2019"))
    assert len(gbm["timeline_events"]) == 72 and gbm["profiled_samples"]["sample_id"].nunique() == 16


def test_a_column_that_an_awaited_study_lacks_is_noted_and_the_rest_is_read(mirror: Path) -> None:
    cohort = catalog().cohort("nsclc_mskcc_2018")
    (file,) = cohort.files
    asked = file.model_copy(update={"columns": {**file.columns, "NEVER_SEEN": file.columns["PDL1_EXP"]}})
    rejected = parsed(mirror, cohort.model_copy(update={"files": (asked,)}))["rejected_rows"]
    assert rejected[["rule_id", "value"]].to_numpy().tolist() == [["absent_column", "NEVER_SEEN"]]
    there = asked.model_copy(update={"awaited": None})
    with pytest.raises(Exception, match="no column 'NEVER_SEEN'"):
        parsed(mirror, cohort.model_copy(update={"files": (there,)}))


@pytest.mark.parametrize(
    ("cohort_id", "patient", "key"),
    [
        ("mixed_allen_2018", "luad_mskcc_2015_1", "rizvi_2015:SA9755"),
        ("mixed_allen_2018", "Pat04", "van_allen_2015:4"),
        ("mixed_allen_2018", "CR04885", "snyder_2014:4885"),
        ("mixed_allen_2018", "BLCA-008", "miao_2018:BLCA-008"),
        ("nsclc_mskcc_2015", "AU5884", "rizvi_2015:AU5884"),
        ("mel_dfci_2019", "Patient39", "liu_2019:Patient39"),
        ("ccrcc_dfci_2019", "RCC_56", "checkmate_009:RCC_56"),
        ("ccrcc_dfci_2019", "RCC_390392", None),  # six digits: of the validation set
        ("msk_chord_2024", "P-0000004", "msk:P-0000004"),
    ],
)
def test_a_person_of_an_awaited_study_is_known_in_the_cohort_that_has_her_already(
    cohort_id: str, patient: str, key: str | None
) -> None:
    """As dbt's int_person_keys: the first rule in order of name that finds its part; a cohort's own patients are
    ``<cohort>:<patient>`` where no rule applies."""
    rules = sorted(catalog().cohort(cohort_id).person_rules, key=lambda rule: rule.rule_id)
    found = [(rule, m.group(1)) for rule in rules if (m := re.search(str(rule.pattern), patient))]
    said = (
        f"{found[0][0].namespace}:{found[0][0].corrections.get(found[0][1], found[0][1])}" if found else None
    )
    assert said == key
    if key is not None:  # the namespace is one that another cohort's patients have
        namespace = key.partition(":")[0]
        others = [c for c in catalog().cohorts if c.cohort_id != cohort_id]
        assert any(
            c.cohort_id == namespace or namespace in {rule.namespace for rule in c.person_rules}
            for c in others
        )


def test_a_table_a_patient_gives_each_call_to_the_sample_that_its_address_names(tmp_path: Path) -> None:
    """SnpEff's annotation of a VCF without a header line, as for the gastric cancers of Kim 2018."""
    annotation = (
        "SOMATIC;DP=81;ANN=A|missense_variant|MODERATE|PERM1|PERM1|transcript|NM_1.2|protein_coding|2/4|"
        "c.599C>T|p.Ala200Val|6/9||"
    )
    splice = (
        "SOMATIC;ANN=T|splice_acceptor_variant&intron_variant|HIGH|AGRN|AGRN|transcript|NM_2|protein_coding|4/37|"
        "c.728-1G>T||||||,T|intron_variant|LOW|X|X|t|N|p|1|c.1G>T|"
    )
    path = tmp_path / "calls.txt"
    path.write_text(
        '##SnpEffVersion="5.0e"\n##INFO=<ID=ANN,Number=.>\n'
        f"chr1\t980431\t980431\tG\tA\t.\tPASS\t{annotation}\tDP\t30\t47\n"
        f"chr1\t1041172\t1041172\tG\tT\t.\tPASS\t{splice}\tDP\t41\t39\n"
    )
    cohort = catalog().cohort("kim_2018")
    (file,) = cohort.files
    addresses = [a for a in file.addresses() if "002.txt" in a or "069.txt" in a]
    assert len(addresses) == 2
    tables = parse_cohort_file(cohort, file, [SourceBytes(a, "0" * 64, path) for a in addresses], catalog())
    calls = tables["mutations"].to_pandas()
    assert set(calls["sample_id"]) == {"PB-16-002", "PB-16-069"}
    assert calls["hugo_symbol"].tolist() == ["PERM1", "AGRN"] * 2
    assert calls["variant_classification"].tolist()[:2] == [
        "missense_variant",
        "splice_acceptor_variant&intron_variant",
    ]
    assert (
        calls["hgvsp_short"].tolist()[:2] == ["p.Ala200Val", None]
        and calls["hgvsc"].tolist()[1] == "c.728-1G>T"
    )
    assert set(calls["ncbi_build"]) == {"GRCh38"} and calls["start_position"].tolist()[0] == "980431"
    assert set(tables["profiled_samples"].to_pandas()["sample_id"]) == {"PB-16-002", "PB-16-069"}


def test_the_bladder_cancers_of_snyder_2017_are_read_though_header_cells_hold_tabs(tmp_path: Path) -> None:
    cohort = catalog().cohort("snyder_2017")
    clinical, calls = cohort.files
    header = ["patient", "Age", "Best Response RECIST 1.1", '"Chemotherapy\t with progression"', "Sex", "PD-L1",
              "Smoking", "Number of systemic regimens total", "Baseline neutrophil to lymphocyte ratio", "is_benefit",
              "is_deceased", "is_progressed_or_deceased", "os", "pfs", '"hla\t list"']  # fmt: skip
    row = [
        "40",
        "71",
        "PD ",
        "N",
        "M",
        "IC0",
        "Y",
        "3",
        "2.22",
        "False",
        "True",
        "True",
        "24",
        "20",
        '"[A*02:01\t A*32:01]"',
    ]
    path = tmp_path / "CLIN.txt"
    path.write_text("\t".join(header) + "\n" + "\t".join(row) + "\n")
    values = parse_cohort_file(cohort, clinical, [SourceBytes(clinical.address, "0" * 64, path)], catalog())
    cells = values["clinical_values"].to_pandas().set_index("column_name")["value"]
    assert cells["os"] == "24" and cells["Best Response RECIST 1.1"] == "PD" and cells["Sex"] == "M"
    snv = tmp_path / "SNV.txt"
    snv.write_text("patient\tChr\tPos\tRef\tAlt\tGene\tEffect\tProtein_Change\n"
                   "P40\t1\t17557100\tC\tT\tPADI1\tMissense_Mutation\tp.H363Y\n")  # fmt: skip
    found = parse_cohort_file(cohort, calls, [SourceBytes(calls.address, "0" * 64, snv)], catalog())
    # the patient's number is the calls' name with a P before it
    assert set(values["clinical_values"].to_pandas()["sample_id"]) == set(
        found["mutations"].to_pandas()["sample_id"]
    )
