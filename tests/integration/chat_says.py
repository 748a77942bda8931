"""What a chat says of a question, held against what the terminal prints of it."""

from __future__ import annotations

from typing import Any


def assert_chat_says(said: dict[str, Any], printed: dict[str, Any]) -> None:
    """``said`` : the structured content of ``ask_biomarker``. ``printed`` : what ``icb ask --format json`` prints."""
    assert said["question"] == printed["question"]
    assert said["headline"] == printed["headline"]["sentence"]
    for word in ("verdict", "against", "would_settle"):
        assert said[word] == printed["headline"][word]
    for mine, theirs in zip(said["comparisons"], printed["comparisons"], strict=True):
        pairs = [(mine["pooled"], theirs["pooled"])]
        pairs += zip(mine["cohorts"], theirs["cohorts"], strict=True)
        pairs += zip(mine["beside"], theirs["beside"], strict=True)
        for row, told in pairs:
            assert (row["cohort"], row["n"], row["name"]) == (told["cohort_id"], told["n"], told["name"])
            if row["kind"] == "estimate":
                for number in ("estimate", "ci_low", "ci_high", "p", "events", "adjusted_for", "estimator"):
                    assert row[number] == told[number], (row["name"], number)
                assert row["guards"]
            else:
                assert told["estimate"] is None or told["events"] is None
                assert row["why"]
