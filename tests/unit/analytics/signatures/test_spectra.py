"""Counting channels on a small generated genome (FASTA and 2bit), published tables, wrong input."""

import struct

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidColumnError, MissingColumnError, NoRowsError
from analytics.signatures.reference_genome import MissingGenomeError, WrongGenomeError, open_genome
from analytics.signatures.spectra import CHANNELS, count_spectra

#          1234567890123456
CHR1 = "ACGTTTCAGGATCCNA"
CHR2 = "".join(np.random.default_rng(8).choice(list("ACGT"), 4000))
CHROMOSOMES = {"chr1": CHR1, "chr2": CHR2, "chrM": "ACACACGT"}
PAIR = {"A": "T", "C": "G", "G": "C", "T": "A"}


def write_two_bit(path, chromosomes):
    """The 2bit format of UCSC: header, index, then per contig its N blocks and four bases per byte."""
    bodies = []
    for sequence in chromosomes.values():
        blocks = [i for i, base in enumerate(sequence) if base == "N"]
        padded = sequence.replace("N", "T") + "T" * (-len(sequence) % 4)
        codes = ["TCAG".index(base) for base in padded]
        packed = bytes(
            (codes[i] << 6) | (codes[i + 1] << 4) | (codes[i + 2] << 2) | codes[i + 3]
            for i in range(0, len(codes), 4)
        )
        body = struct.pack("<II", len(sequence), len(blocks))
        body += b"".join(struct.pack("<I", b) for b in blocks) + struct.pack("<I", 1) * len(blocks)
        bodies.append(body + struct.pack("<II", 0, 0) + packed)
    index_size = sum(1 + len(name) + 4 for name in chromosomes)
    offset = 16 + index_size
    out = struct.pack("<IIII", 0x1A412743, 0, len(chromosomes), 0)
    for name, body in zip(chromosomes, bodies, strict=True):
        out += struct.pack("<B", len(name)) + name.encode() + struct.pack("<I", offset)
        offset += len(body)
    path.write_bytes(out + b"".join(bodies))


@pytest.fixture(scope="module", params=["fasta", "2bit"])
def genome(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("genome")
    if request.param == "2bit":
        write_two_bit(folder / "small.2bit", CHROMOSOMES)
        return open_genome(folder / "small.2bit")
    lines = [f">{name}\n{sequence}\n" for name, sequence in CHROMOSOMES.items()]
    (folder / "small.fa").write_text("".join(lines))
    return open_genome(folder / "small.fa")


def mutations(*rows):
    return pd.DataFrame(rows, columns=["sample_id", "chromosome", "position", "ref", "alt"])


def counted(spectra, sample="P1"):
    row = spectra.counts.loc[sample]
    return row[row > 0].to_dict()


def test_a_pyrimidine_is_read_with_its_two_neighbours(genome):
    # Position 7 of ACGTTTCAGG is C between T and A.
    assert counted(count_spectra(mutations(("P1", "chr1", 7, "C", "T")), genome)) == {"T[C>T]A": 1}


def test_a_purine_is_read_from_the_other_strand(genome):
    # Position 9 is G between A and G: C between C and T on the other strand.
    assert counted(count_spectra(mutations(("P1", "chr1", 9, "G", "T")), genome)) == {"C[C>A]T": 1}


@pytest.mark.parametrize("spelling", ["2", "chr2"])
def test_chromosomes_are_found_with_and_without_chr(genome, spelling):
    base = CHR2[99]
    spectra = count_spectra(mutations(("P1", spelling, 100, base, PAIR[base])), genome)
    assert spectra.counts.to_numpy().sum() == 1


def test_the_mitochondrion_is_found_under_its_other_name(genome):
    assert counted(count_spectra(mutations(("P1", "MT", 2, "C", "T")), genome)) == {"A[C>T]A": 1}


def test_a_thousand_mutations_equal_a_count_one_by_one(genome):
    rng = np.random.default_rng(1)
    rows, expected = [], pd.DataFrame(0, index=["P1", "P2"], columns=CHANNELS)
    for position in rng.choice(np.arange(2, 3999), 1000, replace=False):
        ref = CHR2[position - 1]
        alt = rng.choice([base for base in "ACGT" if base != ref])
        sample = rng.choice(["P1", "P2"])
        rows.append((sample, "2", position, ref, alt))
        five, three = CHR2[position - 2], CHR2[position]
        if ref in "AG":
            five, three, ref, alt = PAIR[three], PAIR[five], PAIR[ref], PAIR[alt]
        expected.loc[sample, f"{five}[{ref}>{alt}]{three}"] += 1
    spectra = count_spectra(mutations(*rows), genome)
    pd.testing.assert_frame_equal(
        spectra.counts.loc[["P1", "P2"]], expected, check_names=False, check_dtype=False
    )
    assert spectra.left_out.empty


def test_what_cannot_be_counted_is_left_out_with_a_reason_and_a_number(genome):
    good = [("P1", "chr2", p, CHR2[p - 1], PAIR[CHR2[p - 1]]) for p in range(10, 80)]
    bad = [
        ("P1", "chr1", 7, "CA", "C"),
        ("P1", "chr1", 7, "C", "-"),
        ("P1", "chr2", 10, CHR2[9], PAIR[CHR2[9]]),
        ("P1", "GL000192.1", 5, "A", "C"),
        ("P1", "chr1", 1, "A", "C"),
        ("P1", "chr1", 14, "C", "T"),
        ("P1", "chr1", 99, "C", "T"),
        ("P1", "chr1", 7, "G", "T"),
    ]
    spectra = count_spectra(mutations(*good, *bad), genome)
    assert spectra.n_mutations["P1"] == 70
    assert dict(zip(spectra.left_out["reason"], spectra.left_out["n"], strict=True)) == {
        "not a substitution of one base": 2,
        "exact repeat within the sample": 1,
        "contig not in the reference genome": 1,
        "N or contig end beside the base": 3,
        "reference base disagrees with the genome": 1,
    }
    assert len(spectra.warnings) == 5


def test_a_sample_with_nothing_countable_stays_as_a_row_of_zeros(genome):
    spectra = count_spectra(mutations(("P1", "chr1", 7, "C", "T"), ("P2", "chr1", 7, "CA", "C")), genome)
    assert spectra.n_mutations.to_dict() == {"P1": 1, "P2": 0}


def test_mutations_of_another_build_are_refused(genome):
    rows = [("P1", "chr2", p, PAIR[CHR2[p - 1]], CHR2[p - 1]) for p in range(10, 60)]
    with pytest.raises(WrongGenomeError, match=r"50 of 50 reference bases disagree .* GRCh38"):
        count_spectra(mutations(*rows), genome)
    with pytest.raises(WrongGenomeError, match="No chromosome of the mutations"):
        count_spectra(mutations(("P1", "scaffold_7", 5, "A", "C")), genome)


@pytest.mark.parametrize("location", [None, "", "nowhere/hg19.fa"])
def test_a_missing_genome_is_one_sentence_with_the_remedy(location):
    with pytest.raises(MissingGenomeError, match=r"FASTA .* or 2bit .* right build\.$") as caught:
        open_genome(location)
    assert str(caught.value).count(". ") == 0


def test_a_file_that_is_no_genome_is_one_sentence(tmp_path):
    broken = tmp_path / "broken.2bit"
    broken.write_bytes(b"<html>not found</html>")
    with pytest.raises(MissingGenomeError, match="cannot be read"):
        open_genome(broken)


def test_counting_without_a_genome_is_refused():
    with pytest.raises(MissingGenomeError, match="No reference genome is configured"):
        count_spectra(mutations(("P1", "chr1", 7, "C", "T")), None)


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        (mutations().drop(columns="alt"), MissingColumnError, "'alt' is not in the mutation table"),
        (mutations(), NoRowsError, "is empty"),
        (mutations(("P1", "chr1", "7-Sep", "C", "T")), InvalidColumnError, "not a whole number"),
    ],
)
def test_bad_mutation_tables_are_refused(genome, table, error, words):
    with pytest.raises(error, match=words):
        count_spectra(table, genome)


