"""Passkeys (WebAuthn): a parent's way in without a password, and an agent's second factor.

The private key never leaves its device; the town holds the public half and asks each time for a signature over a question of
its own. A question is answered once, within five minutes, at the address that the town tells parents.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.accounts import rules, texts
from server.accounts.service.sessions import open_session
from server.accounts.service.throttle import count_failure, key_of, refuse_if_blocked
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.mail.service import send_mail

Said = Mapping[str, Any]
"""What a browser's ``PublicKeyCredential.toJSON()`` holds."""
Purpose = Literal["sign_in", "add", "factor"]
UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, OverflowError)


async def passkeys_of(reader: Connection | Database, account: str) -> Sequence[Row]:
    """``id``, ``name``, ``created_at``, ``used_at``, ``credential``; the oldest first."""
    return await reader.all(
        "SELECT id, name, created_at, used_at, credential FROM passkey WHERE account_id = ? ORDER BY created_at, id", account
    )


async def ask_to_add(database: Database, public_url: str, town: str, account: Row, session: str, now: int) -> dict[str, Any]:
    """What the browser needs to make a key for an account (`id`, `username`, `name`); the session must answer.

    Raises:
        Refusal: ``passkeys_elsewhere``, ``enough_passkeys``
    """
    name, _ = _site(public_url)
    held = await passkeys_of(database, account["id"])
    if len(held) >= rules.MOST_PASSKEYS:
        raise Refusal("enough_passkeys", most=rules.MOST_PASSKEYS)
    # A key that verifies its holder (finger, face, code) and is found without a user name is worth a password and a telephone.
    chosen = AuthenticatorSelectionCriteria(
        resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
    )
    asked = webauthn.generate_registration_options(
        rp_id=name,
        rp_name=f"Portail famille {town}",
        user_name=account["username"],
        user_display_name=account["name"],
        user_id=hashlib.sha256(account["id"].encode()).digest(),
        authenticator_selection=chosen,
        exclude_credentials=_descriptors(held),
    )
    await _note(database, asked.challenge, "add", session, now)
    return _as_json(asked)


async def add(database: Database, public_url: str, account: str, session: str, said: Said, name: str, now: int) -> str:
    """Keeps a key that was just made, and tells the account's mailbox; the key's id.

    Raises:
        Refusal: ``passkey_refused``, ``passkeys_elsewhere``
    """
    site, origin = _site(public_url)
    challenge = await _take(database, said, "add", session, now)
    try:
        made = webauthn.verify_registration_response(
            credential=dict(said),
            expected_challenge=challenge,
            expected_rp_id=site,
            expected_origin=origin,
            require_user_verification=True,
        )
    except UNREADABLE as error:
        raise Refusal("passkey_refused") from error
    key = _key(made.credential_id)
    named = " ".join(name.split())[:60] or "Clé d’accès"

    async def write(tx: Transaction) -> None:
        fresh = await tx.one(
            "INSERT INTO passkey (id, account_id, credential, public_key, sign_count, name, created_at, used_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (id) DO NOTHING RETURNING id",
            key, account, bytes_to_base64url(made.credential_id), bytes_to_base64url(made.credential_public_key),
            made.sign_count, named, now,
        )  # fmt: skip
        if fresh is None:
            raise Refusal("passkey_refused")
        await _tell(tx, account, texts.passkey_added(named), f"{key[:24]}/added", now)

    await database.retrying(write)
    return key


async def rename(database: Database, account: str, key: str, name: str) -> None:
    """Raises ``not_found`` for a key that is not this account's."""
    named = " ".join(name.split())[:60]
    sql = "UPDATE passkey SET name = ? WHERE id = ? AND account_id = ? RETURNING id"
    if not named or not await database.retrying(lambda tx: tx.one(sql, named, key, account)):
        raise Refusal("not_found")


async def remove(database: Database, account: str, role: str, key: str, now: int, *, factor_needed: bool) -> None:
    """The key opens nothing any more.

    Raises:
        Refusal: ``not_found``; ``last_factor``: an agent keeps one second factor at least.
    """

    async def write(tx: Transaction) -> None:
        await tx.lock("account", [account])
        gone = await tx.one("DELETE FROM passkey WHERE id = ? AND account_id = ? RETURNING name", key, account)
        if gone is None:
            raise Refusal("not_found")
        if role == "agent" and factor_needed and await factor_of(tx, account) == "enrol":
            raise Refusal("last_factor")
        await _tell(tx, account, texts.passkey_removed(gone["name"]), f"{key[:24]}/removed", now)

    await database.retrying(write)


async def factor_of(reader: Connection | Database, account: str) -> str:
    """The second factors of an account: ``totp``, ``passkey``, ``either``, or ``enrol`` when it has none yet."""
    app = await reader.one("SELECT 1 AS yes FROM second_factor WHERE account_id = ? AND confirmed_at IS NOT NULL", account)
    keys = await reader.one("SELECT 1 AS yes FROM passkey WHERE account_id = ?", account)
    return {(True, True): "either", (True, False): "totp", (False, True): "passkey"}.get((app is not None, keys is not None), "enrol")


