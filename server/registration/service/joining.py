"""Lets an account act for a family: the one place where that right is given, whichever way somebody came."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from server.database import Connection, Transaction
from server.errors import Refusal
from server.families.service import kept_out
from server.feed.service import grant, put_rows, revoke
from server.instants import day_of
from server.mail.service import send_mail
from server.registration import texts
from server.registration.rules import same
from server.syncing.service.projection import account_scope, grants_of_account, project_families
from server.traces.service import Who, note


async def join_family(tx: Transaction, account: str, family: str, zone: ZoneInfo, now: int, how: str) -> bool:
    """Gives the right, and the copies that go with it; False: the account had it already.

    The adult of the dossier with the same name becomes this account's, or a new adult is added. Those who had the dossier
    before get a mail. `how`: ``letter``, ``invitation``, ``franceconnect`` or ``agent``, for the trace.
    """
    today = day_of(now, zone)
    await tx.lock("family", [family])
    if await kept_out(tx, account, family):
        raise Refusal("restricted")
    had = await tx.one("SELECT until FROM guardianship WHERE account_id = ? AND family_id = ?", account, family)
    if had and (had["until"] is None or had["until"] >= today):
        return False
    person = await tx.one("SELECT name, email FROM account WHERE id = ?", account)
    label = await tx.one("SELECT file_label FROM family WHERE id = ?", family)
    assert person is not None
    assert label is not None
    for holder in await holders_of(tx, family, today):
        if holder["email"]:
            subject, paragraphs = texts.newcomer(person["name"], label["file_label"])
            await send_mail(tx, f"newcomer/{family}/{account}/{holder['id']}/{now}", holder["email"], subject, paragraphs, now)
    await tx.run(
        "INSERT INTO guardianship (id, account_id, family_id, since, until) VALUES (?, ?, ?, ?, NULL)"
        " ON CONFLICT (account_id, family_id) DO UPDATE SET since = excluded.since, until = NULL",
        f"{account}|{family}", account, family, today,
    )  # fmt: skip
    await _become_adult(tx, account, family, person["name"], now)
    await put_rows(tx, f"a:{account}", await account_scope(tx, account), now)
    await project_families(tx, [family], today, now, zone)
    await grant(tx, [(account, scope) for scope in await grants_of_account(tx, account, today)])
    await note(tx, family, Who(account, person["name"]), "account.joined", now, how)
    return True


async def holders_of(tx: Connection, family: str, today: str) -> list[dict[str, str]]:
    """The accounts that may act for a family: ``id``, ``name``, ``email``."""
    rows = await tx.all(
        "SELECT a.id, a.name, a.email FROM guardianship g JOIN account a ON a.id = g.account_id"
        " WHERE g.family_id = ? AND (g.until IS NULL OR g.until >= ?) ORDER BY a.id",
        family, today,
    )  # fmt: skip
    return [dict(row) for row in rows]


async def leave_family(tx: Transaction, account: str, family: str, today: str) -> bool:
    """Takes the right away from today on; False: there was none. The account's devices drop the family at their next exchange."""
    yesterday = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    ended = await tx.one(
        "UPDATE guardianship SET until = ? WHERE account_id = ? AND family_id = ? AND (until IS NULL OR until >= ?) RETURNING id",
        yesterday, account, family, today,
    )  # fmt: skip
    if ended is None:
        return False
    await set_grants(tx, account, today)
    return True


async def set_grants(tx: Transaction, account: str, today: str) -> None:
    """Brings what an account's devices may copy up to date with its rights: more, or less."""
    before = {row["scope"] for row in await tx.all("SELECT scope FROM sync_grant WHERE account = ?", account)}
    wanted = await grants_of_account(tx, account, today)
    await grant(tx, [(account, scope) for scope in wanted if scope not in before])
    for scope in sorted(before - set(wanted)):
        await revoke(tx, account, scope)


async def _become_adult(tx: Transaction, account: str, family: str, name: str, now: int) -> None:
    free = await tx.all("SELECT id, first_name, last_name FROM adult WHERE family_id = ? AND account_id IS NULL ORDER BY id", family)
    for adult in free:
        if same(f"{adult['first_name']}{adult['last_name']}") == same(name):
            await tx.run("UPDATE adult SET account_id = ? WHERE id = ?", account, adult["id"])
            return
    if await tx.one("SELECT id FROM adult WHERE family_id = ? AND account_id = ?", family, account):
        return
    first, _, last = name.partition(" ")
    await tx.run(
        "INSERT INTO adult (id, family_id, account_id, first_name, last_name, phone) VALUES (?, ?, ?, ?, ?, NULL)",
        f"adu_{account.removeprefix('acc_')}_{now}"[:40], family, account, first, last or first,
    )  # fmt: skip

