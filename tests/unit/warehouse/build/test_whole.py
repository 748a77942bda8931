"""A build is whole when every step of it is done and was made of what stands beside it now; only such a one may be
published, whatever was materialised, in whatever order, after whatever fault.

The random story has a graph of its own. Every step writes down from which loads of the raw table its content comes, and
the check reads these, never the stamps: a version whose tables come from two loads is mixed.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from warehouse.build.steps import (
    begin,
    begin_result,
    complete,
    complete_result,
    fail,
    gather_results,
    in_one_step,
    stamps_of,
    steps_in,
)
from warehouse.build.whole import BuildStateError, require_draft, require_whole
from warehouse.versions.layout import Version

#: Step -> what it reads: a model between others, a mart that two analyses read, tables that gather them.
GRAPH: dict[str, tuple[str, ...]] = {
    "raw/cohorts": (),
    "vocabulary/words": (),
    "staging/patients": ("raw/cohorts", "vocabulary/words"),
    "intermediate/persons": ("staging/patients",),
    "marts/patients": ("intermediate/persons", "staging/patients"),
    "marts/genes": ("staging/patients",),
    "analyses/a": ("marts/patients",),
    "analyses/b": ("marts/patients", "marts/genes"),
    "stats/survival": ("analyses/a", "analyses/b"),
    "stats/claims": ("stats/survival", "marts/genes"),
}
DBT = tuple(
    step for step in GRAPH if step.split("/")[0] in ("vocabulary", "staging", "intermediate", "marts")
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def everything(con: duckdb.DuckDBPyConnection, results: Path, run: str = "run") -> None:
    """One whole build."""
    complete(con, {"raw/cohorts": ()}, run)
    complete(con, {step: GRAPH[step] for step in DBT}, run)
    for analysis in ("analyses/a", "analyses/b"):
        complete_result(results, analysis, stamps_of(con, GRAPH[analysis]), run)
    gather_results(con, results)
    complete(con, {step: GRAPH[step] for step in ("stats/survival", "stats/claims")}, run)


def refusal(con: duckdb.DuckDBPyConnection, results: Path) -> str:
    with pytest.raises(BuildStateError) as refused:
        require_whole(con, results, GRAPH)
    return str(refused.value)


def test_a_build_of_one_run_is_whole_and_has_the_stamp_of_its_raw_tables(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    everything(con, tmp_path)
    steps = require_whole(con, tmp_path, GRAPH)
    assert steps.keys() == GRAPH.keys()
    assert steps["staging/patients"].made_from["raw/cohorts"] == steps["raw/cohorts"].stamp


def test_without_a_build_the_first_step_is_named(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    said = refusal(con, tmp_path)
    assert "raw/cohorts has not been made (and 9 more steps)" in said
    assert (
        "materialise raw/cohorts and everything downstream of it, or run the job 'build_from_sources'" in said
    )


def test_raw_tables_that_were_loaded_again_alone_are_named_by_what_was_made_of_the_earlier_ones(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    everything(con, tmp_path)
    complete(con, {"raw/cohorts": ()}, "later")
    assert "staging/patients was made before raw/cohorts was made again" in refusal(con, tmp_path)


def test_a_run_that_was_killed_while_it_wrote_is_named_with_its_step(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    everything(con, tmp_path)
    begin(con, ["marts/patients", "marts/genes"], "0123456789")
    assert "run 01234567 was writing marts/genes and did not end" in refusal(con, tmp_path)


def test_a_model_that_failed_is_named_and_what_was_made_before_the_failure_is_not_published(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    everything(con, tmp_path)
    fail(con, ["marts/patients"], "later")
    assert "marts/patients failed in run later" in refusal(con, tmp_path)
    assert con.execute("select state from build.layers where layer = 'marts'").fetchall() == [
        ("failed at marts/patients",)
    ]


def test_a_step_between_that_is_made_again_last_does_not_hide_what_was_made_of_the_one_before(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The order matters, not only which steps bear the newest build."""
    everything(con, tmp_path)
    complete(con, {"raw/cohorts": ()}, "later")
    for step in ("staging/patients", "vocabulary/words", "marts/patients", "intermediate/persons"):
        complete(con, {step: GRAPH[step]}, "later")
    assert "staging/patients was made before vocabulary/words was made again" in refusal(con, tmp_path)
    complete(con, {"staging/patients": GRAPH["staging/patients"]}, "later")
    assert "intermediate/persons was made before staging/patients was made again" in refusal(con, tmp_path)


