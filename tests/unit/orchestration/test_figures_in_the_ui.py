"""Figures on Dagster's pages: an address where the version is served, small pictures where it is not."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from orchestration.assets.result_files import figures_served, pictures_for_metadata
from orchestration.reuse.shelf import Entry


def entry_of(folder: Path, alt: str | None) -> Entry:
    (folder / "tables").mkdir(parents=True)
    if alt is not None:
        row = {"analysis_id": "an_analysis", "figure": "default_os_forest", "title": "A title", "alt": alt}
        pd.DataFrame([row]).to_parquet(folder / "tables" / "figures.parquet")
    return Entry(folder, {}, {})


def test_a_served_figure_is_an_address_that_the_ui_shows_at_once(tmp_path: Path) -> None:
    """It shows markdown of less than 1,000 characters without a click."""
    alt = "A forest [of two]\nwith a long description. " * 100
    shown = figures_served("an_analysis", entry_of(tmp_path / "a", alt), "http://127.0.0.1:8765")
    assert [*shown] == ["figure: default os forest"]
    said = str(shown["figure: default os forest"].value)
    address = "http://127.0.0.1:8765/figure/an_analysis/default_os_forest.svg"
    assert said.startswith("[![A forest (of two) with a long") and said.endswith(f"]({address})]({address})")
    assert 500 < len(said) < 1000 and "\n" not in said


def test_an_analysis_without_figures_shows_none(tmp_path: Path) -> None:
    assert figures_served("an_analysis", entry_of(tmp_path / "a", None), "http://127.0.0.1:8765") == {}


def test_a_picture_in_the_event_log_is_small_and_is_the_saved_one(tmp_path: Path) -> None:
    dots = np.zeros((1000, 2000, 3), dtype=np.uint8)
    dots[:, 1000:] = 255
    entry = entry_of(tmp_path, "black and white")
    entry.figures.mkdir()
    Image.fromarray(dots).save(entry.figures / "default_os_forest.png")
    (said,) = pictures_for_metadata(entry).values()
    head, _, encoded = str(said.value).partition(";base64,")
    assert head == "![black and white](data:image/png" and len(encoded) < 10_000
    with Image.open(io.BytesIO(base64.b64decode(encoded.removesuffix(")")))) as small:
        assert small.width * 1000 == small.height * 2000 and small.width < 2000
        light = small.convert("L")
        assert light.getpixel((5, 5)) == 0 and light.getpixel((small.width - 5, 5)) == 255
