"""Gene sets: identity by content, coverage and what is said about it."""

import hashlib

import pytest

from analytics.errors import InvalidColumnError, InvalidSettingError, NoRowsError
from analytics.immune.gene_sets import GeneSet, check_coverage, set_words


def gene_set(name="cytotoxic", genes=("GZMA", "PRF1"), version="1"):
    return GeneSet(name, tuple(genes), "a paper", version)


def test_the_hash_is_over_the_genes_alone_and_not_their_order_or_name():
    expected = hashlib.sha256(b"GZMA\nPRF1").hexdigest()
    assert gene_set().sha256 == expected
    assert gene_set("other", ("PRF1", "GZMA", "PRF1"), "2").sha256 == expected
    assert gene_set(genes=("GZMA", "GZMB")).sha256 != expected


def test_repeated_genes_count_once_and_blanks_do_not_count():
    assert gene_set(genes=("GZMA", " PRF1 ", "GZMA", "")).genes == ("GZMA", "PRF1")


def test_coverage_says_how_much_is_measured_and_what_is_missing():
    sets = [gene_set("full", "ABCDE"), gene_set("four", "ABCDX"), gene_set("three", "ABCXY")]
    table = check_coverage(sets, list("ABCDEFG")).set_index("gene_set")
    assert table["coverage"].tolist() == [1.0, 0.8, 0.6]
    assert table["is_scored"].tolist() == [True, True, False]
    assert table.loc["three", "missing"] == "X,Y"
    assert table.loc["three", "reason"].startswith("only 3 of 5 genes are measured (60%, at least 80%")


def test_a_set_that_is_the_whole_table_cannot_be_scored():
    table = check_coverage([gene_set("all", "AB")], ["A", "B"])
    assert not table.loc[0, "is_scored"]
    assert "nothing to rank it against" in table.loc[0, "reason"]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: gene_set(genes=()), NoRowsError, "holds no gene"),
        (lambda: gene_set(name=" "), InvalidColumnError, "has no name"),
        (lambda: check_coverage([gene_set(), gene_set()], ["A"]), InvalidColumnError, "Two gene sets"),
        (lambda: check_coverage([gene_set()], ["A"], min_coverage=80), InvalidSettingError, "0.8 for 80 %"),
    ],
)
def test_bad_gene_sets_get_one_sentence_with_the_remedy(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("HALLMARK_DNA_REPAIR", "DNA repair"),
        ("tnfa_signaling_via_nfkb", "TNFA signaling via NFKB"),
        ("adcs", "aDCs"),
        ("type_i_ifn_reponse", "Type I IFN response"),
        ("cd8_pos_t_cells", "CD8 positive T cells"),
    ],
)
def test_a_name_is_read_as_words_and_symbols(name, words):
    assert set_words(name) == words
