"""A value as a person reads it, in a terminal or on a page."""

from __future__ import annotations

from typing import Any


def readable(value: Any) -> str:
    """Four significant digits for a number, nothing for what is missing."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(value)
