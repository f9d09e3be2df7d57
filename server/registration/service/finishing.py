"""The fifth step and what follows it: the account that waits, its mail, the click that opens it."""

import secrets
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from server.accounts import service as accounts
from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.instants import day_of
from server.mail.service import send_mail
from server.registration import rules, texts
from server.registration.service.joining import join_family
from server.registration.service.matching import code_hash


async def validate(database: Database, sign_up: Row, versions: Mapping[str, str], base_url: str, now: int) -> None:
    """Step 5: makes the account, which waits for the click in the mail that goes out with it.

    Raises:
        Refusal: ``step_missing``, ``text_changed``, ``fields`` (the user name was taken meanwhile)
    """
    missing = [key for key in ("password_hash", "family", "terms_version", "privacy_version") if sign_up[key] is None]
    if missing:
        raise Refusal("step_missing")
    if (sign_up["terms_version"], sign_up["privacy_version"]) != (versions["terms"], versions["privacy"]):
        raise Refusal("text_changed")
    account = f"acc_{secrets.token_hex(10)}"

    async def write(tx: Transaction) -> None:
        await tx.lock("sign_up", [sign_up["id"]])
        present = await tx.one("SELECT account_id FROM sign_up WHERE id = ?", sign_up["id"])
        if present is None:
            raise Refusal("step_missing")
        if present["account_id"] is not None:
            return  # pressed twice
        made = await tx.one(
            "INSERT INTO account (id, username, password_hash, role, name, email, service, created_at, pending_since)"
            " VALUES (?, ?, ?, 'parent', ?, ?, NULL, ?, ?) ON CONFLICT (username) DO NOTHING RETURNING id",
            account, sign_up["username"], sign_up["password_hash"], f"{sign_up['first_name']} {sign_up['last_name']}",
            sign_up["email"], now, now,
        )  # fmt: skip
        if made is None:
            raise Refusal("fields", fields={"username": "username_taken"})
        for text in ("terms", "privacy"):
            await tx.run(
                "INSERT INTO acceptance (account_id, text, version, accepted_at) VALUES (?, ?, ?, ?)",
                account, text, sign_up[f"{text}_version"], sign_up[f"{text}_at"],
            )  # fmt: skip
        await tx.run(
            "UPDATE sign_up SET account_id = ?, password_hash = NULL, expires_at = ? WHERE id = ?",
            account, now + rules.PENDING_KEPT, sign_up["id"],
        )  # fmt: skip
        await _send_link(tx, account, base_url, now)

    await database.retrying(write)


async def resend(database: Database, sign_up: Row, base_url: str, now: int) -> None:
    """Another activation mail, at the wish of the browser that signed up. Raises ``step_missing``, ``enough_mails``."""
    if sign_up["account_id"] is None:
        raise Refusal("step_missing")
    await database.retrying(lambda tx: _send_link(tx, sign_up["account_id"], base_url, now))


async def resend_for_link(database: Database, link: str, base_url: str, now: int) -> None:
    """Another activation mail, asked for with the link of an earlier one. Raises ``link_unknown``, ``link_used``, ``enough_mails``."""

    async def write(tx: Transaction) -> None:
        await _send_link(tx, await accounts.owner_of_expired(tx, link, "activate"), base_url, now)

    await database.retrying(write)


async def resend_for_account(tx: Transaction, account: str, base_url: str, now: int) -> None:
    """Another activation mail, at the wish of an agent. Raises ``not_waiting``, ``enough_mails``."""
    await _send_link(tx, account, base_url, now)


async def _send_link(tx: Transaction, account: str, base_url: str, now: int) -> None:
    found = await tx.one(
        "UPDATE sign_up SET mails = mails + 1 WHERE account_id = ? RETURNING mails, first_name, username, email", account
    )
    if found is None:
        raise Refusal("not_waiting")
    if found["mails"] > rules.MOST_MAILS:
        raise Refusal("enough_mails")
    secret = await accounts.make_link(tx, account, "activate", now)
    subject, paragraphs, action = texts.activation(found["first_name"], found["username"], f"{base_url}/activation#{secret}")
    await send_mail(tx, f"activation/{account}/{found['mails']}", found["email"], subject, paragraphs, now, action)


async def activate(database: Database, link: str, zone: ZoneInfo, now: int) -> dict[str, Any]:
    """Opens the account of a followed link, and gives it its dossier: ``{username}``, to sign in with.

    Raises:
        Refusal: ``link_unknown``, ``link_used``, ``link_expired``; ``file_taken``: somebody else opened an account for the
            dossier in the meantime (the account then belongs to no dossier, and is not opened).
    """

    async def write(tx: Transaction) -> dict[str, Any]:
        account = (await accounts.use_link(tx, link, "activate", now))["account_id"]
        sign_up = await tx.one("SELECT family, file_number, username FROM sign_up WHERE account_id = ?", account)
        if sign_up is None:
            raise Refusal("link_expired")
        invited = await _use_invitation(tx, sign_up["file_number"], account, now)
        await tx.lock("family", [sign_up["family"]])
        if not invited and await _taken(tx, sign_up["family"], day_of(now, zone)):
            raise Refusal("file_taken")
        await tx.run("UPDATE account SET pending_since = NULL WHERE id = ?", account)
        await join_family(tx, account, sign_up["family"], zone, now, "invitation" if invited else "letter")
        await tx.run("DELETE FROM sign_up WHERE account_id = ?", account)
        return {"username": sign_up["username"]}

    return await database.retrying(write)


async def _taken(tx: Transaction, family: str, today: str) -> bool:
    return bool(
        await tx.one("SELECT 1 AS yes FROM guardianship WHERE family_id = ? AND (until IS NULL OR until >= ?)", family, today)
    )


async def _use_invitation(tx: Transaction, code: str, account: str, now: int) -> bool:
    used = await tx.one(
        "UPDATE invitation SET used_at = ?, used_by = ? WHERE id = ? AND used_at IS NULL RETURNING id", now, account, code_hash(code)
    )
    return used is not None


async def forget_unfinished(database: Database, now: int) -> int:
    """Deletes sign-ups that nobody finished, and accounts that nobody activated; returns how many."""

    async def write(tx: Transaction) -> int:
        old = await tx.all("DELETE FROM sign_up WHERE expires_at < ? RETURNING account_id", now)
        for row in old:
            if row["account_id"]:
                await tx.run("DELETE FROM account WHERE id = ? AND pending_since IS NOT NULL", row["account_id"])
        await tx.run("DELETE FROM one_time_link WHERE expires_at < ?", now - rules.PENDING_KEPT)
        await tx.run("DELETE FROM invitation WHERE expires_at < ?", now - rules.PENDING_KEPT)
        return len(old)

    return await database.retrying(write)
