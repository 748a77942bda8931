"""The catalogue: what it accepts, what it refuses and how it says so; and the shipped files and vocabularies."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.columns import Pick
from ingestion.catalog.loading import load_catalog, load_cohort, load_reference
from ingestion.errors import CatalogError

ROOT = Path(__file__).parents[3]
VOCABULARIES = ROOT / "catalog" / "vocabularies"

STUDIES = {"tmb_mskcc_2018", "nsclc_pd1_msk_2018", "luad_mskcc_2015"}
SUPPLEMENTS = {
    "snyder_2014", "van_allen_2015", "hugo_2016", "riaz_2017", "roh_2017", "liu_2019", "miao_2018", "oak_2018",
    "poplar_2018",
}  # fmt: skip


def seed(name: str) -> list[dict[str, str]]:
    with (VOCABULARIES / f"{name}.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load_catalog(ROOT / "catalog")


@pytest.fixture(scope="module")
def vocabulary() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for row in seed("vocabulary_words"):
        words.setdefault(row["attribute"], {})[row["word"]] = row["value"]
    return words


def a_cohort(**changes: Any) -> dict[str, Any]:
    table = {
        "id": "clinical",
        "address": "https://example.org/clinical.tsv",
        "kind": "clinical",
        "patient_id": "Patient",
        "columns": {"OS": {"attribute": "OS_TIME", "unit": "days"}},
    }
    cohort: dict[str, Any] = {
        "cohort_id": "made_up",
        "title": "Made up",
        "citation": "Nobody, nowhere",
        "licence": "none",
        "is_icb": True,
        "precedence": 1,
        "assay": {"name": "exome", "kind": "exome"},
        "files": [table | changes.pop("table", {})],
    }
    return cohort | changes


def written(folder: Path, cohort: dict[str, Any] | str, name: str = "made_up") -> Path:
    (folder / "cohorts").mkdir(exist_ok=True)
    path = folder / "cohorts" / f"{name}.yaml"
    path.write_text(cohort if isinstance(cohort, str) else yaml.safe_dump(cohort), encoding="utf-8")
    return path


# ---- what is refused, in one sentence with file, key and remedy


@pytest.mark.parametrize(
    ("cohort", "says"),
    [
        (a_cohort(colour="red"), ["colour", "Extra inputs"]),
        ({k: v for k, v in a_cohort().items() if k != "citation"}, ["citation", "required"]),
        (a_cohort(table={"kind": "clincal"}), ["files.0.kind"]),
        (a_cohort(table={"patient_id": None}), ["needs patient_id"]),
        (a_cohort(table={"level": "sample"}), ["needs sample_id"]),
        (a_cohort(table={"format": {"type": "xlsx"}}), ["files.0.format", "name of its sheet"]),
        (a_cohort(table={"format": {"has_header": False}}), ["needs 'names'"]),
        (a_cohort(table={"for_each": {"study": ["a"]}}), ["no {study}"]),
        (a_cohort(table={"patient_id": {"column": "P", "pattern": "P-\\d+"}}), ["exactly one (group)"]),
        (a_cohort(table={"patient_id": {"column": "P", "pattern": "(P-\\d+"}}), ["not a regular expression"]),
        (a_cohort(table={"patient_id": {"column": "P", "template": "x"}}), ["needs a {}"]),
        (a_cohort(table={"patient_id": {"column": "P", "template_when": "^x$"}}), ["template_when needs"]),
        (a_cohort(table={"mutation_columns": {"gene": "Gene"}}), ["unknown MAF columns", "gene"]),
        (a_cohort(filters={"passing": {"*": "("}, "evidence": "e"}), ["not a regular expression"]),
        (a_cohort(filters={"passing": {"LAML": "x"}, "evidence": "e"}), ["needs '*'"]),
        (a_cohort(filters={"passing": {"*": "x"}}), ["filters.evidence"]),
        (a_cohort(files=a_cohort()["files"] * 2), ["file ids repeated", "clinical"]),
        (a_cohort(endpoints={"OS": {"origin": "birth", "evidence": "none"}}), ["endpoints.OS.origin"]),
    ],
)
def test_a_wrong_cohort_file_is_refused_with_file_key_and_remedy(
    tmp_path: Path, cohort: dict[str, Any], says: list[str]
) -> None:
    path = written(tmp_path, cohort)
    with pytest.raises(CatalogError) as caught:
        load_cohort(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    assert "icb cohort check made_up" in message
    for part in says:
        assert part in message


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, "cohort_id: made_up\ntitle: [unclosed\ncitation: x\n")
    with pytest.raises(CatalogError, match=r"made_up\.yaml line 3: broken YAML") as caught:
        load_cohort(path)
    assert "mend that line" in str(caught.value)


def test_a_file_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="does not exist"):
        load_cohort(tmp_path / "absent.yaml")


def test_an_empty_file_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="start it with 'cohort_id: made_up'"):
        load_cohort(written(tmp_path, ""))


def test_a_cohort_is_named_as_its_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="'made_up' but the file is named 'other'"):
        load_cohort(written(tmp_path, a_cohort(), "other"))


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"OS": {"attribute": "OS_TIMES", "unit": "days"}}, "names attribute 'OS_TIMES'"),
        ({"OS": "OS_TIME"}, "needs 'unit: days|weeks|months|months_of_30_days|years'"),
    ],
)
def test_columns_are_checked_against_the_attributes(
    tmp_path: Path, columns: dict[str, Any], says: str
) -> None:
    written(tmp_path, a_cohort(table={"columns": columns}))
    with pytest.raises(CatalogError, match=re.escape(says)) as caught:
        load_catalog(tmp_path, ROOT / "catalog" / "attributes.yaml")
    assert "files.clinical.columns.OS" in str(caught.value)


def test_a_catalogue_without_cohorts_says_how_to_add_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="icb cohort add"):
        load_catalog(tmp_path, ROOT / "catalog" / "attributes.yaml")


def test_an_unknown_cohort_lists_the_known_ones(shipped: Catalog) -> None:
    with pytest.raises(CatalogError, match="'nowhere' is not in the catalogue; known cohorts: blca_iatlas"):
        shipped.cohort("nowhere")


def test_a_reference_is_named_as_its_file_and_validated(tmp_path: Path) -> None:
    content = {"reference_id": "panels", "title": "t", "citation": "c", "licence": "l", "files": []}
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert load_reference(path).reference_id == "panels"
    path.rename(tmp_path / "other.yaml")
    with pytest.raises(CatalogError, match="named 'other'"):
        load_reference(tmp_path / "other.yaml")


def test_gene_set_files_beside_references_are_left_alone(tmp_path: Path) -> None:
    written(tmp_path, a_cohort())
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "sets.yaml").write_text("gene_sets: {a: [TP53]}\n", encoding="utf-8")
    assert load_catalog(tmp_path, ROOT / "catalog" / "attributes.yaml").references == ()


# ---- how one value is read


def test_a_pick_takes_pattern_then_template_then_corrections() -> None:
    pick = Pick.model_validate(
        {"column": "x", "pattern": r"^(PR\d+)_", "template": "{}_pre", "corrections": {"PR1_pre": "PR2_pre"}}
    )
    assert pick.read("PR1_tumour") == "PR2_pre"
    assert pick.read("PR7_tumour") == "PR7_pre"
    assert pick.read("no such form") is None


@pytest.mark.parametrize(
    ("cell", "genes"),
    [
        ("TP53:NM_1:exon5:c.A395C:p.K132T,TP53:NM_2:exon4:c.A278C:p.K93T,", "TP53"),
        ("TP53", "TP53"),
        ("WNT1(NM_3:exon4:c.625-1G>A,NM_4:exon4:c.1A>T)", "WNT1"),
        ("AB-CD:NM_5:exon7:c.G1C:p.E1Q,CD:NM_6:exon7:c.G1C:p.E1Q, AB-CD:NM_7:exon1:c.G1C:p.E1Q", "AB-CD;CD"),
        ("NM_4:exon4", None),
    ],
)
def test_a_pick_reads_each_part_of_a_list_and_says_each_answer_once(cell: str, genes: str | None) -> None:
    pick = Pick.model_validate({"column": "gene", "each": ",", "pattern": r"^(?!N[MR]_)([^:()]+)"})
    assert pick.read(cell) == genes


def test_a_pick_may_use_its_template_for_some_values_only(shipped: Catalog) -> None:
    calls = next(f for f in shipped.cohort("tcga_pancan").files if f.id == "mutations")
    assert calls.sample_id is not None
    assert calls.sample_id.read("TCGA-D3-A8GB-06A-11D-A372-08") == "TCGA-D3-A8GB-06"
    assert calls.sample_id.read("TCGA-D3-A8GB") == "TCGA-D3-A8GB-01"


def test_for_each_makes_one_address_a_value(shipped: Catalog) -> None:
    lists = next(f for f in shipped.cohort("tcga_pancan").files if f.id == "sequenced")
    addresses = lists.addresses()
    assert len(set(addresses)) == 32
    assert all(a.endswith("_tcga_pan_can_atlas_2018/case_lists/cases_sequenced.txt") for a in addresses)


# ---- what ships


def test_the_shipped_catalogue_holds_the_issue_s_cohorts(shipped: Catalog) -> None:
    ids = {c.cohort_id for c in shipped.cohorts}
    assert ids >= STUDIES | SUPPLEMENTS | {"tcga_pancan"}
    assert {r.reference_id for r in shipped.references} >= {"gene_panels"}
    assert {c.cohort_id for c in shipped.cohorts if not c.is_icb} == {"tcga_pancan", "loris_msk_no_icb"}


def test_every_cohort_has_a_source_a_pmid_and_says_what_is_missing(shipped: Catalog) -> None:
    for cohort in shipped.cohorts:
        assert cohort.citation and cohort.licence and cohort.known_missing, cohort.cohort_id
        assert cohort.pmid and cohort.pmid.isdigit(), cohort.cohort_id
        assert cohort.doi is None or cohort.doi.startswith("10."), cohort.cohort_id


def test_no_two_cohorts_have_the_same_precedence(shipped: Catalog) -> None:
    ranks = [c.precedence for c in shipped.cohorts]
    assert len(ranks) == len(set(ranks))


def test_the_original_papers_come_before_the_one_that_re_uses_their_patients(shipped: Catalog) -> None:
    rank = {c.cohort_id: c.precedence for c in shipped.cohorts}
    assert rank["miao_2018"] > max(rank["snyder_2014"], rank["van_allen_2015"], rank["luad_mskcc_2015"])
    assert rank["tmb_mskcc_2018"] < rank["nsclc_pd1_msk_2018"]


def test_every_declared_time_to_event_has_an_origin_with_evidence(shipped: Catalog) -> None:
    automatic = shipped.automatic_columns()
    for cohort in shipped.cohorts:
        named = {m.attribute for f in cohort.files for m in f.columns.values()}
        if any(
            f.kind == "cbioportal_study" for f in cohort.files
        ):  # OS_MONTHS and PFS_MONTHS map by themselves
            assert automatic["OS_MONTHS"].attribute == "OS_TIME"
            named |= {f"{endpoint}_TIME" for endpoint in cohort.endpoints}
        assert {f"{endpoint}_TIME" for endpoint in cohort.endpoints} == {
            n for n in named if n.endswith("_TIME") and n not in ("BIOPSY_TIME", "ENTRY_TIME")
        }, cohort.cohort_id
        assert all(rule.evidence for rule in cohort.endpoints.values())


def test_every_event_column_says_in_its_own_words_which_way_an_event_is(shipped: Catalog) -> None:
    for cohort in shipped.cohorts:
        for file in cohort.files:
            for column, mapping in file.columns.items():
                if re.fullmatch(r"(OS|PFS|DSS|DFI|PFI)_STATUS", mapping.attribute):
                    assert set(mapping.words.values()) == {"event", "censored"}, (cohort.cohort_id, column)


def test_words_of_cohorts_and_constants_belong_to_the_vocabulary(
    shipped: Catalog, vocabulary: dict[str, dict[str, str]]
) -> None:
    for cohort in shipped.cohorts:
        for file in cohort.files:
            for column, mapping in file.columns.items():
                if shipped.attributes[mapping.attribute].type == "text":
                    continue  # a text has no vocabulary: a word stands for what is written
                allowed = set(vocabulary.get(mapping.attribute, {}).values())
                assert set(mapping.words.values()) <= allowed, (cohort.cohort_id, column)
            for name, constant in file.constants.items():
                if shipped.attributes[name].type == "word":
                    assert vocabulary[name][constant.lower()] == constant, (cohort.cohort_id, name)


def test_patterns_work_in_the_warehouse_too(shipped: Catalog) -> None:
    """dbt applies the patterns of columns, persons and filters with RE2, which knows no lookahead."""
    patterns = {p for c in shipped.cohorts if c.filters for p in c.filters.passing.values()}
    patterns |= {r.pattern for c in shipped.cohorts for r in c.person_rules if r.pattern}
    patterns |= {m.pattern for c in shipped.cohorts for f in c.files for m in f.columns.values() if m.pattern}
    assert patterns
    for pattern in patterns:
        duckdb.execute("select regexp_extract('x', ?), regexp_matches('x', ?)", [pattern, pattern]).fetchall()


def test_hugo_and_riaz_share_no_person_rule(shipped: Catalog) -> None:
    """Both call their patients Pt1, Pt2 ...; they are different people."""
    for cohort_id in ("hugo_2016", "riaz_2017"):
        assert shipped.cohort(cohort_id).person_rules == ()


def test_person_keys_meet_whatever_zeros_and_prefixes_a_source_writes(shipped: Catalog) -> None:
    def key(cohort_id: str, patient: str) -> str | None:
        for rule in sorted(shipped.cohort(cohort_id).person_rules, key=lambda r: r.rule_id):
            if rule.pattern and (found := re.search(rule.pattern, patient)):
                return f"{rule.namespace}:{rule.corrections.get(found.group(1), found.group(1))}"
        return None

    assert key("miao_2018", "CR04885") == key("snyder_2014", "CR04885") == "snyder_2014:4885"
    assert key("snyder_2014", "PR11217") == key("miao_2018", "PR12117")
    assert key("miao_2018", "Pat02") == key("van_allen_2015", "Pat02") == "van_allen_2015:2"
    assert key("miao_2018", "SC0899") == key("luad_mskcc_2015", "luad_mskcc_2015_10") == "rizvi_2015:SC0899"
    assert key("luad_mskcc_2015", "R7495_2") == key("miao_2018", "R7495")
    assert key("tmb_mskcc_2018", "P-0000082") == key("nsclc_pd1_msk_2018", "P-0000082")
    for own in ("SD5118", "NR1867", "CR0095", "PR4035"):
        assert str(key("miao_2018", own)).startswith("snyder_2014:")
    assert key("miao_2018", "SU2C-1002") is None


def test_columns_with_dates_are_private(shipped: Catalog) -> None:
    clinical = next(f for f in shipped.cohort("van_allen_2015").files if f.id == "clinical")
    dates = {"date_birth", "therapy_start", "therapy_end", "date_death", "date_progression"}
    assert dates <= set(clinical.private) and not dates & set(clinical.columns)


def test_addresses_with_a_commit_carry_all_of_it(shipped: Catalog) -> None:
    for owner in (*shipped.cohorts, *shipped.references):
        for file in owner.files:
            if "githubusercontent.com" in file.address:
                assert re.search(r"/[0-9a-f]{40}/", file.address), file.address


def test_a_cohort_whose_people_have_no_identifiers_says_whose_they_may_be(shipped: Catalog) -> None:
    known = {c.cohort_id for c in shipped.cohorts}
    unlinkable = {c.cohort_id: c.unlinkable for c in shipped.cohorts if c.unlinkable is not None}
    # studies that show the patients of another cohort again, under names and on a genome by which nobody is found
    shown_again = {"nsclc_mskcc_2018", "blca_iatlas_imvigor210_2017", "ccrcc_iatlas_choueiri_2016"}
    shown_again |= {f"mel_iatlas_{name}" for name in ("liu_2019", "riaz_nivolumab_2017", "hugo_ucla_2016")}
    assert {name for name in known if name.startswith("loris_")} | shown_again == set(unlinkable)
    for name, entry in unlinkable.items():
        assert entry.evidence and not shipped.cohort(name).person_rules, name
        # ravi_2023 is awaited
        assert set(entry.may_overlap) - known <= {"ravi_2023"}, name
