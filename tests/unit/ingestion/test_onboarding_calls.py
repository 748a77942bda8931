"""Which of some tables holds calls, and by which names its samples are those of the clinical table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from parsing_help import ATTRIBUTES

from ingestion.catalog.attributes import check_cohort
from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_cohort
from ingestion.onboarding.proposal import Proposal, propose

CLINIC = "Patient,Age,OS months\nP-1,61,3\nP-2,70,8\nP-3,55,9\n"


def proposed(folder: Path, **texts: str) -> Proposal:
    paths = {folder / f"{name}.csv": f"file:{name}.csv" for name in texts}
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    return propose("site", paths, Catalog(attributes=ATTRIBUTES, cohorts=()), is_icb=True)


def entries(found: Proposal) -> dict[str, dict[str, Any]]:
    return {file["id"]: file for file in yaml.safe_load(found.text)["files"]}


@pytest.mark.parametrize(
    "header",
    [
        "Gene;Pat;Variant_Classification;HGVSp",
        "Gene;Pat;Protein change;VAF",
        "Hugo_Symbol;Pat;HGVSp_Short;note",
        "Gene-Symbol;Pat;Consequence;note",
        "Symbol;Pat;Amino Acid Change;note",
        "Gene;Pat;Chr;Pos",
    ],
)
def test_a_gene_and_what_or_where_it_changed_is_a_table_of_calls(header: str, tmp_path: Path) -> None:
    found = entries(proposed(tmp_path, clinic=CLINIC, calls=f"{header}\nTP53;P-1;x;y\nKRAS;P-2;x;z\n"))
    assert (found["clinic"]["kind"], found["calls"]["kind"]) == ("clinical", "mutations")
    assert found["calls"]["sample_id"] == "Pat"


@pytest.mark.parametrize("header", ["Pat;Gene;Start;Age", "Pat;Gene;Effect;Age", "Pat;Consequence;HGVSp;Age"])
def test_a_gene_alone_or_a_change_without_one_is_no_call(header: str, tmp_path: Path) -> None:
    found = entries(proposed(tmp_path, table=f"{header}\nP-1;TP53;x;61\nP-2;KRAS;y;70\n"))
    assert found["table"]["kind"] == "clinical"


def test_a_column_that_is_read_under_its_own_name_is_not_named_again(tmp_path: Path) -> None:
    calls = "Gene;Pat;Variant_Classification;Protein_Change\nTP53;P-1;Missense_Mutation;p.R175H\n"
    found = entries(proposed(tmp_path, clinic=CLINIC, calls=calls))
    assert found["calls"]["mutation_columns"] == {"hugo_symbol": "Gene"}


SAMPLES = (
    "Patient ID,Sample ID,Timepoint,Age\n"
    "HC-01,HC-01-A,pre,61\nHC-01,HC-01-B,post,61\nHC-02,HC-02-A,pre,70\nHC-02,HC-02-B,post,70\n"
)
MAF = "Hugo_Symbol,Variant_Classification,Tumor_Sample_Barcode\n" + "".join(
    f"TP53,Missense_Mutation,{sample}\n" for sample in ("HC-01-A", "HC-01-B", "HC-02-B")
)


def test_samples_are_those_that_the_clinical_table_names_and_two_of_a_patient_stay_two(
    tmp_path: Path,
) -> None:
    found = proposed(tmp_path, calls=MAF, clinic=SAMPLES)
    clinic, calls = entries(found)["clinic"], entries(found)["calls"]
    assert (clinic["patient_id"], clinic["sample_id"], clinic["level"]) == (
        "Patient ID",
        "Sample ID",
        "sample",
    )
    assert clinic["columns"] == {"Timepoint": "BIOPSY_TIME", "Age": "AGE"}
    assert calls["sample_id"] == "Tumor_Sample_Barcode"
    asked = " ".join(found.questions)
    assert "0 of 2 patients have no call" in asked
    assert "several samples" not in asked and "Whose are" not in asked
    path = tmp_path / "site.yaml"
    path.write_text(found.text)
    check_cohort(path, load_cohort(path), ATTRIBUTES)


def test_a_column_of_samples_is_known_by_what_it_holds_whatever_it_is_called(tmp_path: Path) -> None:
    found = proposed(tmp_path, calls=MAF, clinic=SAMPLES.replace("Sample ID", "Block"))
    assert entries(found)["clinic"]["sample_id"] == "Block"


def test_a_patient_without_a_sample_is_kept(tmp_path: Path) -> None:
    clinic = entries(proposed(tmp_path, calls=MAF, clinic=SAMPLES + "HC-03,,,55\n"))["clinic"]
    assert clinic["sample_id"] == "Sample ID" and "level" not in clinic


def test_several_samples_without_a_time_are_asked_about(tmp_path: Path) -> None:
    table = SAMPLES.replace("Timepoint", "note").replace("pre", "x").replace("post", "y")
    asked = " ".join(proposed(tmp_path, calls=MAF, clinic=table).questions)
    assert "2 patients of clinic.csv have several samples: which were taken before treatment?" in asked


def test_a_pattern_that_makes_two_samples_into_one_is_asked_about(tmp_path: Path) -> None:
    found = proposed(tmp_path, calls=MAF, clinic="Patient ID,Age\nHC-01,61\nHC-02,70\n")
    assert entries(found)["calls"]["sample_id"]["pattern"] == r"^(HC-\d+)"
    assert any(
        "calls.csv has several samples of 1 of 2 patients (HC-01), and the pattern" in q
        for q in found.questions
    )


def test_samples_in_two_columns_of_one_row_are_asked_about(tmp_path: Path) -> None:
    wide = "Patient ID,before,after\nHC-01,HC-01-A,HC-01-B\nHC-02,HC-02-A,HC-02-B\n"
    found = proposed(tmp_path, calls=MAF + "TP53,Missense_Mutation,HC-02-A\n", clinic=wide)
    asked = " ".join(found.questions)
    assert "before and after of clinic.csv hold names of samples, and a row has one: before is read" in asked
    assert "Whose are 2 of 4 samples of calls.csv (HC-01-B, HC-02-B)?" in asked


def test_a_column_of_samples_that_no_call_names_is_asked_about(tmp_path: Path) -> None:
    found = proposed(tmp_path, clinic=SAMPLES)
    assert "sample_id" not in entries(found)["clinic"]
    assert any("Does Sample ID of clinic.csv name samples?" in question for question in found.questions)


def test_a_column_that_nothing_calls_a_patients_or_a_samples_is_asked_about(tmp_path: Path) -> None:
    calls = "Gene,Who,HGVSp_Short\nTP53,A1,p.R175H\nKRAS,A2,p.G12D\n"
    found = proposed(tmp_path, clinic="Who,Age\nA1,61\nA2,70\n", calls=calls)
    assert entries(found)["calls"]["sample_id"] == "Who"
    asked = " ".join(found.questions)
    assert "Which column of clinic.csv names the patient? None is called so, and Who is written" in asked
    assert "Which column of calls.csv names the sample? None is called so, and Who is written" in asked
