"""Who reads news that are for an activity or a school: their scopes are granted to the families' accounts, and taken back."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from server.database import Database, Transaction
from server.feed.service import set_readers
from server.instants import day_of
from server.news import rules

OF_ACTIVITY = (
    "SELECT fc.family_id FROM enrolment e JOIN family_child fc ON fc.child_id = e.child_id WHERE e.activity_id = ? AND e.until >= ?"
)
OF_SCHOOL = "SELECT fc.family_id FROM child c JOIN family_child fc ON fc.child_id = c.id WHERE c.school = ? AND '' <> ?"
ACCOUNTS = (
    "SELECT DISTINCT g.account_id FROM guardianship g JOIN account a ON a.id = g.account_id"
    " WHERE a.role = 'parent' AND g.since <= ? AND (g.until IS NULL OR g.until >= ?) AND g.family_id IN ({families}) ORDER BY 1"
)


async def grant_targets(tx: Transaction, targets: Iterable[str], today: str) -> None:
    """Brings the readers of these targets up to date."""
    for target in sorted(targets):
        kind, _, code = target.partition(":")
        families = OF_ACTIVITY if kind == "activity" else OF_SCHOOL
        rows = await tx.all(ACCOUNTS.format(families=families), today, today, code, today)
        await set_readers(tx, rules.scope_of(target), {row["account_id"] for row in rows})


async def refresh_readers(database: Database, now: int, zone: ZoneInfo) -> int:
    """Once an hour: children change school and activity; how many targets were looked at."""
    prefix = f"{rules.EVERYBODY}:"
    scopes = await database.all("SELECT id FROM sync_scope WHERE id LIKE ? ORDER BY id", f"{prefix}%")
    for scope in scopes:
        target = scope["id"].removeprefix(prefix)

        async def write(tx: Transaction, target: str = target) -> None:
            await grant_targets(tx, [target], day_of(now, zone))

        await database.retrying(write)
    return len(scopes)
