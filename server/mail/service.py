"""Asks for a mail in the transaction that decides it, and hands mails over to the town's server."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from server.database import Database, Transaction
from server.gateways.mail import Attachment, Mail, MailRefused
from server.mail import models, rules, texts
from server.mail.rules import address_of, veiled
from server.outbox.service import GiveUp, TryLater, enqueue

__all__ = ["Attachment", "Mailer", "address_of", "send_mail", "veiled"]


class Sender(Protocol):
    async def send(self, mail: Mail) -> None: ...


async def send_mail(
    tx: Transaction, key: str, to: str, subject: str, paragraphs: Sequence[str], now: int, action: tuple[str, str] | None = None
) -> bool:
    """Asks for a mail once this transaction is committed: a greeting, the paragraphs, a button (label, address), a signature.

    `key` says what it is about: the same key never sends twice (False then). Plain words only: the layout escapes them.
    """
    payload = {"to": to, "subject": subject, "paragraphs": list(paragraphs), "action": list(action) if action else None}
    return await enqueue(tx, "mail", f"mail/{key}", payload, now)


class Mailer:
    """What the outbox does with a mail. `home`: the portal's address, before the paths that buttons lead to."""

    def __init__(self, database: Database, sender: Sender, town: str, now: Callable[[], int], home: str = "") -> None:
        self._database, self._sender, self._town, self._now, self._home = database, sender, town, now, home

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """Renders and sends; see `hand_over`."""
        await self.hand_over(payload)

    async def hand_over(self, payload: Mapping[str, Any], attachments: Sequence[Attachment] = ()) -> None:
        """Renders and sends a mail of `send_mail`'s shape.

        Raises:
            TryLater: this mailbox got too many within the hour; GiveUp: the address or the mail is refused for good;
            MailDelayed: the outbox tries again, later each time.
        """
        now = self._now()
        mailbox = hashlib.sha256(payload["to"].lower().encode()).hexdigest()
        since = now - rules.HOUR
        note = partial(models.note, mailbox=mailbox, now=now, keep_since=now - rules.KEPT, count_since=since)
        if await self._database.retrying(note) > rules.MOST_PER_HOUR:
            raise TryLater(rules.HOUR // 4, "this mailbox got enough mails for now")
        action = None
        if payload["action"]:
            label, target = payload["action"]
            action = (label, f"{self._home}{target}" if target.startswith("/") else target)
        mail = Mail(
            id=hashlib.sha256(repr(sorted(payload.items())).encode()).hexdigest()[:32],
            to=payload["to"],
            subject=payload["subject"],
            text=texts.as_text(payload["paragraphs"], action, self._town),
            html=texts.as_html(payload["subject"], payload["paragraphs"], action, self._town),
            attachments=tuple(attachments),
        )
        try:
            await self._sender.send(mail)
        except MailRefused as error:
            raise GiveUp(str(error)) from error
