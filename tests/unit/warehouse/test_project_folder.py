"""`icb.toml` stands for the variables of the environment, from the folder in which it lies."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ingestion.errors import DiskFullError
from warehouse import settings
from warehouse.project_folder import KEYS, begin, settings_of, take_settings
from warehouse.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def _no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ICB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", dict(os.environ))


def test_a_new_folder_has_its_data_and_catalogue_in_it_wherever_in_it_one_stands(tmp_path: Path) -> None:
    begin(tmp_path / "mine")
    inside = tmp_path / "mine" / "catalog" / "cohorts"
    take_settings(inside)
    found = Settings.from_environment()
    assert found.data == tmp_path / "mine" / "data"
    assert found.catalogs == (settings.PROJECT / "catalog", tmp_path / "mine" / "catalog")


def test_a_folder_for_which_there_is_no_room_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(DiskFullError, match=f"^{re.escape(str(tmp_path / 'mine'))}: no space is left"):
        begin(tmp_path / "mine")


def test_a_variable_that_is_set_goes_before_the_file(tmp_path: Path) -> None:
    begin(tmp_path)
    os.environ["ICB_DATA"] = "/elsewhere"
    take_settings(tmp_path)
    assert Settings.from_environment().data == Path("/elsewhere")


def test_values_are_written_as_the_environment_writes_them(tmp_path: Path) -> None:
    (tmp_path / "icb.toml").write_text(
        'catalog = ["public", "ours", "/site/catalog"]\nstrict = true\nkeep_versions = 5\n'
        'private_cohorts = ["a", "b"]\nmirror = "../mirror"\n',
        encoding="utf-8",
    )
    assert settings_of(tmp_path) == {
        "ICB_CATALOG": os.pathsep.join(("public", str(tmp_path / "ours"), "/site/catalog")),
        "ICB_STRICT": "1",
        "ICB_KEEP_VERSIONS": "5",
        "ICB_PRIVATE_COHORTS": "a b",
        "ICB_MIRROR": str(tmp_path / "../mirror"),
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dat = 'here'", "it has a key 'dat', which is no setting; did you mean 'data'?"),
        ("data = {a = 1}", "'data' is neither a text nor a number nor a list of them"),
        ("data = ", "it is no TOML"),
    ],
)
def test_a_fault_of_the_file_is_one_sentence_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "icb.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(sentence)) as raised:
        take_settings(tmp_path)
    assert str(tmp_path / "icb.toml") in str(raised.value)


def test_every_setting_of_the_environment_is_a_key_of_the_file() -> None:
    read = set(re.findall(r"ICB_[A-Z_]+", Path(settings.__file__).read_text(encoding="utf-8")))
    of_a_run = {"ICB_DEMO", "ICB_DBT_THREADS", "ICB_DBT_MEMORY"}  # what a run tells dbt is nobody's setting
    assert {f"ICB_{key.upper()}" for key in KEYS} == read - of_a_run


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match="nothing is written over"):
        begin(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
