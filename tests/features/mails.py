"""What the town asked to be mailed: the outbox's waiting mails, oldest first."""

import json
from typing import Any

from server.database import Database


async def mails(database: Database, to: str | None = None) -> list[dict[str, Any]]:
    rows = await database.all("SELECT payload FROM outbox WHERE kind = 'mail' AND state = 'waiting' ORDER BY id")
    written = [json.loads(row["payload"]) for row in rows]
    return [mail for mail in written if to is None or mail["to"] == to]


async def link_of(database: Database, to: str) -> str:
    """The secret of the latest link that went to a mailbox."""
    found = [mail["action"][1] for mail in await mails(database, to) if mail["action"]]
    assert found, f"no link was sent to {to}"
    return str(found[-1].partition("#")[2])
