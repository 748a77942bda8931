"""Which process made most of a sample's mutations."""

import pandas as pd

from analytics.signatures.processes import SIGNATURES_OF_PROCESS, dominant_process


def exposures(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["sample", "signature", "exposure"])


def test_signatures_of_one_process_are_added_before_processes_are_compared() -> None:
    found = dominant_process(
        exposures(
            ("a", "SBS7a", 40.0),
            ("a", "SBS7b", 35.0),
            ("a", "SBS5", 60.0),
            ("b", "SBS2", 5.0),
            ("b", "SBS1", 9.0),
        )
    )
    assert dict(found) == {"a": "ultraviolet", "b": "other"}


def test_a_sample_in_which_nothing_is_explained_has_no_process() -> None:
    assert "a" not in dominant_process(exposures(("a", "SBS4", 0.0), ("b", "SBS4", 1.0))).index
    assert dominant_process(exposures()).empty


def test_no_signature_is_of_two_processes() -> None:
    names = [name for group in SIGNATURES_OF_PROCESS.values() for name in group]
    assert len(names) == len(set(names))
