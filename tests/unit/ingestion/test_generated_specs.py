"""A generated cohort is a data file: what a new one may say, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import CatalogError
from ingestion.generated import Truth, generate

COHORT = """
stream: 90
groups: [{name: kidney, stream: 90, n: 4, cancer_types: {Renal Cell Carcinoma: 1.0}}]
cohorts:
  - cohort_id: demo_kidney
    people: kidney
    not_sequenced: {rows: [1]}
    patient_id: "K{number:03d}"
files:
  - path: demo_kidney_SYNTHETIC.csv
    table:
      delimiter: ","
      columns:
        id: "{patient_id}"
        site: [left, right]
        wave: {row % 3: {0: first, else: later}}
        sequenced: {is_profiled: {true: "yes", false: "no"}}
        band: {place: {1-2: low, else: high}}
        note: SYNTHETIC
      extra: [{at: 0, cells: [K999, "", "", "", "", nobody]}]
planted:
  - {file: demo_kidney_SYNTHETIC.csv, rule: unknown_sample, count: {id: [K999]}, what: a patient of nobody}
"""


def made(folder: Path, text: str = COHORT) -> tuple[Truth, str]:
    (folder / "cohorts").mkdir()
    (folder / "cohorts" / "kidney.yaml").write_text(text)
    truth = generate(folder / "mirror", cohorts=folder / "cohorts")
    return truth, (folder / "mirror" / "synthetic.invalid" / "demo_kidney_SYNTHETIC.csv").read_text()


def test_a_new_cohort_is_one_data_file(tmp_path: Path) -> None:
    truth, text = made(tmp_path)
    assert text.splitlines() == [
        "id,site,wave,sequenced,band,note",
        "K999,,,,,nobody",
        "K001,left,first,yes,low,SYNTHETIC",
        "K002,right,later,no,low,SYNTHETIC",
        "K003,left,later,yes,high,SYNTHETIC",
        "K004,right,first,yes,high,SYNTHETIC",
    ]
    assert [(p.patient_id, p.cohort_id, p.is_profiled) for p in truth.patients] == [
        ("K001", "demo_kidney", True),
        ("K002", "demo_kidney", False),
        ("K003", "demo_kidney", True),
        ("K004", "demo_kidney", True),
    ]


def test_doubtful_rows_are_counted_in_the_file_that_was_written(tmp_path: Path) -> None:
    truth, _ = made(tmp_path)
    assert [(row.rule_id, row.n_rows) for row in truth.planted_rows] == [("unknown_sample", 1)]


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('"{patient_id}"', '"{patient}"', "there is no field 'patient'; near it: patient_id"),
        ("[left, right]", "{draw: [0, 2], count: [1, 1]}", "must hold one key"),
        ("[left, right]", "{hook: weather}", "there is no hook 'weather'"),
        ("0: first, else: later", "0: first", "'row % 3' is 1, for which there is no word; add it or 'else'"),
        ("people: kidney", "people: kidneys", "there is no group 'kidneys'; near it: kidney"),
        ("rows: [1]", "unless: {tumour: [x]}", "there is no field 'tumour'"),
        ("people: kidney", "persons: kidney", "key 'cohorts.0.persons': Extra inputs are not permitted"),
        ("    table:", "    text: {text: cases_all}\n    table:", "must have one of table, sheets"),
        ("stream: 90\ngroups", "stream: [\ngroups", "broken YAML"),
    ],
)
def test_a_wrong_data_file_is_one_sentence_with_the_place_and_the_remedy(
    tmp_path: Path, right: str, wrong: str, sentence: str
) -> None:
    assert right in COHORT
    with pytest.raises(CatalogError) as caught:
        made(tmp_path, COHORT.replace(right, wrong, 1))
    message = str(caught.value)
    assert sentence in message
    assert "kidney" in message
    assert message.count("\n") == 0 and message.endswith(".")


def test_two_files_cannot_share_a_random_stream(tmp_path: Path) -> None:
    (tmp_path / "cohorts").mkdir()
    for name in ("one", "two"):
        (tmp_path / "cohorts" / f"{name}.yaml").write_text("stream: 5\n")
    with pytest.raises(CatalogError, match=r"file 'two.yaml' has stream 5, and so has 'one.yaml'"):
        generate(tmp_path / "mirror", cohorts=tmp_path / "cohorts")
