"""Where a notice goes: the log, a file, a mailbox or an address that takes JSON. One line of ``ICB_NOTIFY`` each."""

from __future__ import annotations

import json
import logging
import os
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import httpx

from ingestion.errors import IngestionError

_TIMEOUT_SECONDS = 20
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
    return {address: _target(address, urlsplit(address)) for address in addresses}


def send_all(senders: dict[str, Send], notice: Notice) -> list[str]:
    """Send to every target, also when another one fails; gives a sentence for each that did."""
    faults = []
    for address, send in senders.items():
        try:
            send(notice)
        except (OSError, smtplib.SMTPException, httpx.HTTPError) as exc:
            where = urlsplit(address)
            shown = f"{where.scheme}://{where.hostname or where.path}"  # without a user and what is secret in a path
            faults.append(
                str(NoticeError(f"the notice could not be sent ({exc})", where=shown, remedy=_CHECK))
            )
    return faults


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
