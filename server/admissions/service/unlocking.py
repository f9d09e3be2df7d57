"""At the counter: find a parent's account, lift its waits, send the link it needs. Nobody ever sees or chooses a password."""

from typing import Any

from server.accounts.service import forget_failures, key_of, send_password_link
from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.mail.service import veiled
from server.registration.rules import same
from server.registration.service import resend_for_account
from server.traces.service import Who, note

MOST_LISTED = 50


async def find_accounts(database: Database, said: str, now: int) -> dict[str, Any]:
    """Parents' accounts by user name, name, address or dossier: ``{accounts, found}``; nothing without three signs to look for."""
    wanted = same(said)
    if len(wanted) < 3:
        return {"accounts": [], "found": 0}
    rows = await database.all("SELECT id, username, name, email, pending_since FROM account WHERE role = 'parent' ORDER BY name, username")
    held = await database.all(
        "SELECT g.account_id, f.file_number, f.file_label FROM guardianship g JOIN family f ON f.id = g.family_id ORDER BY f.file_number"
    )
    blocked = {row["key"]: row["blocked_until"] for row in await database.all("SELECT key, blocked_until FROM login_throttle")}
    dossiers: dict[str, list[str]] = {}
    for row in held:
        dossiers.setdefault(row["account_id"], []).append(f"{row['file_number']} {row['file_label']}")
    chosen = [row for row in rows if wanted in same(" ".join(_words(row, dossiers)))]
    shown = [
        {
            "id": row["id"],
            "username": row["username"],
            "name": row["name"],
            "email": veiled(row["email"]) if row["email"] else None,
            "pending": row["pending_since"] is not None,
            "blocked_minutes": max(0, -(-(blocked.get(key_of("account", row["username"]), 0) - now) // 60_000)),
            "dossiers": dossiers.get(row["id"], []),
        }
        for row in chosen[:MOST_LISTED]
    ]
    return {"accounts": shown, "found": len(chosen)}


def _words(row: Row, dossiers: dict[str, list[str]]) -> list[str]:
    return [row["username"], row["name"], row["email"] or "", *dossiers.get(row["id"], [])]


async def help_account(database: Database, account: str, what: str, who: Who, base_url: str, now: int) -> None:
    """`what`: ``unlock`` (the waits end), ``password`` (a link for a new password), ``activation`` (the first mail again).

    Raises:
        Refusal: ``not_found`` (agents' accounts too), ``no_address``, ``not_activated``, ``not_waiting``, ``enough_mails``
    """

    async def write(tx: Transaction) -> None:
        found = await tx.one("SELECT id, username, name, email, pending_since FROM account WHERE id = ? AND role = 'parent'", account)
        if found is None:
            raise Refusal("not_found")
        if what == "unlock":
            await forget_failures(tx, key_of("account", found["username"]))
        elif what == "activation":
            await resend_for_account(tx, account, base_url, now)
        elif found["pending_since"] is not None:
            raise Refusal("not_activated")
        elif not found["email"]:
            raise Refusal("no_address")
        else:
            await send_password_link(tx, found, base_url, now)
        for row in await tx.all("SELECT family_id FROM guardianship WHERE account_id = ? ORDER BY family_id", account):
            await note(tx, row["family_id"], who, f"account.{what}", now)

    await database.retrying(write)
