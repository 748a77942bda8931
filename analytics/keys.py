"""Words of a source or a question as a part of a key."""

from __future__ import annotations

import re


def slug(words: str) -> str:
    """Small letters and digits, joined by underscores: 'TCR Richness' is tcr_richness."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
