"""Agents' accounts: made by whoever runs the portal, opened by the agent with a link, closed when they leave."""

import secrets

from server.accounts.service import end_sessions, hash_off_loop, make_link
from server.database import Database, Transaction
from server.errors import Refusal
from server.feed.service import grant, put_rows
from server.mail.service import address_of
from server.registration.rules import name_of, username_of
from server.syncing.service.projection import account_scope, grants_of_account


async def add_agent(
    database: Database, username: str, name: str, service: str, email: str, base_url: str, today: str, now: int
) -> str:
    """Makes an agent's account, and returns the link (an hour, once) with which the agent chooses a password.

    Raises:
        Refusal: ``fields`` with a code for each of ``username``, ``name``, ``service``, ``email`` that cannot be
    """
    known = await database.one("SELECT code FROM service WHERE code = ?", service)
    values = {"username": username_of(username), "name": name_of(name), "service": known and service, "email": address_of(email)}
    wrong = {key: f"{key}_unknown" for key, value in values.items() if not value}
    if wrong:
        raise Refusal("fields", fields=wrong)
    unguessable = await hash_off_loop(secrets.token_urlsafe(32))
    account = f"acc_{secrets.token_hex(10)}"

    async def write(tx: Transaction) -> str:
        made = await tx.one(
            "INSERT INTO account (id, username, password_hash, role, name, email, service, created_at)"
            " VALUES (?, ?, ?, 'agent', ?, ?, ?, ?) ON CONFLICT (username) DO NOTHING RETURNING id",
            account, values["username"], unguessable, values["name"], values["email"], service, now,
        )  # fmt: skip
        if made is None:
            raise Refusal("fields", fields={"username": "username_taken"})
        await put_rows(tx, f"a:{account}", await account_scope(tx, account), now)
        await grant(tx, [(account, scope) for scope in await grants_of_account(tx, account, today)])
        return f"{base_url}/mot-de-passe#{await make_link(tx, account, 'password', now)}"

    return await database.retrying(write)


async def close_agent(database: Database, username: str) -> bool:
    """Ends every session of an agent who leaves and makes the account unusable (ASVS 7.4.2); False: no such agent.

    The row stays, since traces name it.
    """
    unguessable = await hash_off_loop(secrets.token_urlsafe(32))

    async def write(tx: Transaction) -> bool:
        found = await tx.one("SELECT id FROM account WHERE username = ? AND role = 'agent'", username.strip().lower())
        if found is None:
            return False
        await end_sessions(tx, found["id"])
        for table in ("one_time_link", "passkey", "second_factor"):
            await tx.run(f"DELETE FROM {table} WHERE account_id = ?", found["id"])
        await tx.run("UPDATE account SET password_hash = ?, email = NULL WHERE id = ?", unguessable, found["id"])
        return True

    return await database.retrying(write)
