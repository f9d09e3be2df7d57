"""One's own data: everything in one file, and who looked at it."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from server.accounts.service import passkeys_of
from server.consents.service import history
from server.database import Connection, Database
from server.families.service import families_of, scope_of
from server.instants import day_of, iso
from server.traces.service import traces_of


async def everything(database: Database, account: str, now: int, zone: ZoneInfo) -> dict[str, Any]:
    """All that the town keeps about an account and its families, as its devices hold it, and what only the town holds."""
    today = day_of(now, zone)
    families = await families_of(database, account, today)  # type: ignore[arg-type]
    return {
        "made_at": iso(now, zone),
        "account": await _scope(database, f"a:{account}"),
        "sessions": [
            {"browser": row["agent"], "opened_at": iso(row["created_at"], zone), "seen_at": iso(row["seen_at"], zone)}
            for row in await database.all("SELECT agent, created_at, seen_at FROM session WHERE account_id = ?", account)
        ],
        "passkeys": [
            {"name": row["name"], "created_at": iso(row["created_at"], zone)} for row in await passkeys_of(database, account)
        ],
        "consents": await history(database, [account], zone),
        "families": [
            {
                "file": await _scope(database, scope_of(family)),
                "care_protocols": await _care_protocols(database, family),
                "access_log": await traces_of(database, family, zone),
            }
            for family in families
        ],
    }


async def _scope(reader: Connection | Database, scope: str) -> dict[str, dict[str, Any]]:
    """kind → id → body: whatever features put there is in it, today's and tomorrow's."""
    grouped: dict[str, dict[str, Any]] = {}
    for row in await reader.all("SELECT key, body FROM sync_row WHERE scope = ? AND body IS NOT NULL ORDER BY key", scope):
        kind, _, id = row["key"].partition("/")
        grouped.setdefault(kind, {})[id] = json.loads(row["body"])
    return grouped


async def _care_protocols(reader: Connection | Database, family: str) -> dict[str, bool | None]:
    rows = await reader.all(
        "SELECT c.first_name, c.care_protocol FROM family_child l JOIN child c ON c.id = l.child_id WHERE l.family_id = ?", family
    )
    return {row["first_name"]: None if row["care_protocol"] is None else bool(row["care_protocol"]) for row in rows}


async def access_log(database: Database, account: str, now: int, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What was done with the files of an account, the latest first."""
    families = await families_of(database, account, day_of(now, zone))  # type: ignore[arg-type]
    found = [line for family in families for line in await traces_of(database, family, zone)]
    return sorted(found, key=lambda line: line["at"], reverse=True)
