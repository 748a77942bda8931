"""An https site on loopback that may misbehave down to the byte: a proxy to every host, with a certificate of its own.

The client is the product's own, with its timeouts and its trust: it finds the site by HTTPS_PROXY and SSL_CERT_FILE.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATES = Path(__file__).parents[2] / "fixtures" / "tls"


@dataclass(frozen=True)
class Request:
    """One request. number : which one of this address it is, from 1. start : first byte asked for, 0 for all."""

    host: str
    path: str
    headers: dict[str, str]
    number: int

    @property
    def start(self) -> int:
        return int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))


#: What the site sends to a request, byte for byte, before it closes the connection.
Answer = Callable[[Request], bytes]
#: As `Answer`, piece by piece.
SlowAnswer = Callable[[Request], Iterator[bytes]]


def response(status: str, body: bytes = b"", *headers: tuple[str, object], length: object = "") -> bytes:
    """A response with its Content-Length; ``length`` states another one, None none at all."""
    stated = len(body) if length == "" else length
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "Connection: close"]
    if stated is not None:
        lines.append(f"Content-Length: {stated}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class TlsSite:
    """Answers by (host, path); anything else is 404. To a host that is not ``known`` the proxy finds no way."""

    answers: dict[tuple[str, str], Answer | SlowAnswer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    known: set[str] = field(default_factory=lambda: {"files.example", "cdn.example", "wrong.example"})

    def __post_init__(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(CERTIFICATES / "server.pem", CERTIFICATES / "server.key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def at(self, path: str, answer: Answer | SlowAnswer, host: str = "files.example") -> str:
        """Give the answer at this path; returns the address."""
        self.answers[host, path] = answer
        return f"https://{host}{path}"

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            host = _head(connection).split(b" ")[1].rsplit(b":", 1)[0].decode()
            if host not in self.known:
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self._context.wrap_socket(connection, server_side=True) as secure:
                first, *lines = _head(secure).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines if line)
                path = first.split(" ")[1]
                number = 1 + sum((r.host, r.path) == (host, path) for r in self.requests)
                request = Request(host, path, headers, number)
                self.requests.append(request)
                answer = self.answers.get((host, path), lambda _: response("404 Not Found"))
                said = answer(request)
                for piece in [said] if isinstance(said, bytes) else said:
                    secure.sendall(piece)
                secure.unwrap()  # an orderly end: only the bytes can tell what is missing


def _head(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("the client has left")
        data += piece
    return data.partition(b"\r\n\r\n")[0]