async def ask_to_sign_in(database: Database, public_url: str, now: int, *, account: str = "", session: str | None = None) -> dict[str, Any]:
    """The question for a key. With an account and its waiting session: only its keys, as a second factor; without: anybody's.

    Raises:
        Refusal: ``passkeys_elsewhere``
    """
    name, _ = _site(public_url)
    asked = webauthn.generate_authentication_options(
        rp_id=name,
        allow_credentials=_descriptors(await passkeys_of(database, account)) if account else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    await _note(database, asked.challenge, "factor" if account else "sign_in", session, now)
    return _as_json(asked)


async def sign_in_by_passkey(
    database: Database, public_url: str, said: Said, *, address: str | None, agent: str, shared: bool, now: int
) -> tuple[Row, str]:
    """A parent's account, and the secret of a new session.

    Raises:
        Refusal: ``passkey_unknown``, ``passkey_refused``, ``too_many_attempts``; ``password_too`` for agents: theirs is a second factor.
    """
    keys = [key_of("address", rules.throttled_address(address))]
    await refuse_if_blocked(database, keys, now)
    try:
        found = await _verified(database, public_url, said, "sign_in", None, now)
    except Refusal:
        await database.retrying(lambda tx: count_failure(tx, keys, now))
        raise
    if found["role"] != "parent":
        raise Refusal("password_too")
    secret = await database.retrying(lambda tx: open_session(tx, found["account_id"], agent, now, shared=shared))
    return found, secret


async def pass_by_passkey(
    database: Database, public_url: str, session: str, account: str, said: Said, agent: str, now: int
) -> str:
    """Turns a session that waits into a signed-in one; its new secret.

    Raises:
        Refusal: ``passkey_unknown``, ``passkey_refused``, ``too_many_attempts``
    """
    keys = [key_of("factor", account)]
    await refuse_if_blocked(database, keys, now)
    try:
        found = await _verified(database, public_url, said, "factor", session, now)
    except Refusal:
        await database.retrying(lambda tx: count_failure(tx, keys, now))
        raise
    if found["account_id"] != account:
        raise Refusal("passkey_unknown")
    return await _promote(database, session, account, agent, now)


async def enrol_by_passkey(
    database: Database, public_url: str, session: str, account: str, said: Said, name: str, agent: str, now: int
) -> str:
    """The first second factor of an agent is a passkey; signs them in.

    Raises:
        Refusal: ``factor_known``, ``passkey_refused``
    """
    if await factor_of(database, account) != "enrol":
        raise Refusal("factor_known")
    await add(database, public_url, account, session, said, name, now)
    return await _promote(database, session, account, agent, now)


async def _promote(database: Database, session: str, account: str, agent: str, now: int) -> str:
    async def write(tx: Transaction) -> str:
        await tx.run("DELETE FROM session WHERE id = ?", session)
        return await open_session(tx, account, agent, now, shared=True)

    return await database.retrying(write)


async def _verified(database: Database, public_url: str, said: Said, purpose: Purpose, session: str | None, now: int) -> Row:
    """The key that signed, with its account's ``role``, ``username``, ``name`` and ``service``."""
    site, origin = _site(public_url)
    challenge = await _take(database, said, purpose, session, now)
    try:
        key = _key(base64url_to_bytes(said["rawId"]))
    except UNREADABLE as error:
        raise Refusal("passkey_refused") from error
    found = await database.one(
        "SELECT p.*, a.role, a.username, a.name AS holder, a.service FROM passkey p JOIN account a ON a.id = p.account_id WHERE p.id = ?",
        key,
    )
    if found is None:
        raise Refusal("passkey_unknown")
    try:
        answer = webauthn.verify_authentication_response(
            credential=dict(said),
            expected_challenge=challenge,
            expected_rp_id=site,
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(found["public_key"]),
            credential_current_sign_count=found["sign_count"],
            require_user_verification=True,
        )
    except UNREADABLE as error:
        raise Refusal("passkey_refused") from error
    sql = "UPDATE passkey SET sign_count = ?, used_at = ? WHERE id = ? AND sign_count = ? RETURNING id"
    if not await database.retrying(lambda tx: tx.one(sql, answer.new_sign_count, now, key, found["sign_count"])):
        raise Refusal("passkey_refused")
    return {**found, "name": found["holder"]}


async def _note(database: Database, challenge: bytes, purpose: Purpose, session: str | None, now: int) -> None:
    async def write(tx: Transaction) -> None:
        await tx.run("DELETE FROM passkey_challenge WHERE expires_at < ?", now)
        await tx.run(
            "INSERT INTO passkey_challenge (id, purpose, session, expires_at) VALUES (?, ?, ?, ?)",
            _key(challenge), purpose, session, now + rules.CHALLENGE_LIFE,
        )  # fmt: skip

    await database.retrying(write)


async def _take(database: Database, said: Said, purpose: Purpose, session: str | None, now: int) -> bytes:
    """The question that an answer claims to answer, used up whatever comes of it; ``passkey_refused``: it was never asked here."""
    try:
        client = json.loads(base64url_to_bytes(said["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(client["challenge"])
    except UNREADABLE as error:
        raise Refusal("passkey_refused") from error
    sql = "DELETE FROM passkey_challenge WHERE id = ? AND purpose = ? AND COALESCE(session, '') = ? AND expires_at > ? RETURNING id"
    if not await database.retrying(lambda tx: tx.one(sql, _key(challenge), purpose, session or "", now)):
        raise Refusal("passkey_refused")
    return challenge


async def _tell(tx: Transaction, account: str, letter: tuple[str, list[str]], what: str, now: int) -> None:
    found = await tx.one("SELECT email FROM account WHERE id = ?", account)
    if found and found["email"]:
        await send_mail(tx, f"passkey/{what}/{secrets.token_hex(4)}", found["email"], *letter, now)


def _site(public_url: str) -> tuple[str, str]:
    site = rules.passkey_site(public_url)
    if site is None:
        raise Refusal("passkeys_elsewhere", site="que la ville a annoncée, avec un nom")
    return site


def _descriptors(held: Sequence[Row]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one["credential"])) for one in held]


def _as_json(options: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def _key(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
