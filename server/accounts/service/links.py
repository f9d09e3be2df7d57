"""Links that are sent by mail: random, hashed in the database, good once and for a while."""

import hashlib
import secrets

from server.accounts import rules
from server.database import Row, Transaction
from server.errors import Refusal


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def make_link(tx: Transaction, account: str, purpose: str, now: int, email: str | None = None) -> str:
    """The secret of a new link (`purpose`: a key of `rules.LINK_LIVES`). The account's earlier ones of that purpose end."""
    secret = secrets.token_urlsafe(32)
    await tx.run("DELETE FROM one_time_link WHERE account_id = ? AND purpose = ? AND used_at IS NULL", account, purpose)
    await tx.run(
        "INSERT INTO one_time_link (id, account_id, purpose, email, created_at, expires_at, used_at) VALUES (?, ?, ?, ?, ?, ?, NULL)",
        hashed(secret), account, purpose, email, now, now + rules.LINK_LIVES[purpose],
    )  # fmt: skip
    return secret


async def use_link(tx: Transaction, secret: str, purpose: str, now: int) -> Row:
    """Uses a link up, and returns its row: ``account_id``, ``email``.

    Raises:
        Refusal: ``link_unknown``, ``link_used``, ``link_expired``
    """
    used = await tx.one(
        "UPDATE one_time_link SET used_at = ? WHERE id = ? AND purpose = ? AND used_at IS NULL AND expires_at > ?"
        " RETURNING account_id, email",
        now, hashed(secret), purpose, now,
    )  # fmt: skip
    if used is not None:
        return used
    found = await tx.one("SELECT used_at FROM one_time_link WHERE id = ? AND purpose = ?", hashed(secret), purpose)
    if found is None:
        raise Refusal("link_unknown")
    raise Refusal("link_used" if found["used_at"] is not None else "link_expired")


async def owner_of_expired(tx: Transaction, secret: str, purpose: str) -> str:
    """The account of an unused link, expired or not: its holder has the mailbox, and may have a new one sent there.

    Raises:
        Refusal: ``link_unknown``, ``link_used``
    """
    found = await tx.one("SELECT account_id, used_at FROM one_time_link WHERE id = ? AND purpose = ?", hashed(secret), purpose)
    if found is None:
        raise Refusal("link_unknown")
    if found["used_at"] is not None:
        raise Refusal("link_used")
    return str(found["account_id"])
