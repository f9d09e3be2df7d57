"""The second parent: a code by mail that lets one more adult into a dossier, once."""

import secrets
from typing import Any
from zoneinfo import ZoneInfo

from server.accounts.service import count_failure, key_of, refuse_if_blocked
from server.database import Database, Transaction
from server.errors import Refusal
from server.families.service import families_of
from server.mail.service import address_of, send_mail, veiled
from server.registration import rules, texts
from server.registration.service.joining import holders_of, join_family
from server.registration.service.matching import code_hash
from server.traces.service import Who, note

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another


async def invite(
    database: Database, account: str, name: str, family: str, email: str, base_url: str, today: str, now: int
) -> dict[str, Any]:
    """Mails a code. It opens the whole dossier to its holder: addresses, invoices, quotient. Returns ``{sent_to}``.

    Raises:
        Refusal: ``not_found`` (a family of others), ``fields``, ``enough_invitations``
    """
    address = address_of(email)
    if address is None:
        raise Refusal("fields", fields={"email": "email_invalid"})
    code = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))

    async def write(tx: Transaction) -> None:
        if family not in await families_of(tx, account, today):
            raise Refusal("not_found")
        open_ones = await tx.one(
            "SELECT COUNT(*) AS n FROM invitation WHERE family_id = ? AND used_at IS NULL AND expires_at > ?", family, now
        )
        if open_ones and open_ones["n"] >= rules.MOST_INVITATIONS:
            raise Refusal("enough_invitations")
        await tx.run(
            "INSERT INTO invitation (id, family_id, account_id, email, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            code_hash(code), family, account, address, now, now + rules.INVITATION_KEPT,
        )  # fmt: skip
        label = await tx.one("SELECT file_label FROM family WHERE id = ?", family)
        assert label is not None
        subject, paragraphs, action = texts.invitation(name, label["file_label"], code, f"{base_url}/rejoindre#{code}")
        await send_mail(tx, f"invitation/{code_hash(code)[:32]}", address, subject, paragraphs, now, action)
        await note(tx, family, Who(account, name), "invitation.sent", now)

    await database.retrying(write)
    return {"sent_to": address}


async def invitations(database: Database, account: str, today: str, now: int) -> list[dict[str, Any]]:
    """The dossiers of an account: who holds each, and the invitations that are still open."""
    async with database.snapshot() as tx:
        shown = []
        for family in await families_of(tx, account, today):
            label = await tx.one("SELECT file_label, file_number FROM family WHERE id = ?", family)
            assert label is not None
            waiting = await tx.all(
                "SELECT id, email, expires_at FROM invitation WHERE family_id = ? AND used_at IS NULL AND expires_at > ?"
                " ORDER BY created_at",
                family, now,
            )  # fmt: skip
            shown.append(
                {
                    "family": family,
                    "label": label["file_label"],
                    "number": label["file_number"],
                    "holders": [{"name": one["name"], "me": one["id"] == account} for one in await holders_of(tx, family, today)],
                    "invitations": [
                        {"id": one["id"], "email": veiled(one["email"]), "expires_at": one["expires_at"]} for one in waiting
                    ],
                }
            )
        return shown


async def withdraw(database: Database, account: str, invitation: str, today: str) -> None:
    """Takes an open invitation back. Raises ``not_found``."""

    async def write(tx: Transaction) -> None:
        found = await tx.one("SELECT family_id FROM invitation WHERE id = ? AND used_at IS NULL", invitation)
        if found is None or found["family_id"] not in await families_of(tx, account, today):
            raise Refusal("not_found")
        await tx.run("DELETE FROM invitation WHERE id = ?", invitation)

    await database.retrying(write)


async def join_with_code(database: Database, account: str, code: str, zone: ZoneInfo, now: int) -> dict[str, Any]:
    """Adds the dossier of a code to the account that is signed in: ``{label}``.

    Raises:
        Refusal: ``code_unknown`` (unknown, used and expired look alike), ``too_many_attempts``
    """
    keys = [key_of("dossier", account)]
    await refuse_if_blocked(database, keys, now)

    async def write(tx: Transaction) -> dict[str, Any] | None:
        used = await tx.one(
            "UPDATE invitation SET used_at = ?, used_by = ? WHERE id = ? AND used_at IS NULL AND expires_at > ? RETURNING family_id",
            now, account, code_hash(code), now,
        )  # fmt: skip
        if used is None:
            await count_failure(tx, keys, now)
            return None
        await join_family(tx, account, used["family_id"], zone, now, "invitation")
        label = await tx.one("SELECT file_label FROM family WHERE id = ?", used["family_id"])
        return {"label": label["file_label"] if label else ""}

    joined = await database.retrying(write)
    if joined is None:
        raise Refusal("code_unknown")
    return joined
