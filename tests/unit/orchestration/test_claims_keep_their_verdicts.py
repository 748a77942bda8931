"""A claim whose verdict is another than in the published version is a warning on the page of the claims."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.checks.claims import keep_verdicts, published_verdicts


def test_a_verdict_that_moved_is_named_and_new_and_withdrawn_claims_are_none() -> None:
    before = {"a": "exact", "b": "exact", "gone": "exact"}
    assert keep_verdicts({"a": "exact", "b": "exact", "new": "off"}, before).passed
    moved = keep_verdicts({"a": "exact", "b": "off"}, before)
    assert not moved.passed
    assert moved.metadata["b"].value == "exact -> off"


def test_there_are_no_verdicts_before_the_first_version_or_in_one_without_claims(tmp_path: Path) -> None:
    file = tmp_path / "icb.duckdb"
    assert published_verdicts(file) == {}
    with duckdb.connect(str(file)) as con:
        con.execute("create schema stats")
    assert published_verdicts(file) == {}
    with duckdb.connect(str(file)) as con:
        con.execute("create table stats.claim_checks as select 'a' as claim_id, 'exact' as verdict")
    assert published_verdicts(file) == {"a": "exact"}
