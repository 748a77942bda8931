"""Where a notice goes: the log, a file, a mailbox or an address that takes JSON. One line of ``ICB_NOTIFY`` each."""

from __future__ import annotations

import json
import logging
import os
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import httpx

from ingestion.errors import IngestionError

_TIMEOUT_SECONDS = 20
#: For all that a target says together; Dagster ends the tick of a sensor after 60.
_LONGEST_SECONDS = 40.0
#: Password of the mailbox: an address with one in it would be shown by the UI and by every fault.
PASSWORD_VARIABLE = "ICB_SMTP_PASSWORD"


class NoticeError(IngestionError):
    """A target is not understood, or cannot be reached."""


@dataclass(frozen=True)
class Notice:
    """What is told. ``subject`` : one line. ``text`` : the sentences. ``at`` : UTC, ISO 8601."""

    subject: str
    text: str
    at: str


Send = Callable[[Notice], None]


def targets(addresses: Sequence[str]) -> dict[str, Send]:
    """What sends a notice to each address: ``log:``, ``file:///path``, ``smtp://host:port/?from=a&to=b`` (``smtps:``
    for TLS from the start, ``&starttls=1`` for TLS after the greeting, user before the host), ``https://...``.

    Raises
    ------
    NoticeError
        An address is of no known kind, or a part of it is missing.
    """
    return {address: _target(address, _parts(address)) for address in addresses}


def send_all(senders: dict[str, Send], notice: Notice, seconds: float = _LONGEST_SECONDS) -> list[str]:
    """Send to every target at once, also when another one fails; gives a sentence for each that did.

    Parameters
    ----------
    seconds : after which a target that has not answered is given up; it keeps no other from being told.
    """
    faults: dict[str, str] = dict.fromkeys(senders, f"no answer within {seconds:g} seconds")

    def attempt(address: str, send: Send) -> None:
        try:
            send(notice)
        except (OSError, smtplib.SMTPException, httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
            faults[address] = _why(exc)
        else:
            del faults[address]

    at_work = [threading.Thread(target=attempt, args=one, daemon=True) for one in senders.items()]
    for thread in at_work:
        thread.start()
    until = time.monotonic() + seconds
    for thread in at_work:
        thread.join(max(0.0, until - time.monotonic()))
    return [_sentence(address, why) for address, why in list(faults.items())]


def _why(error: Exception) -> str:
    """Without the address, whose path may be a secret: httpx says it."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"the answer was {error.response.status_code} {error.response.reason_phrase}".rstrip()
    return str(error) or type(error).__name__


def _sentence(address: str, why: str) -> str:
    where = urlsplit(address)
    shown = f"{where.scheme}://{where.hostname or where.path}"  # without a user and what is secret in a path
    return str(NoticeError(f"the notice could not be sent ({why})", where=shown, remedy=_CHECK))


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises for one that is none
    except ValueError as exc:
        raise NoticeError(
            f"'{address}' is no address ({exc})", where="ICB_NOTIFY", remedy="correct it"
        ) from exc
    return parts


_CHECK = "check ICB_NOTIFY"


def _target(address: str, parts: SplitResult) -> Send:
    if parts.scheme == "log":
        return _to_log
    if parts.scheme == "file" and parts.path:
        return lambda notice: _to_file(Path(unquote(parts.path)), notice)
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        asked = parse_qs(parts.query)
        if "from" in asked and "to" in asked:
            return lambda notice: _to_mailbox(parts, asked, notice)
        raise NoticeError(f"'{address}' does not say from whom and to whom", where="ICB_NOTIFY",
                          remedy="write smtp://host:25/?from=icb@example.org&to=you@example.org")  # fmt: skip
    if parts.scheme in ("http", "https") and parts.hostname:
        return lambda notice: _to_webhook(address, notice)
    raise NoticeError(
        f"'{address}' is no place that a notice can go to",
        where="ICB_NOTIFY",
        remedy="use log:, file:///path, smtp://host/?from=...&to=... or https://..., with blanks between them",
    )


def _to_log(notice: Notice) -> None:
    logging.getLogger("icb").error("%s: %s", notice.subject, notice.text)


def _to_file(path: Path, notice: Notice) -> None:
    """A line of JSON at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as out:
        out.write(json.dumps(asdict(notice), ensure_ascii=False) + "\n")


def _to_mailbox(parts: SplitResult, asked: dict[str, list[str]], notice: Notice) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        notice.subject,
        asked["from"][0],
        ", ".join(asked["to"]),
    )
    message.set_content(f"{notice.text}\n\n{notice.at}\n")
    host, context = str(parts.hostname), ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, parts.port or 465, timeout=_TIMEOUT_SECONDS, context=context)
        if parts.scheme == "smtps"
        else smtplib.SMTP(host, parts.port or 25, timeout=_TIMEOUT_SECONDS)
    ) as server:
        if asked.get("starttls", ["0"])[0] == "1":
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), os.environ.get(PASSWORD_VARIABLE, ""))
        server.send_message(message)


def _to_webhook(address: str, notice: Notice) -> None:
    """JSON with ``text``, which is what Slack, Mattermost and Teams show, and the parts beside it."""
    body = asdict(notice) | {"text": f"{notice.subject}: {notice.text}"}
    httpx.post(address, json=body, timeout=_TIMEOUT_SECONDS).raise_for_status()
