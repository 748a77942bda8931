"""A request whose server sends a byte now and then, and never what it is asked for, is cut off.

httpx waits for each piece by itself: a header that comes letter by letter keeps it for weeks, and no byte of the body
arrives by which the time could be measured.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakSet

#: Seconds from one look at the clock to the next.
_LOOK_S = 1.0
_OPENED = ("connect_tcp.complete", "start_tls.complete")


class OpenConnections:
    """The connections of one client, known by what it tells of its requests (httpx's extension ``trace``)."""

    def __init__(self) -> None:
        self._streams: WeakSet[Any] = WeakSet()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note a connection that was opened."""
        if event.endswith(_OPENED):
            self._streams.add(info["return_value"])

    @contextlib.contextmanager
    def cut_off_when(self, is_over: Callable[[], bool]) -> Iterator[None]:
        """Shut all of them down as soon as it is over; whoever waits for one gets an error of its end."""
        has_ended = threading.Event()

        def watch() -> None:
            while not has_ended.wait(_LOOK_S):
                if is_over():
                    self._shut_down()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            has_ended.set()
            watcher.join()

    def _shut_down(self) -> None:
        for stream in list(self._streams):
            with contextlib.suppress(OSError):  # closed meanwhile
                # not SSLSocket's own, which takes the encryption away from under whoever reads
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)
