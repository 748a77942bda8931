"""The smallest count of people that is written as it is, for everything that turns numbers into text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: 1 shows every count.
SMALLEST_COUNT: ContextVar[int] = ContextVar("smallest count", default=1)


@contextmanager
def counts_from(smallest: int) -> Iterator[None]:
    """Within it :func:`analytics.engine.numbers.count` shows no number from 1 to ``smallest - 1``: a version with
    people who must not be counted out says so once, and not at each of the places where a number becomes text."""
    token = SMALLEST_COUNT.set(smallest)
    try:
        yield
    finally:
        SMALLEST_COUNT.reset(token)
