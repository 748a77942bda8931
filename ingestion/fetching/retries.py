"""When a download is tried again, for how long, and which hosts were not there at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ingestion.errors import SourceUnavailableError
from ingestion.fetching.partial_download import PartialDownload


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to try again after a cut connection, 429 or 5xx; waits double, with jitter.

    A server that asks (Retry-After) for more than ``longest_wait_s`` seconds is not tried again.

    Attributes
    ----------
    attempts : in a row that bring nothing. One that brings bytes which are kept starts the count anew.
    patience_s, slowest_bytes_per_s : a download ends when it takes longer than ``patience_s`` and the time that what
        arrived would take at that rate, waits included. A byte a second is no download.
    """

    attempts: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    patience_s: float = 900.0
    slowest_bytes_per_s: float = 50_000.0


class TransientError(Exception):
    """A failure that another attempt may heal. unreachable : the host to which no connection could be made."""

    def __init__(self, what: str, retry_after_s: float = 0.0, *, unreachable: str | None = None) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s
        self.unreachable = unreachable


class UnreachableHosts:
    """Hosts to which no connection could be made, so that a machine without a network does not wait for every file.

    One host says nothing about another, and an answer of any kind takes a host from the list. What an awaited file
    found out counts for other awaited files alone: twenty of one host cost one wait.
    """

    def __init__(self) -> None:
        self._hosts: set[str] = set()
        self._hosts_of_awaited: set[str] = set()

    def holds(self, host: str, *, is_awaited: bool) -> bool:
        """Whether the host could not be reached, for a file of this kind."""
        return host in self._hosts or (is_awaited and host in self._hosts_of_awaited)

    def add(self, host: str, *, is_awaited: bool) -> None:
        (self._hosts_of_awaited if is_awaited else self._hosts).add(host)

    def answered(self, host: str) -> None:
        self._hosts.discard(host)
        self._hosts_of_awaited.discard(host)


class Patience:
    """The attempts at one download: counts those in vain and the bytes, and knows when it is over.

    Parameters
    ----------
    attempts : as `RetryPolicy.attempts`, less for a host that is not there.
    now : seconds, from a clock that only goes forward.
    """

    def __init__(
        self, download: PartialDownload, policy: RetryPolicy, attempts: int, now: Callable[[], float]
    ) -> None:
        self._download, self._policy, self._attempts, self._now = download, policy, attempts, now
        self._began = now()
        self._arrived = 0
        self.n_attempts = 0
        self._in_vain = 0

    def arrived(self, n_bytes: int) -> None:
        """Count bytes, and end a download that is too slow.

        Raises
        ------
        SourceUnavailableError : the time is over; what arrived stays.
        """
        self._arrived += n_bytes
        if self.is_too_slow():
            seconds = self._now() - self._began
            raise SourceUnavailableError(
                f"{self._arrived:,} bytes in {seconds:,.0f} seconds are too slow, the download was ended",
                where=self._download.address,
                remedy=remedy_of(self._download),
            )

    def is_too_slow(self) -> bool:
        """Whether more time has passed than what arrived is worth."""
        seconds = self._now() - self._began
        return seconds > self._policy.patience_s + self._arrived / self._policy.slowest_bytes_per_s

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """One attempt; its failure is in vain unless bytes arrived that the next one builds on."""
        self.n_attempts += 1
        before = self._download.file.size if self._download.can_resume else 0
        try:
            yield
        except TransientError:
            brought = self._download.can_resume and self._download.file.size > before
            self._in_vain = 1 if brought else self._in_vain + 1
            raise

    def is_over(self) -> bool:
        """Whether the last failure was one too many."""
        return self._in_vain >= self._attempts

    def wait_s(self, error: TransientError) -> float:
        """Seconds to wait before the next attempt."""
        backoff = self._policy.first_wait_s * 2 ** (self._in_vain - 1) + random.uniform(0, 1)
        return max(min(backoff, self._policy.longest_wait_s), error.retry_after_s)


def remedy_of(download: PartialDownload) -> str:
    """What to do about a download that did not end, and what becomes of its bytes."""
    remedy = "check the connection and run again later"
    if download.can_resume:
        remedy += f"; the {download.file.size:,} bytes that arrived are kept, it goes on from there"
    return remedy
