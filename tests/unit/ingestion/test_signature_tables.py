"""Tables of spectra, exposures and reference signatures: cells to rows, every sample known, bad cells rejected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from parsing_help import listed, parse
from pydantic import ValidationError

from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.parsing.signature_tables import CHANNELS

SPECTRA = {
    "kind": "mutation_spectra",
    "format": {"delimiter": ","},
    "sample_id": {"column": "header", "pattern": r"::(P\d+-\d\d)"},
}
EXPOSURES = {
    "kind": "published_exposures",
    "format": {"delimiter": ","},
    "sample_id": {"column": "Sample Names", "pattern": r"^(P\d+-\d\d)"},
}
PROFILES = {
    "kind": "signature_profiles",
    "signatures": {"reference_id": "syn", "version": "1", "target": "exome", "ncbi_build": "GRCh37"},
}


def spectra_csv(path: Path, samples: Sequence[str], cells: dict[tuple[str, str], str]) -> Path:
    """Two channel columns; every cell 0 but those given as (channel, sample)."""
    lines = ["Mutation type,Trinucleotide," + ",".join(samples)]
    for channel in CHANNELS:
        label = f"{channel[2:5]},{channel[0]}{channel[2]}{channel[6]}"
        lines.append(label + "," + ",".join(cells.get((channel, sample), "0") for sample in samples))
    path.write_text("\n".join(lines) + "\n")
    return path


def profiles_tsv(path: Path, first: str = "0.5") -> Path:
    lines = ["Type\tSBS1\tSBS7a"] + [f"{channel}\t0.0\t0.25" for channel in CHANNELS]
    lines[1] = f"{CHANNELS[0]}\t{first}\t0"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_cells_become_rows_with_their_line_and_samples_without_a_mutation_are_listed(tmp_path: Path) -> None:
    cells = {("A[C>A]A", "X::P1-01A"): "4", ("T[T>G]T", "X::P1-01A"): "2"}
    tables = parse(spectra_csv(tmp_path / "s.csv", ["X::P1-01A", "X::P2-06A"], cells), SPECTRA)
    found = listed(tables, "mutation_spectra", "sample_id", "channel", "n_mutations", "source_row")
    assert found == [("P1-01", "A[C>A]A", "4", 2), ("P1-01", "T[T>G]T", "2", 97)]
    known = listed(tables, "signature_samples", "sample_id", "sample_raw", "table_kind", "source_row")
    assert known == [("P1-01", "X::P1-01A", "spectrum", 1), ("P2-06", "X::P2-06A", "spectrum", 1)]
    assert tables["rejected_rows"].num_rows == 0


def test_a_column_without_a_sample_and_a_second_aliquot_are_rejected_by_name(tmp_path: Path) -> None:
    samples = ["X::P1-01A", "X::P1-01B", "remarks"]
    cells = {("A[C>A]A", sample): "3" for sample in samples}
    tables = parse(spectra_csv(tmp_path / "s.csv", samples, cells), SPECTRA)
    assert listed(tables, "signature_samples", "sample_id") == ["P1-01"]
    assert listed(tables, "mutation_spectra", "n_mutations") == ["3"]
    rejected = listed(tables, "rejected_rows", "rule_id", "value")
    assert sorted(rejected) == [("missing_key", "remarks"), ("repeated_sample", "X::P1-01B")]


@pytest.mark.parametrize("bad", ["1.5", "-1", "many", "NA", ""])
def test_a_cell_that_is_no_count_is_rejected_with_line_channel_and_sample(tmp_path: Path, bad: str) -> None:
    cells = {("A[C>A]C", "X::P1-01A"): bad, ("A[C>A]A", "X::P1-01A"): "1"}
    tables = parse(spectra_csv(tmp_path / "s.csv", ["X::P1-01A"], cells), SPECTRA)
    assert listed(tables, "mutation_spectra", "channel") == ["A[C>A]A"]
    rejected = listed(tables, "rejected_rows", "rule_id", "source_row", "column_name", "value")
    assert rejected == [("not_a_number", 3, "A[C>A]C, P1-01", bad or None)]


def test_published_exposures_become_rows_and_keep_the_published_accuracy(tmp_path: Path) -> None:
    text = "Cancer Types,Sample Names,Accuracy,SBS1,SBS7a\nX,P1-01A,0.91,0,12\nX,P2-01A,0.80,3.5,0\nX,Q,0.1,1,1\n"
    (tmp_path / "e.csv").write_text(text)
    tables = parse(tmp_path / "e.csv", EXPOSURES)
    found = listed(tables, "published_exposures", "sample_id", "signature", "n_mutations", "source_row")
    assert found == [("P1-01", "SBS7a", "12", 2), ("P2-01", "SBS1", "3.5", 3)]
    known = listed(tables, "signature_samples", "sample_id", "cosine_similarity", "table_kind")
    assert known == [("P1-01", "0.91", "exposures"), ("P2-01", "0.80", "exposures")]
    assert listed(tables, "rejected_rows", "rule_id", "value", "source_row") == [("missing_key", "Q", 4)]


def test_reference_profiles_keep_their_zeros_and_say_which_release_they_are(tmp_path: Path) -> None:
    tables = parse(profiles_tsv(tmp_path / "p.txt"), PROFILES)
    rows = listed(
        tables, "signature_profiles", "reference_id", "target", "signature", "channel", "probability"
    )
    assert len(rows) == 2 * 96
    assert rows[0] == ("syn", "exome", "SBS1", "A[C>A]A", "0.5")
    assert rows[1] == ("syn", "exome", "SBS7a", "A[C>A]A", "0")


@pytest.mark.parametrize("bad", ["", "1.2", "-0.1", "x"])
def test_a_hole_in_a_reference_profile_stops_the_run(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ParseError, match=r"line 2: the probability .* SBS1 is no number from 0 to 1"):
        parse(profiles_tsv(tmp_path / "p.txt", bad), PROFILES)


def test_a_table_without_the_96_channels_or_without_signatures_names_what_is_odd(tmp_path: Path) -> None:
    path = spectra_csv(tmp_path / "s.csv", ["X::P1-01A"], {})
    path.write_text(path.read_text().replace("C>A,ACA", "C>A,AGA"))
    with pytest.raises(
        ParseError, match=r"96 channels of single-base substitutions, see '(A\[C>A\]A|C>A in AGA)'"
    ):
        parse(path, SPECTRA)
    (tmp_path / "e.csv").write_text("Sample Names,Age\nP1-01A,3\n")
    with pytest.raises(ParseError, match="no column is a signature; the file has: Sample Names, Age"):
        parse(tmp_path / "e.csv", EXPOSURES)


def test_the_catalogue_asks_for_the_release_of_a_signature_table_and_for_the_sample_of_a_spectrum() -> None:
    entry = {"id": "f", "address": "https://x.example/f"}
    with pytest.raises(ValidationError, match="needs 'signatures'"):
        SourceFile.model_validate(entry | {"kind": "signature_profiles"})
    with pytest.raises(ValidationError, match="mutation_spectra table needs sample_id"):
        SourceFile.model_validate(entry | {"kind": "mutation_spectra"})
