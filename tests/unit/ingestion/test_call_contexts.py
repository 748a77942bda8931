"""Spectra of calls that carry the sequence around them: channels, strands, repeats, and contexts that disagree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parsing_help import listed, make_cohort, parse
from pydantic import ValidationError

from ingestion.parsing.call_contexts import channel_of

FILE: dict[str, Any] = {
    "kind": "mutation_spectra",
    "sample_id": "patient",
    "contexts": {"context": "ctx", "reference": "ref", "alternate": "alt", "same_call": ["pos"]},
}


@pytest.mark.parametrize(
    ("context", "reference", "alternate", "channel"),
    [
        ("TTCAG", "C", "T", "T[C>T]A"),
        # G>A on this strand is C>T on the other: TGA is TCA there
        ("CTGAA", "G", "A", "T[C>T]A"),
        ("GATCC", "T", "G", "A[T>G]C"),
        ("GGATT", "A", "C", "A[T>G]C"),
    ],
)
def test_the_channel_is_that_of_the_pyrimidine_strand(
    context: str, reference: str, alternate: str, channel: str
) -> None:
    assert channel_of(context, reference, alternate) == channel


@pytest.mark.parametrize(
    ("context", "reference"), [("TTCA", "C"), ("TTGAG", "C"), ("TNCAG", "C"), ("C", "C"), ("", "C")]
)
def test_a_context_that_cannot_be_that_of_the_call_has_no_channel(context: str, reference: str) -> None:
    assert channel_of(context, reference, "T") is None


def test_each_call_counts_once_and_other_changes_are_no_substitutions(tmp_path: Path) -> None:
    path = tmp_path / "calls.tsv"
    path.write_text(
        "patient\tpos\tref\talt\tctx\n"
        "p1\t1\tC\tT\tTTCAG\np1\t1\tC\tT\tTTCAG\np1\t2\tG\tA\tctgaa\np1\t3\tC\t-\tTTCAG\np1\t4\tC\tT\tTTGAG\n"
        "p2\t5\tCA\tC\tTTCAG\n"
    )
    tables = parse(path, FILE)
    assert listed(tables, "mutation_spectra", "sample_id", "channel", "n_mutations", "source_row") == [
        ("p1", "T[C>T]A", "2", 2)
    ]
    assert listed(tables, "signature_samples", "sample_id", "table_kind") == [
        ("p1", "spectrum"),
        ("p2", "spectrum"),
    ]
    assert listed(tables, "rejected_rows", "rule_id", "source_row") == [("context_disagrees", 6)]


def test_contexts_belong_to_spectra() -> None:
    with pytest.raises(ValidationError, match="belongs to kind mutation_spectra"):
        make_cohort(FILE | {"kind": "mutations"})