def test_an_analysis_that_was_broken_off_has_no_result_and_one_of_earlier_tables_is_out_of_step(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    everything(con, tmp_path)
    read = stamps_of(con, GRAPH["analyses/a"])
    begin_result(tmp_path, "analyses/a")
    complete(con, {"marts/patients": GRAPH["marts/patients"]}, "later")
    assert "analyses/a has not been made" in refusal(con, tmp_path)
    complete_result(tmp_path, "analyses/a", read, "later")
    assert "analyses/a was made before marts/patients was made again" in refusal(con, tmp_path)


def test_tables_that_gathered_an_analysis_which_is_gone_are_made_again(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    everything(con, tmp_path)
    without = {step: tuple(r for r in reads if r != "analyses/b") for step, reads in GRAPH.items()}
    del without["analyses/b"]
    with pytest.raises(
        BuildStateError, match="stats/survival was made of analyses/b, which it reads no more"
    ):
        require_whole(con, tmp_path, without)


def test_what_is_written_in_one_step_is_there_with_its_stamp_or_not_at_all(
    con: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(KeyboardInterrupt), in_one_step(con):
        con.execute("create table t as select 1 as n")
        complete(con, {"raw/cohorts": ()}, "run")
        raise KeyboardInterrupt
    assert steps_in(con) == {}
    assert con.execute("select count(*) from duckdb_tables() where table_name = 't'").fetchone() == (0,)


def test_a_draft_of_another_build_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    complete(con, {"draft/icb": ()}, "run", stamp="20261129T120000Z-aaaaaaaa")
    step = steps_in(con)["draft/icb"]
    require_draft(Version(tmp_path / ".20261129T120000Z-aaaaaaaa.draft"), step)
    with pytest.raises(BuildStateError, match="materialise draft/icb"):
        require_draft(Version(tmp_path / ".20261129T110000Z-bbbbbbbb.draft"), step)


@dataclass
class Story:
    """What a run does to the build, with contents that say from which load of the raw tables they come."""

    con: duckdb.DuckDBPyConnection
    results: Path
    chance: random.Random
    loads: int = 0
    #: Step -> loads of the raw table that its content comes from.
    content: dict[str, frozenset[int]] = field(default_factory=dict)

    def run(self, selected: Collection[str], number: int) -> None:
        """Carry out the selected steps in the graph's order; any may fail, be cancelled, or be killed."""
        run = f"run{number}"
        chosen = [step for step in GRAPH if step in selected]
        dbt = [step for step in chosen if step in DBT]
        lost: set[str] = set()  # a step below one that failed is not carried out
        if "raw/cohorts" in chosen and not self._load(run):
            return
        if dbt and not self._dbt(dbt, run, lost):
            return
        for step in chosen:
            if step in DBT or step == "raw/cohorts" or lost & set(GRAPH[step]):
                lost |= {step} if lost & set(GRAPH[step]) else set()
                continue
            if step.startswith("analyses/"):
                begin_result(self.results, step)
                made_from = stamps_of(self.con, GRAPH[step])
                self._write(step)  # the files are replaced before the stamp is there
                if self.chance.random() < 0.2:
                    lost.add(step)
                    continue
                complete_result(self.results, step, made_from, run)
                continue
            if self.chance.random() < 0.2:
                lost.add(step)
                continue
            with in_one_step(self.con):
                gather_results(self.con, self.results)
                complete(self.con, {step: GRAPH[step]}, run)
            self._write(step)

    def _load(self, run: str) -> bool:
        if self.chance.random() < 0.2:
            return False  # one transaction: nothing has happened
        self.loads += 1
        self.content["raw/cohorts"] = frozenset({self.loads})
        complete(self.con, {"raw/cohorts": ()}, run)
        return True

    def _dbt(self, steps: list[str], run: str, lost: set[str]) -> bool:
        """Whether the run goes on. A kill leaves some tables written and no stamp."""
        begin(self.con, steps, run)
        killed_at = self.chance.choice([*steps, None, None, None])
        for step in steps:
            if step == killed_at:
                return False
            if lost & set(GRAPH[step]) or self.chance.random() < 0.1:
                lost.add(step)
            else:
                self._write(step)
        fail(self.con, lost, run)
        complete(self.con, {step: GRAPH[step] for step in steps if step not in lost}, run)
        return True

    def _write(self, step: str) -> None:
        self.content[step] = frozenset().union(*(self.content.get(read, frozenset()) for read in GRAPH[step]))

    def is_whole(self) -> bool:
        try:
            require_whole(self.con, self.results, GRAPH)
        except BuildStateError:
            return False
        return True

    def is_of_one_load(self) -> bool:
        of_raw = {step: loads for step, loads in self.content.items() if step != "vocabulary/words"}
        return of_raw.keys() == GRAPH.keys() - {"vocabulary/words"} and set(of_raw.values()) == {
            frozenset({self.loads})
        }


class NothingFails(random.Random):
    """A run in which nothing fails."""

    def random(self) -> float:
        return 1.0

    def choice(self, seq):  # type: ignore[no-untyped-def]
        return None


@pytest.mark.parametrize("seed", range(12))
def test_no_order_of_subsets_failures_cancels_and_kills_makes_a_mixed_build_whole(
    tmp_path: Path, seed: int
) -> None:
    with duckdb.connect() as con:
        story = Story(con, tmp_path, random.Random(seed))
        n_whole = 0
        for number in range(40):
            size = story.chance.randint(1, len(GRAPH))
            story.run(story.chance.sample(list(GRAPH), size), number)
            if story.is_whole():
                n_whole += 1
                assert story.is_of_one_load(), f"seed {seed}, run {number}: {story.content}"
        story.chance = NothingFails()
        story.run(list(GRAPH), 40)
        assert story.is_whole() and story.is_of_one_load(), "a run of everything makes any build whole"
        assert n_whole < 40, "faults are found at all"
