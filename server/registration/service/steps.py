"""The guide's five steps, each saved before the next: who you are, which dossier, conditions, confidentiality, summary."""

import secrets
from collections.abc import Mapping
from typing import Any

from server.accounts import service as accounts
from server.accounts.service import throttled_address
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.mail.service import address_of
from server.registration import rules
from server.registration.service.matching import family_of_letter

STEPS = ("person", "file", "terms", "privacy", "recap")


def hashed(secret: str) -> str:
    return accounts.session_id(secret)


async def begin(database: Database, now: int) -> str:
    """The secret of a new sign-up, for the browser's cookie."""
    secret = secrets.token_urlsafe(32)

    async def write(tx: Transaction) -> None:
        await tx.run(
            "INSERT INTO sign_up (id, mails, created_at, expires_at) VALUES (?, 0, ?, ?)", hashed(secret), now, now + rules.KEPT
        )

    await database.retrying(write)
    return secret


async def found(reader: Connection | Database, secret: str | None, now: int) -> Row | None:
    if not secret:
        return None
    return await reader.one("SELECT * FROM sign_up WHERE id = ? AND expires_at > ?", hashed(secret), now)


def shown(sign_up: Row | None, versions: Mapping[str, str]) -> dict[str, Any]:
    """Where a sign-up is, and what it holds; never its password, nor whether the dossier exists before it was matched."""
    if sign_up is None:
        return {"step": "person", "waiting": False, "person": None, "file": None}
    person = {key: sign_up[key] for key in ("last_name", "first_name", "email", "username")} if sign_up["username"] else None
    file = None
    if sign_up["family"]:
        file = {"number": sign_up["file_number"], "label": sign_up["file_label"], "email": sign_up["file_email"]}
    return {"step": _step(sign_up, versions), "waiting": sign_up["account_id"] is not None, "person": person, "file": file}


def _step(sign_up: Row, versions: Mapping[str, str]) -> str:
    """The first step that is not done. A new version of a text asks for that text again."""
    done = {
        "person": sign_up["password_hash"] is not None,
        "file": sign_up["family"] is not None,
        "terms": sign_up["terms_version"] == versions["terms"],
        "privacy": sign_up["privacy_version"] == versions["privacy"],
    }
    return next((step for step in STEPS if not done.get(step)), "recap")


async def save_person(database: Database, sign_up: Row, said: Mapping[str, str], town: str, address: str | None, now: int) -> None:
    """Step 1. A password left empty keeps the one that was given before.

    Raises:
        Refusal: ``fields`` with a code for each field that has to be put right; ``password_refused`` with its reasons;
            ``too_many_attempts``
    """
    values, faults = _person(said, has_password=sign_up["password_hash"] is not None)
    if faults:
        raise Refusal("fields", fields=faults)
    password_hash = sign_up["password_hash"]
    if said["password"]:
        accounts.refuse_weak(said["password"], [*values.values(), town])
        await accounts.refuse_then_count(database, [accounts.key_of("sign_up_address", throttled_address(address))], now)
        password_hash = await accounts.hash_off_loop(said["password"])

    async def write(tx: Transaction) -> None:
        await _refuse_if_waiting(tx, sign_up)
        await accounts.refuse_if_taken(tx, values["username"])
        await tx.run(
            "UPDATE sign_up SET last_name = ?, first_name = ?, email = ?, username = ?, password_hash = ?, expires_at = ? WHERE id = ?",
            values["last_name"], values["first_name"], values["email"], values["username"], password_hash, now + rules.KEPT,
            sign_up["id"],
        )  # fmt: skip

    await database.retrying(write)


def _person(said: Mapping[str, str], has_password: bool) -> tuple[dict[str, str], dict[str, str]]:
    checked = {
        "last_name": rules.name_of(said["last_name"]),
        "first_name": rules.name_of(said["first_name"]),
        "email": address_of(said["email"]),
        "username": rules.username_of(said["username"]),
    }
    wrong = {"last_name": "name_unreadable", "first_name": "name_unreadable", "email": "email_invalid", "username": "username_form"}
    faults = {key: "required" if not said[key].strip() else wrong[key] for key, value in checked.items() if value is None}
    if "email" not in faults and address_of(said["email_again"]) != checked["email"]:
        faults["email_again"] = "email_differs"
    if not said["password"] and not has_password:
        faults["password"] = "required"
    elif said["password"] != said["password_again"]:
        faults["password_again"] = "password_differs"
    return {key: value for key, value in checked.items() if value is not None}, faults


async def save_file(
    database: Database, sign_up: Row, number: str, label: str, email: str, address: str | None, today: str, now: int
) -> None:
    """Step 2. One answer for a wrong number, a wrong name and a dossier that has its account already.

    Raises:
        Refusal: ``fields``, ``file_unknown``, ``too_many_attempts``
    """
    _need(sign_up, "password_hash")
    faults = {name: "required" for name, text in (("number", number), ("label", label)) if not rules.same(text)}
    if address_of(email) is None:
        faults["email"] = "required" if not email.strip() else "email_invalid"
    elif address_of(email) != sign_up["email"]:
        faults["email"] = "email_not_of_step_1"
    if faults:
        raise Refusal("fields", fields=faults)
    family = await family_of_letter(database, number, label, address, today, now)

    async def write(tx: Transaction) -> None:
        await _refuse_if_waiting(tx, sign_up)
        await tx.run(
            "UPDATE sign_up SET file_number = ?, file_label = ?, file_email = ?, family = ?, expires_at = ? WHERE id = ?",
            number.strip(), label.strip(), address_of(email), family, now + rules.KEPT, sign_up["id"],
        )  # fmt: skip

    await database.retrying(write)


async def accept(database: Database, sign_up: Row, text: str, version: str, current: str, now: int) -> None:
    """Steps 3 and 4 (`text`: ``terms`` or ``privacy``): the version read must be the present one.

    Raises:
        Refusal: ``text_changed``, ``step_missing``
    """
    _need(sign_up, "family" if text == "terms" else "terms_version")
    if version != current:
        raise Refusal("text_changed")
    columns = {"terms": "terms_version = ?, terms_at = ?", "privacy": "privacy_version = ?, privacy_at = ?"}[text]

    async def write(tx: Transaction) -> None:
        await _refuse_if_waiting(tx, sign_up)
        await tx.run(f"UPDATE sign_up SET {columns} WHERE id = ?", version, now, sign_up["id"])

    await database.retrying(write)


async def cancel(database: Database, sign_up: Row) -> None:
    """Begins again from nothing: what was typed is gone, and the account that still waited for its mail with it."""

    async def write(tx: Transaction) -> None:
        gone = await tx.one("DELETE FROM sign_up WHERE id = ? RETURNING account_id", sign_up["id"])
        if gone and gone["account_id"]:
            await tx.run("DELETE FROM account WHERE id = ? AND pending_since IS NOT NULL", gone["account_id"])

    await database.retrying(write)


def _need(sign_up: Row, column: str) -> None:
    if sign_up[column] is None:
        raise Refusal("step_missing")


async def _refuse_if_waiting(tx: Transaction, sign_up: Row) -> None:
    """Once validated, a sign-up only waits for its mail: to change something one begins again."""
    present = await tx.one("SELECT account_id FROM sign_up WHERE id = ?", sign_up["id"])
    if present is None or present["account_id"] is not None:
        raise Refusal("step_missing")
