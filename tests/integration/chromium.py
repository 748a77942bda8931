"""Debian's Chromium for the tests that look at pages (`apt-get install chromium`); CI installs it and fails without it
(ICB_REQUIRE_BROWSER)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("ICB_REQUIRE_BROWSER") != "1",
    reason="there is no Chromium here to look at pages with: apt-get install chromium",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    assert CHROMIUM is not None, (
        "ICB_REQUIRE_BROWSER is set and there is no Chromium: apt-get install chromium"
    )
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
