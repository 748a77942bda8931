"""The language of biomarkers: what is written, what it means, its one text, and errors that point at the character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.biomarkers.errors import BiomarkerSyntaxError, near_names
from analytics.biomarkers.language import model as m
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.protein_changes import read_change
from analytics.biomarkers.language.text import canonical, member_text

G12C = m.ProteinChange("G", 12, "G", 12, "C")
V600 = m.ProteinChange("V", 600, "V", 600, "")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("ALK", m.Mutation("ALK")),
        ("alk", m.Mutation("ALK")),
        ("ALK:any", m.Mutation("ALK")),
        ("STK11:truncating", m.Mutation("STK11", "truncating")),
        ("STK11:trunc", m.Mutation("STK11", "truncating")),
        ("TP53:missense", m.Mutation("TP53", "missense")),
        ("EGFR:inframe", m.Mutation("EGFR", "inframe")),
        ("MET:splice", m.Mutation("MET", "splice")),
        ("TP53:hotspot", m.Mutation("TP53", "hotspot")),
        ("KRAS:G12C", m.Mutation("KRAS", G12C)),
        ("KRAS:p.Gly12Cys", m.Mutation("KRAS", G12C)),
        ("BRAF:V600", m.Mutation("BRAF", V600)),
        ("HLA-A", m.Mutation("HLA-A")),
        ("NKX2-1", m.Mutation("NKX2-1")),
        ("c9orf72", m.Mutation("C9orf72")),
        ('"TMB"', m.Mutation("TMB")),
        ("SET", m.Mutation("SET")),
        ("TOP1", m.Mutation("TOP1")),
        ("CDKN2A:deep_deletion", m.CopyNumber("CDKN2A", "deep_deletion")),
        ("CDKN2A:HOMDEL", m.CopyNumber("CDKN2A", "deep_deletion")),
        ("ERBB2:amplification", m.CopyNumber("ERBB2", "amplification")),
        ("MYC:gain", m.CopyNumber("MYC", "gain")),
        ("PTEN:loss", m.CopyNumber("PTEN", "loss")),
        ("ALK:rearranged", m.Rearrangement("ALK")),
        ("alk:Fusion", m.Rearrangement("ALK")),
        ("any(SMARCA4, ARID1A)", m.AnyOf((m.Mutation("ARID1A"), m.Mutation("SMARCA4")))),
        ("any(set:ddr)", m.AnyOf((m.SetMembers("ddr"),))),
        ("any(set:ddr:truncating)", m.AnyOf((m.SetMembers("ddr", "truncating"),))),
        ("count(set:ddr) >= 2", m.CountOf((m.SetMembers("ddr"),), ">=", 2)),
        ("count(A, B, C) = 0", m.CountOf((m.Mutation("A"), m.Mutation("B"), m.Mutation("C")), "=", 0)),
        ("!ALK", m.Not(m.Mutation("ALK"))),
        ("!!ALK", m.Mutation("ALK")),
        ("ALK & KRAS", m.And((m.Mutation("ALK"), m.Mutation("KRAS")))),
        ("ALK and ALK", m.Mutation("ALK")),
        ("ALK | KRAS", m.Or((m.Mutation("ALK"), m.Mutation("KRAS")))),
        ("STK11 x KRAS:G12C", m.Joint(m.Mutation("STK11"), m.Mutation("KRAS", G12C))),
        ("TMB", m.Continuous(m.Burden(), m.PerUnit())),
        ("TMB per doubling", m.Continuous(m.Burden(), m.PerDoubling())),
        ("TMB >= 10", m.Cut(m.Burden(), ">=", 10)),
        ("TMB ≥ 10", m.Cut(m.Burden(), ">=", 10)),
        ("TMB top 20% within cancer_type", m.TopShare(m.Burden(), "top", 20, m.Within(cancer_type=True))),
        ("TMB bottom 50 % across panels", m.TopShare(m.Burden(), "bottom", 50, m.Within(across_panels=True))),
        ("expr(CD274) per sd", m.Continuous(m.Expression("CD274"), m.PerSd())),
        ("expr(CD274) >= 10", m.Cut(m.Expression("CD274"), ">=", 10)),
        ("expr(set:tis) per sd", m.Continuous(m.SetExpression("tis"), m.PerSd())),
        ("score(set:tis) top 25%", m.TopShare(m.SetScore("tis"), "top", 25)),
        ("score(set:tis) above median", m.MedianSplit(m.SetScore("tis"), "above")),
        ("feature(leukocyte_fraction) per sd", m.Continuous(m.Feature("leukocyte_fraction"), m.PerSd())),
        ("signature(SBS4)", m.SignaturePresent("SBS4")),
        ("PDL1 >= 50", m.Cut(m.Attribute("PDL1"), ">=", 50)),
        ("PD-L1 >= 50", m.Cut(m.Attribute("PDL1"), ">=", 50)),
        ("AGE_YEARS >= 65", m.Cut(m.Attribute("AGE_YEARS"), ">=", 65)),
        ("age per 10", m.Continuous(m.Attribute("AGE_YEARS"), m.PerUnit(10))),
        ('SMOKING_HISTORY = "Former"', m.HasWord(m.Attribute("SMOKING_HISTORY"), "Former")),
        ("SMOKING_HISTORY != Former", m.Not(m.HasWord(m.Attribute("SMOKING_HISTORY"), "Former"))),
    ],
)  # fmt: skip
def test_what_is_written_means(text: str, meaning: m.Biomarker) -> None:
    assert parse(text) == meaning


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("A | B & C", "A | (B & C)"),
        ("!A & B", "(!A) & B"),
        ("not A or B", "(not A) or B"),
        ("A x B | C", "A x (B | C)"),
        ("A & B x C", "(A & B) x C"),
    ],
)
def test_not_binds_closest_then_and_then_or_then_joint(text: str, grouped: str) -> None:
    assert parse(text) == parse(grouped)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("B & A", "A & B"),
        ("A & (B & C)", "(C & A) & B"),
        ("A OR B", "B || A"),
        ("any(B, A, B)", "any(A, B)"),
        ("KRAS:gly12cys", "KRAS:G12C"),
        ("APC:R213*", "APC:Arg213Ter"),
        ("APC:R876fs*5", "APC:R876fs"),
        ("EGFR:E746_A750delELREA", "EGFR:E746_A750del"),
        ("TMB>=10.0", "TMB >= 10"),
    ],
)
def test_one_question_has_one_text(one: str, other: str) -> None:
    assert canonical(parse(one)) == canonical(parse(other))


def test_the_order_of_joint_groups_is_kept() -> None:
    assert canonical(parse("STK11 x KRAS")) == "STK11 x KRAS"
    assert canonical(parse("KRAS x STK11")) == "KRAS x STK11"


# --- round trip

GENES = st.sampled_from(
    ["ALK", "KRAS", "HLA-A", "NKX2-1", "TP53", "SET", "C9orf72", "TMB", "X", "TOP1", "NOT"]
)
NAMES = st.sampled_from(["ddr", "HALLMARK_HYPOXIA", "tis-2", "with blank"])
CHANGES = st.sampled_from(
    [
        "G12C",
        "V600",
        "R213*",
        "R876fs",
        "E746_A750del",
        "E746_A750",
        "D770_N771insSVD",
        "X307_splice",
        "L747_P753delinsS",
    ]
).map(read_change)
CLASSES = st.sampled_from(sorted(m.CLASS_WORDS))
NUMBERS = st.one_of(
    st.integers(-50, 10**9).map(float),
    st.floats(-1000, 1000, allow_nan=False, allow_subnormal=False).filter(lambda x: abs(x) > 1e-6),
)
COMPARISONS = st.sampled_from([">=", ">", "<=", "<", "="])
ATTRIBUTES = st.sampled_from(["PDL1", "AGE_YEARS", "SMOKING_HISTORY", "TOP"]).map(m.Attribute)
MUTATIONS = st.builds(m.Mutation, GENES, st.one_of(CLASSES, CHANGES))
MEASURES = st.one_of(
    st.just(m.Burden()), GENES.map(m.Expression), NAMES.map(m.SetExpression), NAMES.map(m.SetScore),
    st.sampled_from(["leukocyte_fraction"]).map(m.Feature), ATTRIBUTES,
)  # fmt: skip
CANCER_TYPES = st.builds(m.Within, cancer_type=st.booleans())
WITHIN = st.builds(m.Within, st.booleans(), st.booleans())
MEMBERS = st.lists(
    st.one_of(MUTATIONS, st.builds(m.SetMembers, NAMES, CLASSES)), min_size=1, max_size=4, unique=True
)


def _members(found: list[m.Member]) -> tuple[m.Member, ...]:
    return tuple(sorted(found, key=member_text))


LEAVES = st.one_of(
    MUTATIONS,
    st.builds(m.CopyNumber, GENES, st.sampled_from(sorted(m.COPY_NUMBER_WORDS))),
    st.builds(m.Rearrangement, GENES),
    MEMBERS.map(_members).map(m.AnyOf),
    st.builds(m.CountOf, MEMBERS.map(_members), COMPARISONS, st.integers(0, 40)),
    st.builds(m.Cut, MEASURES, COMPARISONS, NUMBERS),
    st.builds(m.TopShare, MEASURES, st.sampled_from(["top", "bottom"]), st.integers(1, 99).map(float), CANCER_TYPES),
    st.builds(m.TopShare, st.just(m.Burden()), st.just("top"), st.just(20.0), WITHIN),
    st.builds(m.MedianSplit, MEASURES, st.sampled_from(["above", "below"]), CANCER_TYPES),
    st.builds(m.HasWord, ATTRIBUTES, st.sampled_from(["Former", "IV-M1a", "a & b", 'in "quotes"'])),
    st.sampled_from(["SBS4", "SBS7a"]).map(m.SignaturePresent),
)  # fmt: skip
LOGICAL = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(m.not_),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: m.all_of(parts, canonical)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: m.any_of(parts, canonical)),
    ),
    max_leaves=6,
)
CONTINUOUS = st.one_of(
    st.builds(m.Continuous, MEASURES, st.builds(m.PerSd, CANCER_TYPES)),
    st.builds(m.Continuous, st.just(m.Burden()), st.builds(m.PerSd, WITHIN)),
    st.builds(
        m.Continuous, st.one_of(st.just(m.Burden()), GENES.map(m.Expression)), st.just(m.PerDoubling())
    ),
    st.builds(m.Continuous, st.just(m.Burden()), st.integers(1, 99).map(float).map(m.PerUnit)),
    st.builds(m.Continuous, ATTRIBUTES, st.integers(2, 99).map(float).map(m.PerUnit)),
)
BIOMARKERS = st.one_of(
    LOGICAL,
    CONTINUOUS,
    st.builds(m.Joint, LOGICAL, LOGICAL).filter(lambda joint: joint.first != joint.second),
)


@settings(max_examples=400, deadline=None)
@given(BIOMARKERS)
def test_the_text_of_a_biomarker_is_parsed_to_the_biomarker(biomarker: m.Biomarker) -> None:
    text = canonical(biomarker)
    assert parse(text) == biomarker
    assert canonical(parse(text)) == text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ALKx&|!()%:,.<>=\"' 0123perTMBsdanyset", max_size=30))
def test_any_text_is_a_biomarker_or_an_error_that_points_into_it(text: str) -> None:
    try:
        found = parse(text)
    except BiomarkerSyntaxError as error:
        assert 0 <= error.position <= len(text)
        assert error.sentence.endswith((".", "?"))
    else:
        assert parse(canonical(found)) == found


# --- errors


@pytest.mark.parametrize(
    ("text", "marked", "says"),
    [
        ("ALK & & KRAS", 6, "not '&'"),
        ("ALK &", 5, "at the end"),
        ("(ALK | KRAS", 11, "')'"),
        ("ALK KRAS", 4, "not 'KRAS'"),
        ("STK11:trunkating", 6, "is it truncating?"),
        ("KRAS:banana", 5, "a protein change (G12C)"),
        ("exp(CD274) per sd", 0, "is it expr?"),
        ("score(tis)", 6, "score(set:name)"),
        ("set:ddr", 0, "any(set:ddr)"),
        ("TMB top 20 within cancer_type", 11, "Expected '%'"),
        ("TMB top 120%", 8, "between 0 and 100"),
        ("TMB >= high", 7, "compared with a number"),
        ("TMB & ALK", 0, "give it a cut"),
        ("ALK & expr(CD274) per sd", 0, "give it a cut"),
        ("A x B x C", 6, "of two questions"),
        ("ALK x ALK", 4, "two different questions"),
        ("!(A x B)", 0, "cannot be turned round"),
        ("signature(SBS4) >= 2", 0, "is there or not"),
        ("KRAS:G12C >= 2", 0, "is there or not"),
        ("expr(CD274)", 0, "per sd"),
        ("score(set:tis) per doubling", 19, "TMB and the expression of a gene"),
        ("AGE within cancer_type", 4, "not 'within'"),
        ("TMB top 20% within sex", 19, "within cancer_type"),
        ("AGE top 20% across panels", 0, "is for TMB"),
        ("count(A, B) >= 1.5", 15, "whole number"),
        ("SEX > male", 4, "compared by ="),
        ("any(set:ddr:G12C)", 12, "of one gene"),
        ("ALK #", 4, "not '#'"),
        ("", 0, "empty"),
    ],
)  # fmt: skip
def test_an_error_points_at_the_character_and_says_what_was_expected(
    text: str, marked: int, says: str
) -> None:
    with pytest.raises(BiomarkerSyntaxError) as caught:
        parse(text)
    assert caught.value.position == marked
    assert says in caught.value.sentence


def test_an_error_shows_the_line_and_a_caret_under_the_character() -> None:
    with pytest.raises(BiomarkerSyntaxError) as caught:
        parse("ALK & KRAS:G12Q7")
    sentence, line, caret = str(caught.value).split("\n")
    assert sentence.startswith("'G12Q7' is no class of mutation and no protein change of KRAS")
    assert line == "  ALK & KRAS:G12Q7"
    assert caret.index("^") == line.index("G12Q7")


# --- protein changes


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("p.G12C", "G12C"), ("p.(G12C)", "G12C"), ("Gly12Cys", "G12C"), ("p.Arg213Ter", "R213*"), ("p.R213*", "R213*"),
        ("p.Y479Tfs*28", "Y479fs"), ("p.R876fs", "R876fs"), ("p.E746_A750del", "E746_A750del"),
        ("p.L747_P753delinsS", "L747_P753delinsS"), ("p.D770_N771insSVD", "D770_N771insSVD"),
        ("p.X307_splice", "X307_splice"), ("p.E542K", "E542K"), ("p.G13dup", "G13dup"), ("p.M1?", None),
        ("p.=", None), ("e3-2", None), ("", None), ("p.R0H", None), (None, None), (3.5, None),
    ],
)  # fmt: skip
def test_a_protein_change_is_read_or_it_is_none(written: object, text: str | None) -> None:
    found = read_change(written)
    assert (found.text if found else None) == text


@pytest.mark.parametrize(
    ("text", "is_burden"),
    [
        ("TMB >= 10", True), ("TMB top 20% within cancer_type", True), ("TMB per doubling", True),
        ("TMB_NONSYNONYMOUS >= 10", True), ("!(TMB >= 10) & STK11", True), ("STK11 x (TMB >= 10)", True),
        ("STK11 & KRAS", False), ("expr(CD274) per sd", False), ("AGE_YEARS >= 65", False), ("POLE", False),
    ],
)  # fmt: skip
def test_burden_itself_is_told_from_what_can_be_held_against_it(text: str, is_burden: bool) -> None:
    assert m.measures_burden(parse(text)) == is_burden


@pytest.mark.parametrize(("typed", "meant"), [("TP35", "TP53"), ("KRSA", "KRAS"), ("TP5", "TP53")])
def test_a_misspelt_gene_is_answered_with_the_one_that_was_meant_first(typed: str, meant: str) -> None:
    known = ["UTP3", "TPM3", "TP73", "TP53", "TP63", "STK11", "STK10", "KRAS", "NRAS", "HRAS", "KRT8"]
    assert near_names(typed, known)[0] == meant


def test_what_is_nested_beyond_reading_is_one_sentence_and_brackets_alone_are_not_nested() -> None:
    with pytest.raises(BiomarkerSyntaxError, match="more than 50 deep"):
        parse("not " * 2000 + "ALK")
    assert canonical(parse("(" * 300 + "ALK" + ")" * 300)) == "ALK"
    assert canonical(parse(" & ".join(f"G{n}" for n in range(100, 300)))).count("&") == 199


def test_an_empty_text_has_no_caret_for_there_is_nothing_to_point_at() -> None:
    with pytest.raises(BiomarkerSyntaxError) as error:
        parse("  ")
    assert str(error.value) == "The biomarker is empty: write a gene, e.g. ALK."
