"""What the page of an analysis shows beyond its tables: checks of its estimates, and numbers for trends."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd

from orchestration.assets.analysis_metadata import trends
from orchestration.checks.estimates import ESTIMATES_KEPT, FITTED, checked_estimates, checked_verdicts

COLUMNS = ("stat_id", "analysis_id", "variant", "endpoint", "cohort_id", "estimate_key", "scale", "events", "estimate",
           "warnings")  # fmt: skip


def survival(*rows: tuple[str, float | None, tuple[str, ...]]) -> pd.DataFrame:
    """Rows of ``survival_stats``: key, hazard ratio, warnings."""
    return pd.DataFrame(
        [(f"a/default/{key}", "a", "default", "OS", None, key, "hazard ratio", 40, ratio, list(warnings))
         for key, ratio, warnings in rows],
        columns=[*COLUMNS],
    )  # fmt: skip


def published(folder: Path, **tables: pd.DataFrame) -> Path:
    path = folder / "icb.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema stats")
        for name, frame in tables.items():
            con.register("frame", frame)
            con.execute(f"create table stats.{name} as select * from frame")
    return path


def by_name(results: list[dg.AssetCheckResult]) -> dict[str | None, dg.AssetCheckResult]:
    return {result.check_name: result for result in results}


def test_a_fit_that_did_not_converge_is_named_with_its_reason_and_one_of_few_people_is_not(
    tmp_path: Path,
) -> None:
    tables = {
        "survival_stats": survival(
            ("os.cox", 0.5, ()),
            (
                "os.firth",
                None,
                ("Firth's penalised likelihood did not reach its maximum: use fewer covariates.",),
            ),
            ("os.cox.few", None, ("4 people with the signature, fewer than 10.",)),
        )
    }
    result = by_name(checked_estimates("a", tables, tmp_path / "none.duckdb"))[FITTED]
    assert not result.passed and result.severity is dg.AssetCheckSeverity.WARN
    assert result.metadata["fits without a maximum"].value == 1
    assert "did not reach its maximum" in str(result.metadata["default/os.firth"].value)


def test_an_estimate_that_the_published_version_has_and_this_one_has_not_is_named(tmp_path: Path) -> None:
    old = survival(("os.cox", 0.5, ()), ("os.gone", 0.7, ()), ("os.never", None, ()), ("os.empty", 0.9, ()))
    new = survival(("os.cox", 0.6, ()), ("os.empty", None, ()), ("os.more", 0.4, ()))
    file = published(tmp_path, survival_stats=old)
    result = by_name(checked_estimates("a", {"survival_stats": new}, file))[ESTIMATES_KEPT]
    assert not result.passed
    named = {name for name in result.metadata if "/" in name}
    assert named == {"survival_stats a/default/os.gone", "survival_stats a/default/os.empty"}
    of_another = by_name(checked_estimates("b", {"survival_stats": new}, file))[ESTIMATES_KEPT]
    assert of_another.passed, "another analysis has nothing there to lose"


def test_a_verdict_that_is_another_is_named_with_both(tmp_path: Path) -> None:
    old = survival(("os.ratio", 2.0, ())).assign(verdict="predictive")
    new = survival(("os.ratio", 1.1, ()), ("os.new", 1.0, ())).assign(verdict="undetermined")
    result = checked_verdicts("interaction_stats", new, published(tmp_path, interaction_stats=old))
    assert not result.passed and result.severity is dg.AssetCheckSeverity.WARN
    assert result.metadata["other verdicts"].value == 1
    assert "predictive -> undetermined" in [value.value for value in result.metadata.values()]
    assert checked_verdicts("interaction_stats", new, tmp_path / "none.duckdb").passed


def test_people_events_and_the_leading_ratios_are_numbers() -> None:
    members = pd.DataFrame(
        {
            "variant": ["default"] * 3 + ["other"],
            "person_id": ["P1", "P1", "P2", "P3"],
            "is_member": [True] * 4,
        }
    )
    stats = survival(("os.cox.without.c", 0.4, ()), ("os.cox", 0.5, ()), ("os.none", None, ()))
    of_one_cohort = survival(("os.cox", 0.1, ())).assign(cohort_id="a_cohort")
    stats = pd.concat([stats, of_one_cohort], ignore_index=True)
    tables = {"analysis_members": members, "survival_stats": stats}
    found = trends(tables)
    assert found == {
        "people": 2,
        "events of OS": 40,
        "hazard ratio os.cox": 0.5,
        "hazard ratio os.cox.without.c": 0.4,
    }
    assert list(found)[2] == "hazard ratio os.cox", "what is of everybody stands first"
    of_arms = survival(*((f"os.arm_{i}", 0.9, ()) for i in range(20)))
    of_both = trends({"interaction_stats": of_arms, **tables})
    assert list(of_both)[:3] == list(found)[:3], "survival stands before arms"
    assert len(of_both) == 2 + 16, "people, events, and no more plots than a page has room for"
