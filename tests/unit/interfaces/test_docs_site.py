"""The documentation as pages: every link and anchor leads somewhere, and no page loads anything from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from warehouse.settings import PROJECT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)],
        cwd=PROJECT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, (
        done.stderr
    )  # a link or an anchor that leads nowhere, a page that is in no menu
    return folder


def test_every_page_of_the_docs_is_in_it(site: Path) -> None:
    pages = {path.with_suffix("").name for path in (PROJECT / "docs").glob("*.md")}
    assert {path.stem for path in site.glob("*.html")} >= pages and len(pages) > 15


def test_no_page_loads_anything_from_outside(site: Path) -> None:
    loads = re.compile(
        r"<(?:script|img|iframe)\b[^>]*\bsrc=\"([^\"]+)\"|<link\b(?=[^>]*\brel=\"(?:stylesheet|preload|preconnect|icon)\")"
        r"[^>]*\bhref=\"([^\"]+)\""
    )
    for page in site.rglob("*.html"):
        for found in loads.findall(page.read_text(encoding="utf-8")):
            assert not urlsplit("".join(found)).netloc, (page.name, found)
