"""The generated cohorts as raw files: deterministic, marked, read by the catalogue as planted, quirks included."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from generated_help import EVENT, ROOT, attributes, demo_catalog, entries, made, members, mutated, parsed, raw

from ingestion.catalog.loading import load_cohort
from ingestion.errors import StorageError
from ingestion.generated import generate
from ingestion.generated.effects import effects
from ingestion.generated.genes import EXOME, PANEL_BLOOD, size_mb
from ingestion.raw_schema import REJECTION_RULES
from ingestion.reading.privacy import holds_date

#: Rules that the models apply to values; the parsers hand such rows on.
BY_MODELS = ("unknown_word", "not_a_number", "negative_time", "unknown_sample")
COHORTS = [path.stem for path in sorted((ROOT / "catalog" / "demo" / "cohorts").glob("*.yaml"))]


# bytes


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    again = generate(tmp_path)
    assert again.files == made().truth.files
    for name in sorted(again.files):
        path = name.removeprefix("https://synthetic.invalid/")
        assert (tmp_path / "synthetic.invalid" / path).read_bytes() == made().path(path).read_bytes()
    assert (tmp_path / "truth.json").read_bytes() == (made().folder / "truth.json").read_bytes()
    changed = [name for name, digest in made(7).truth.files.items() if digest != again.files[name]]
    # lists of genes are nobody's data
    constant = (
        "gene_panels_SYNTHETIC.json",
        "gene_identifiers_SYNTHETIC.tsv",
        "hallmark_SYNTHETIC.gmt",
        "signatures_SYNTHETIC.gmt",
    )
    assert set(again.files) - set(changed) == {f"https://synthetic.invalid/demo_{name}" for name in constant}


def test_no_file_carries_the_time_at_which_it_was_made() -> None:
    for name in made().truth.files:
        data = made().path(name.removeprefix("https://synthetic.invalid/")).read_bytes()
        if name.endswith(".gz"):
            assert data[4:8] == bytes(4), name
        if name.endswith(".tar.gz"):
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                assert {(entry.mtime, entry.uid, entry.uname) for entry in archive} == {(0, 0, "")}
        if name.endswith(".xlsx"):
            book = zipfile.ZipFile(io.BytesIO(data))
            assert {info.date_time for info in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2000-01-01T00:00:00Z</dcterms:modified>" in book.read("docProps/core.xml")


def test_a_negative_seed_and_a_folder_that_cannot_be_made_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seed is -1"):
        generate(tmp_path, seed=-1)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file"):
        generate(tmp_path / "file" / "mirror")


def test_every_file_archive_member_and_sheet_says_that_it_is_synthetic() -> None:
    for address in made().truth.files:
        name = address.removeprefix("https://synthetic.invalid/")
        if name.endswith(".tar.gz"):
            for member, content in members(name.removesuffix(".tar.gz")).items():
                assert "SYNTHETIC" in member or b"SYNTHETIC" in content, (name, member)
        elif name.endswith(".xlsx"):
            book = openpyxl.load_workbook(io.BytesIO(raw(name)))
            for sheet in book.worksheets:
                assert "SYNTHETIC" in sheet.title or "SYNTHETIC" in str(sheet["A1"].value)
        else:
            assert b"SYNTHETIC" in raw(name), name


# catalogue


def test_at_least_six_treated_cohorts_and_a_control_with_about_1800_people() -> None:
    truth = made().truth
    cohorts = demo_catalog().cohorts
    assert sum(cohort.is_icb for cohort in cohorts) >= 6
    assert [cohort.cohort_id for cohort in cohorts if not cohort.is_icb] == ["demo_control_2018"]
    assert 1500 <= truth.n_persons <= 2000
    assert {patient.cohort_id for patient in truth.patients} == {cohort.cohort_id for cohort in cohorts}
    assert all(cohort.is_synthetic and cohort.cohort_id.startswith("demo_") for cohort in cohorts)
    assert all("SYNTHETIC" in cohort.title and "SYNTHETIC" in cohort.licence for cohort in cohorts)
    assert len({cohort.precedence for cohort in cohorts}) == len(cohorts)


@pytest.mark.parametrize("cohort_id", COHORTS)
def test_each_cohort_file_is_valid(cohort_id: str) -> None:
    assert load_cohort(ROOT / "catalog" / "demo" / "cohorts" / f"{cohort_id}.yaml").cohort_id == cohort_id


def test_the_catalogue_names_exactly_the_files_that_are_generated() -> None:
    named = {address for _, file in entries() for address in file.addresses() if not file.awaited}
    assert named == set(made().truth.files)


def test_assay_sizes_of_the_catalogue_are_those_of_the_generated_territories() -> None:
    for cohort in demo_catalog().cohorts:
        if cohort.assay.kind == "exome":
            assert cohort.assay.size_mb == round(size_mb(EXOME), 2)
        elif cohort.assay.panel_id:
            assert cohort.assay.panel_id == PANEL_BLOOD
            assert cohort.assay.size_mb == round(size_mb(PANEL_BLOOD), 2)


def test_the_demo_catalogue_uses_every_feature_of_a_cohort_file() -> None:
    files = [file for _, file in entries()]
    picks = [
        pick for f in files for pick in (f.patient_id, f.sample_id, *f.mutation_columns.values()) if pick
    ]
    assert any(pick.pattern for pick in picks)
    assert any(pick.corrections for pick in picks)
    for name in (
        "columns",
        "constants",
        "keep_rows",
        "private",
        "intervals",
        "profiled_if",
        "for_each",
        "unit",
        "awaited",
    ):
        assert any(getattr(file, name) for file in files), name
    assert any(file.lists_profiled for file in files)
    assert any(mapping.words for file in files for mapping in file.columns.values())
    assert {file.kind for file in files} >= {
        "cbioportal_study", "clinical", "mutations", "copy_number_segments", "case_list", "gene_panels", "expression",
        "immune_features", "gene_sets", "gene_identifiers",
    }  # fmt: skip
    assert any(rule.corrections for cohort in demo_catalog().cohorts for rule in cohort.person_rules)
    assert any(cohort.filters and len(cohort.filters.passing) > 1 for cohort in demo_catalog().cohorts)


# what the catalogue reads is what was planted


@pytest.mark.parametrize("cohort_id", COHORTS)
def test_times_units_and_the_way_of_an_event_are_read_as_planted(cohort_id: str) -> None:
    found = attributes(cohort_id)
    assert set(found.index) == {patient.patient_id for patient in made().truth.cohort(cohort_id)}
    whole_months = cohort_id == "demo_msk_2018"
    for endpoint, attribute in (("os", "OS"), ("pfs", "PFS")):
        if f"{attribute}_TIME" not in found:
            assert all(getattr(p, f"{endpoint}_months") is None for p in made().truth.cohort(cohort_id))
            continue
        # Years with one decimal are good to 0.6 months; whole months are rounded down.
        tolerance = (
            1.0 if whole_months and endpoint == "os" else 0.61 if cohort_id == "demo_melanoma_a" else 0.06
        )
        for patient in made().truth.cohort(cohort_id):
            months, event = getattr(patient, f"{endpoint}_months"), getattr(patient, f"{endpoint}_event")
            if months is None:
                continue
            row = found.loc[patient.patient_id]
            assert abs(float(row[f"{attribute}_TIME"]) - months) <= tolerance, patient
            assert EVENT[row[f"{attribute}_STATUS"]] == event, patient


@pytest.mark.parametrize("cohort_id", [c for c in COHORTS if c != "demo_positions_2017"])
def test_gene_status_and_who_was_sequenced_are_read_as_planted(cohort_id: str) -> None:
    profiled: set[str] = set()
    for file in demo_catalog().cohort(cohort_id).files:
        profiled |= set(parsed(cohort_id, file.id)["profiled_samples"]["sample_id"])
    calls = mutated(cohort_id)
    for patient in made().truth.cohort(cohort_id):
        assert (patient.sample_id in profiled) == patient.is_profiled, patient
        carried = calls.get(patient.sample_id, set()) & set(effects().truth_genes)
        assert carried == set(patient.mutated), patient


def test_some_sequenced_patients_have_no_mutation_row_and_some_patients_were_not_sequenced() -> None:
    calls = mutated("demo_msk_2018")
    patients = made().truth.cohort("demo_msk_2018")
    assert sum(p.is_profiled and p.sample_id not in calls for p in patients) >= 3
    assert sum(not p.is_profiled for p in patients) == 8


@pytest.mark.parametrize("cohort_id", COHORTS)
def test_responses_are_read_as_planted(cohort_id: str) -> None:
    found = attributes(cohort_id)
    printed = found["BEST_RESPONSE"].dropna().to_dict() if "BEST_RESPONSE" in found else {}
    planted = {p.patient_id: p.best_response for p in made().truth.cohort(cohort_id) if p.best_response}
    assert printed == planted


def test_dates_are_never_read_into_the_raw_tables() -> None:
    for cohort_id in ("demo_melanoma_b", "demo_melanoma_d"):
        cells = parsed(cohort_id, "clinical")["clinical_values"]
        assert not cells["value_raw"].map(holds_date).any()
    durations = attributes("demo_melanoma_b")["TREATMENT_DURATION"].astype(float)
    assert durations.between(0, 15).all()


def test_each_planted_doubtful_row_has_a_rule_and_is_found_by_it() -> None:
    planted = made().truth.planted_rows
    assert {row.rule_id for row in planted} <= set(REJECTION_RULES)
    assert {row.rule_id for row in planted} >= set(BY_MODELS)
    for row in planted:
        if row.rule_id not in BY_MODELS:
            address = f"https://synthetic.invalid/{row.file}"
            cohort, file = next((c, f) for c, f in entries() if address in f.addresses())
            rejected = parsed(cohort.owner_id, file.id)["rejected_rows"]
            assert (rejected["rule_id"] == row.rule_id).sum() == row.n_rows, row


def test_values_that_only_the_models_can_doubt_are_handed_on_as_they_are() -> None:
    c_cells = parsed("demo_melanoma_c", "clinical")["clinical_values"]
    assert {"see letter", "sixty-two"} <= set(c_cells["value"])
    d_cells = parsed("demo_melanoma_d", "clinical")["clinical_values"]
    negative = d_cells[(d_cells["column_name"] == "OS") & (d_cells["value"] == "-4")]
    assert len(negative) == next(
        row.n_rows for row in made().truth.planted_rows if row.rule_id == "negative_time"
    )
    b_calls = parsed("demo_melanoma_b", "mutations")["mutations"]
    assert set(b_calls["sample_id"]) - set(attributes("demo_melanoma_b").index) == {"Pat998"}


def test_every_word_and_class_that_is_generated_is_in_the_shared_vocabularies() -> None:
    known = set(pd.read_csv(ROOT / "catalog" / "vocabularies" / "variant_classes.csv")["word"])
    for cohort, file in entries():
        calls = parsed(cohort.owner_id, file.id)["mutations"]["variant_classification"].dropna()
        terms = {
            re.sub("[ -]", "_", term)
            for word in calls.str.lower().unique()
            for term in re.split("[&,;]", word)
        }
        assert terms <= known, file.id
    assert {"Male", "Female"} == set(attributes("demo_control_2018")["SEX"])
    assert set(attributes("demo_melanoma_a")["STAGE"]) == {"III", "IV-M1a", "IV-M1b", "IV-M1c"}
    for cohort in COHORTS:
        assert attributes(cohort)["CANCER_TYPE"].notna().all(), cohort
        if cohort not in ("demo_control_2018", "demo_luad_2015"):
            assert attributes(cohort)["DRUG_CLASS"].notna().all(), cohort
    drugs = set(pd.read_csv(ROOT / "catalog" / "vocabularies" / "drug_classes.csv")["drug"])
    # the dose is left out by the model int_drugs
    named = attributes("demo_luad_2015")["DRUG_NAME"].str.lower().str.removesuffix(" (dose 10 mg/kg)")
    assert set(named) <= drugs


def test_nothing_but_the_planted_rows_is_rejected_by_the_parsers() -> None:
    planted = Counter({(p.file, p.rule_id): p.n_rows for p in made().truth.planted_rows})
    for cohort, file in entries():
        for rule_id, n_rows in (
            parsed(cohort.owner_id, file.id)["rejected_rows"]["rule_id"].value_counts().items()
        ):
            name = file.address.removeprefix("https://synthetic.invalid/")
            assert planted[name, str(rule_id)] == n_rows, (name, rule_id)


# people


def test_declared_rules_join_one_person_and_nobody_else() -> None:
    keys: dict[str, set[str]] = defaultdict(set)
    people: dict[str, set[str]] = defaultdict(set)
    for patient in made().truth.patients:
        key = f"{patient.cohort_id}:{patient.patient_id}"
        for rule in demo_catalog().cohort(patient.cohort_id).person_rules:
            match = re.search(str(rule.pattern), patient.patient_id)
            if match:
                key = f"{rule.namespace}:{rule.corrections.get(match.group(1), match.group(1))}"
        keys[key].add(patient.person_id)
        people[patient.person_id].add(key)
    assert all(len(found) == 1 for found in keys.values())
    fingerprints = [o for o in made().truth.overlaps if o.found_by == "mutation fingerprint"]
    assert sum(len(found) > 1 for found in people.values()) == len(fingerprints) == 10
    assert Counter(o.found_by for o in made().truth.overlaps)["declared rule"] == 130


def test_the_second_hospital_study_shares_130_of_its_150_patients_and_mostly_their_samples() -> None:
    first = {p.patient_id: p for p in made().truth.cohort("demo_msk_2018")}
    shared = [p for p in made().truth.cohort("demo_nsclc_2018") if p.patient_id in first]
    assert len(shared) == 130
    assert len(made().truth.cohort("demo_nsclc_2018")) == 150
    assert all(p.person_id == first[p.patient_id].person_id for p in shared)
    assert sum(p.sample_id != first[p.patient_id].sample_id for p in shared) == 6


def test_false_friends_have_the_same_number_and_are_other_people() -> None:
    people = {(p.cohort_id, p.patient_id): p.person_id for p in made().truth.patients}
    assert len(made().truth.false_friends) == 27
    for pair in made().truth.false_friends:
        assert pair.patient_id == pair.other_patient_id
        one, other = (pair.cohort_id, pair.patient_id), (pair.other_cohort_id, pair.other_patient_id)
        assert people[one] != people[other]


def test_undeclared_overlaps_can_be_found_by_shared_rare_sites_and_no_strangers_look_alike() -> None:
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cohort_id in (
        "demo_melanoma_a",
        "demo_melanoma_b",
        "demo_melanoma_c",
        "demo_luad_2015",
        "demo_reuse_2018",
    ):
        calls = pd.concat(
            [parsed(cohort_id, f.id)["mutations"] for f in demo_catalog().cohort(cohort_id).files]
        )
        patient_of = {p.sample_id: p.person_id for p in made().truth.cohort(cohort_id)}
        bare = calls["chromosome"].str.removeprefix("chr") + ":" + calls["start_position"].astype(str)
        for sample, site in zip(calls["sample_id"], bare, strict=True):
            if sample in patient_of:
                sites[cohort_id, patient_of[sample]].add(site)
    holders = Counter(site for found in sites.values() for site in found)
    rare = {who: {site for site in found if holders[site] <= 4} for who, found in sites.items()}
    joined = set()
    for one, other in combinations(rare, 2):
        n_shared = len(rare[one] & rare[other])
        if one[0] != other[0] and n_shared >= 3 and n_shared >= 0.3 * min(len(sites[one]), len(sites[other])):
            assert one[1] == other[1], (one, other)
            joined.add(one[1])
    person_of = {(p.cohort_id, p.patient_id): p.person_id for p in made().truth.patients}
    planted = [o for o in made().truth.overlaps if o.found_by == "mutation fingerprint"]
    assert {person_of[o.cohort_id, o.patient_id] for o in planted} <= joined


def test_some_reused_patients_have_another_vital_status_or_a_shorter_follow_up() -> None:
    first = {p.person_id: p for p in made().truth.cohort("demo_melanoma_b")}
    pairs = [(first[p.person_id], p) for p in made().truth.cohort("demo_reuse_2018") if p.person_id in first]
    assert len(pairs) == 60
    same_time = [a.os_months == b.os_months for a, b in pairs]
    assert sum(t and a.os_event != b.os_event for t, (a, b) in zip(same_time, pairs, strict=True)) == 6
    assert same_time.count(False) == 8