def test_slices_of_chromosomes_give_the_channels_of_the_whole_genome_and_nothing_outside(tmp_path):
    (tmp_path / "whole.fa").write_text(f">2\n{CHR2}\n")
    slices = [(101, 400), (401, 500), (1001, 3000)]
    text = "".join(f">chr2:{first}-{last} note\n{CHR2[first - 1 : last]}\n" for first, last in slices)
    (tmp_path / "slices.fa").write_text(text)
    whole, sliced = open_genome(tmp_path / "whole.fa"), open_genome(tmp_path / "slices.fa")
    rng = np.random.default_rng(1)
    inside = [int(p) for first, last in [(101, 500), (1001, 3000)] for p in rng.integers(first + 1, last, 60)]
    rows = [("P1", "2", p, CHR2[p - 1], PAIR[CHR2[p - 1]]) for p in sorted(set(inside))]
    outside = [("P1", "2", p, CHR2[p - 1], PAIR[CHR2[p - 1]]) for p in (50, 101, 500, 700, 3000)]
    expected = count_spectra(mutations(*rows), whole)
    found = count_spectra(mutations(*rows, *outside), sliced)
    pd.testing.assert_frame_equal(found.counts, expected.counts)
    assert found.left_out.set_index("reason")["n"].to_dict() == {"N or contig end beside the base": 5}
    assert sliced.fetch("chr2", 395, 405) == CHR2[395:405]
    assert sliced.fetch("chr2", 495, 1003) == CHR2[495:500] + "N" * 500 + CHR2[1000:1003]


@pytest.mark.parametrize(
    ("contigs", "words"),
    [
        ({"chr2:1-10": "ACGTACGTAC", "chr3": "ACGT"}, "chr3 is no slice"),
        ({"chr2:1-10": "ACGT"}, "holds 4 bases"),
        ({"chr2:1-4": "ACGT", "chr2:4-7": "TACG"}, "chromosome chr2 overlap"),
    ],
)
def test_slices_that_contradict_their_names_are_refused_in_one_sentence(tmp_path, contigs, words):
    (tmp_path / "odd.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in contigs.items()))
    with pytest.raises(MissingGenomeError, match=words):
        open_genome(tmp_path / "odd.fa")


def test_positions_far_apart_and_unsorted_are_read_in_pieces_with_the_same_answer(tmp_path):
    bases = "".join(np.random.default_rng(3).choice(list("ACGT"), 60_000))
    (tmp_path / "long.fa").write_text(f">1\n{bases}\n")
    places = [50_000, 12, 30_001, 30_000, 2, 59_999]
    rows = [("P1", "1", p, bases[p - 1], PAIR[bases[p - 1]]) for p in places]
    found = counted(count_spectra(mutations(*rows), open_genome(tmp_path / "long.fa")))
    expected: dict[str, int] = {}
    for p in places:
        before, ref, after = bases[p - 2], bases[p - 1], bases[p]
        alt = PAIR[ref]
        if ref in "AG":
            before, ref, alt, after = PAIR[after], PAIR[ref], PAIR[alt], PAIR[before]
        expected[f"{before}[{ref}>{alt}]{after}"] = expected.get(f"{before}[{ref}>{alt}]{after}", 0) + 1
    assert found == expected
