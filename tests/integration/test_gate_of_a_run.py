"""A run whose version is held back: one sentence, the last version stays, and a reason lets it through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command_line import Said, own_process
from tiny import TABLE, Tiny

from warehouse.versions.layout import Version, version_in_force, versions


@dataclass(frozen=True)
class Story:
    """A published version; a run after a cohort was taken out of the catalogue; the same run with a reason."""

    tiny: Tiny
    first: Version
    refused: Said
    after_refusal: Version
    runs_in_the_build: list[tuple[Any, ...]]
    accepted: Said


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("gate")
    tiny = Tiny(folder / "data", folder / "mirror", folder / "catalog")
    tiny.write_sources()
    icb = own_process(folder)
    said = icb("run")
    assert said.code == 0, said
    first = version_in_force(tiny.settings.published)
    tiny.cohort_yaml.unlink()
    refused = icb("run")
    after_refusal = version_in_force(tiny.settings.published)
    with duckdb.connect(str(tiny.settings.build_file), read_only=True) as con:
        runs = con.execute("select outcome, published_version from stats.runs order by started_at").fetchall()
    accepted = icb("run", "--accept", "the table was withdrawn")
    return Story(tiny, first, refused, after_refusal, runs, accepted)


def test_a_cohort_that_has_vanished_ends_the_run_in_one_sentence_and_the_last_version_stays(
    story: Story,
) -> None:
    story.refused.is_one_sentence(
        f"cohort {TABLE} of version {story.first.name} has vanished",
        "--accept",
        "the last published file is unchanged",
    )
    assert story.after_refusal == story.first


def test_stats_runs_tells_the_run_that_was_refused_from_those_that_published(story: Story) -> None:
    assert story.runs_in_the_build == [("published", story.first.name), ("refused", None)]
    with duckdb.connect(str(story.tiny.settings.published_file), read_only=True) as con:
        found = con.execute(
            "select outcome, published_version from stats.runs order by started_at"
        ).fetchall()
    name = version_in_force(story.tiny.settings.published).name
    assert found == [("published", story.first.name), ("refused", None), ("published", name)]


def test_with_a_reason_it_is_published_and_the_manifest_has_reason_and_findings(story: Story) -> None:
    assert story.accepted.code == 0, story.accepted
    published: Path = story.tiny.settings.published
    assert [version.name for version in versions(published)] == [
        story.first.name,
        version_in_force(published).name,
    ]
    manifest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["accepted"]["reason"] == "the table was withdrawn"
    assert f"cohort {TABLE} of version {story.first.name} has vanished" in manifest["accepted"]["findings"]
    assert manifest["cohorts"] == ["tiny_2020"] and manifest["inputs"]
