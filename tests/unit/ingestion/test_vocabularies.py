"""The shared vocabularies: words, classes of variants, gene symbols, cancers and drugs."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog

ROOT = Path(__file__).parents[3]


def seed(name: str) -> list[dict[str, str]]:
    places = ("catalog/vocabularies", "dbt_project/seeds")
    (path,) = (found for place in places for found in (ROOT / place).glob(f"{name}.csv"))
    with path.open(newline="", encoding="utf-8") as handle:
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


def test_a_vocabulary_word_is_lower_case_trimmed_and_unique() -> None:
    rows = seed("vocabulary_words")
    assert all(r["word"] == r["word"].strip().lower() and r["value"] for r in rows)
    keys = [(r["attribute"], r["word"]) for r in rows]
    assert len(keys) == len(set(keys))


def test_every_word_attribute_has_a_vocabulary_and_no_other_has(
    shipped: Catalog, vocabulary: dict[str, dict[str, str]]
) -> None:
    assert set(vocabulary) == {name for name, a in shipped.attributes.items() if a.type == "word"}


def test_every_value_is_a_word_for_itself(vocabulary: dict[str, dict[str, str]]) -> None:
    for attribute, words in vocabulary.items():
        for value in words.values():
            assert words[value.lower()] == value, (attribute, value)


def test_bare_zero_and_one_never_mean_an_event(vocabulary: dict[str, dict[str, str]]) -> None:
    for attribute, words in vocabulary.items():
        if attribute.endswith("_STATUS") and attribute != "SOMATIC_STATUS":
            assert not {"0", "1", "y", "n", "true", "false"} & set(words), attribute
            assert set(words.values()) == {"event", "censored"}


@pytest.mark.parametrize(
    ("word", "maf_class", "nonsynonymous", "truncating"),
    [
        ("Missense_Mutation", "Missense_Mutation", "true", "false"),
        ("splice_acceptor_variant", "Splice_Site", "true", "true"),
        ("Frame-shift Indel", "Frame_Shift_Indel", "true", "true"),
        ("SPLICE_SITE_DONOR", "Splice_Site", "true", "true"),
        ("nonframeshift deletion", "In_Frame_Del", "true", "false"),
        ("exonic", "Unknown", "", ""),
        ("Silent", "Silent", "false", "false"),
        ("5'Flank", "5'Flank", "false", "false"),
        ("lincRNA", "RNA", "false", "false"),
        ("Splice_Region", "Splice_Region", "true", "false"),
        ("Nonstop_Mutation", "Nonstop_Mutation", "true", "false"),
    ],
)
def test_a_class_word_says_what_kind_of_change_it_is(
    word: str, maf_class: str, nonsynonymous: str, truncating: str
) -> None:
    row = {r["word"]: r for r in seed("variant_classes")}[re.sub(r"[ -]+", "_", word.lower())]
    assert (row["maf_class"], row["is_nonsynonymous"], row["is_truncating"]) == (
        maf_class,
        nonsynonymous,
        truncating,
    )


def test_the_portal_s_silent_classes_and_only_they_do_not_count() -> None:
    silent = {"Silent", "Intron", "3'UTR", "5'UTR", "3'Flank", "5'Flank", "IGR", "RNA"}
    for row in seed("variant_classes"):
        if row["maf_class"] != "Unknown":
            assert (row["is_nonsynonymous"] == "false") == (row["maf_class"] in silent), row
        if row["is_truncating"] == "true":
            assert row["is_nonsynonymous"] == "true", row


def test_classes_are_those_of_maf_and_two_for_indels_of_unstated_direction() -> None:
    maf = {
        "Missense_Mutation", "Nonsense_Mutation", "Frame_Shift_Del", "Frame_Shift_Ins", "In_Frame_Del",
        "In_Frame_Ins", "Splice_Site", "Splice_Region", "Nonstop_Mutation", "Translation_Start_Site", "Silent",
        "Intron", "3'UTR", "5'UTR", "3'Flank", "5'Flank", "IGR", "RNA", "Targeted_Region", "Unknown",
    }  # fmt: skip
    rows = seed("variant_classes")
    assert {r["maf_class"] for r in rows} == maf | {"Frame_Shift_Indel", "In_Frame_Indel"}
    assert all(re.fullmatch(r"[a-z0-9_']+", r["word"]) for r in rows), "joined words are taken apart before"
    assert {r["is_coding"] for r in rows} == {"true", "false"}
    assert {r["maf_class"] for r in rows if r["is_nonsynonymous"] == "" or r["is_truncating"] == ""} == {
        "Unknown"
    }


def test_severity_follows_the_order_of_consequences_that_ensembl_publishes() -> None:
    order = (
        "transcript_ablation", "splice_acceptor_variant", "splice_donor_variant", "stop_gained", "frameshift_variant",
        "stop_lost", "start_lost", "inframe_insertion", "inframe_deletion", "missense_variant",
        "protein_altering_variant", "splice_region_variant", "stop_retained_variant", "synonymous_variant",
        "5_prime_utr_variant", "3_prime_utr_variant", "intron_variant", "upstream_gene_variant",
        "downstream_gene_variant", "intergenic_variant",
    )  # fmt: skip
    severity = {r["word"]: int(r["severity"]) for r in seed("variant_classes")}
    places = [severity[word] for word in order]
    assert places == sorted(set(places))


def test_an_alias_leads_to_a_symbol_that_is_no_alias_itself() -> None:
    rows = seed("gene_aliases")
    aliases = {r["alias"] for r in rows}
    assert len(aliases) == len(rows)
    assert not [r for r in rows if r["hugo_symbol"] in aliases]


HGNC = ("hgnc_previous_symbols", "hgnc_alias_symbols")


def test_a_symbol_to_which_a_list_leads_is_no_old_name_in_any_list() -> None:
    curated, hgnc = seed("gene_aliases"), [row for name in HGNC for row in seed(name)]
    names = {row["alias"] for row in curated} | {row["symbol"] for row in hgnc}
    assert not {row["hugo_symbol"] for row in (*curated, *hgnc)} & names


def test_the_lists_of_the_nomenclature_committee_say_nothing_of_names_that_are_curated_or_of_no_gene() -> (
    None
):
    curated = {row["alias"].lower() for row in seed("gene_aliases")} | {
        row["symbol"].lower() for row in seed("ambiguous_symbols")
    }
    previous, alias = ({row["symbol"].lower() for row in seed(name)} for name in HGNC)
    assert not (previous | alias) & curated and not previous & alias
    assert not (previous | alias) & {row["word"] for row in seed("no_gene_words")}


@pytest.mark.parametrize(
    ("name", "symbol", "number"),
    [
        ("PTCHD2", "DISP3", "57540"), ("T", "TBXT", "6862"), ("SELV", "SELENOV", "348303"), ("AQPEP", "LVRN", "206338"),
        ("HER2", "ERBB2", "2064"), ("CD246", "ALK", "238"), ("B7-H1", "CD274", "29126"), ("p53", "TP53", "7157"),
    ],
)  # fmt: skip
def test_an_old_or_usual_name_is_the_gene_that_has_the_number(name: str, symbol: str, number: str) -> None:
    """Numbers of NCBI, as tables that carry both write them."""
    found = [row for listed in HGNC for row in seed(listed) if row["symbol"] == name]
    assert [(row["hugo_symbol"], row["entrez_gene_id"]) for row in found] == [(symbol, number)]


@pytest.mark.parametrize(
    ("alias", "symbol"),
    [
        ("PAK7", "PAK5"), ("PARK2", "PRKN"), ("MRE11A", "MRE11"), ("WHSC1", "NSD2"), ("WHSC1L1", "NSD3"),
        ("MLL", "KMT2A"), ("MLL2", "KMT2D"), ("MLL3", "KMT2C"), ("MLL4", "KMT2B"), ("FAM123B", "AMER1"),
        ("FAM46C", "TENT5C"), ("MYCL1", "MYCL"), ("RFWD2", "COP1"), ("H3F3A", "H3-3A"), ("HIST1H3B", "H3C2"),
        ("C10ORF71", "C10orf71"), ("ODZ1", "TENM1"), ("14-sept", "SEPTIN14"), ("6-Sep", "SEPTIN6"),
        ("10-Mar", "MARCHF10"), ("1-Dec", "DELEC1"), ("SEPT15", "SELENOF"),
    ],
)  # fmt: skip
def test_old_symbols_and_unambiguous_dates_become_the_current_symbol(alias: str, symbol: str) -> None:
    assert {r["alias"]: r["hugo_symbol"] for r in seed("gene_aliases")}[alias] == symbol


def test_dates_that_could_be_two_genes_stay_dates() -> None:
    """1-Mar is MARCHF1 or MTARC1, 2-Mar is MARCHF2 or MTARC2."""
    aliases = {r["alias"] for r in seed("gene_aliases")}
    assert not {"1-Mar", "2-Mar", "01-mars", "02-mars", "Mar-01", "Mar-02"} & aliases


def test_a_symbol_of_several_genes_is_told_apart_by_number_and_chromosome() -> None:
    rows = seed("ambiguous_symbols")
    aliases = {r["alias"]: r["hugo_symbol"] for r in seed("gene_aliases")}
    for symbol in {r["symbol"] for r in rows}:
        own = [r for r in rows if r["symbol"] == symbol]
        assert len(own) > 1 and aliases[symbol] in {r["hugo_symbol"] for r in own}, symbol
        assert len({r["entrez_gene_id"] for r in own}) == len({r["chromosome"] for r in own}) == len(own), (
            symbol
        )


def test_a_word_for_no_gene_is_no_gene_that_any_table_knows() -> None:
    """UNK, in capitals, is a gene on chromosome 17 in seven cohorts."""
    words = {r["word"] for r in seed("no_gene_words")}
    genes = {r[c].lower() for r in seed("gene_aliases") for c in ("alias", "hugo_symbol")} | {
        "unk",
        "alk",
        "nil1",
    }
    assert not words & genes


def test_cancer_words_lead_to_types_of_the_vocabulary(vocabulary: dict[str, dict[str, str]]) -> None:
    rows = seed("cancer_types")
    assert {r["cancer_type"] for r in rows} <= set(vocabulary["CANCER_TYPE"].values())
    words = {r["cancer_word"]: r for r in rows}
    assert words["skcm"]["cancer_type"] == "Melanoma" and words["uvm"]["cancer_type"] == "Ocular Melanoma"
    assert words["kirc"]["oncotree_code"] == "CCRCC"
    for word, row in words.items():  # the two seeds agree where both know a word
        assert vocabulary["CANCER_TYPE"].get(word, row["cancer_type"]) == row["cancer_type"], word


def test_drug_classes_are_those_of_the_vocabulary(vocabulary: dict[str, dict[str, str]]) -> None:
    drugs = {r["drug"]: r["drug_class"] for r in seed("drug_classes")}
    # a combination is found from its parts (model int_drugs)
    assert set(drugs.values()) == set(vocabulary["DRUG_CLASS"].values()) - {"Combination"}
    assert drugs["mpdl3280a"] == drugs["mk3475"] == drugs["nivolumab"] == "PD-1/PD-L1"
    assert (drugs["ipilimumab"], drugs["docetaxel"]) == ("CTLA-4", "Chemotherapy")
