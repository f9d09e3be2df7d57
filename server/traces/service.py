"""Notes what is done with a family's file, in the transaction that does it; the parent reads it under « Mes données »."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Transaction
from server.instants import iso


@dataclass(frozen=True)
class Who:
    """Who acts: an account with its name, an agent with a service; `PORTAL` when nobody did."""

    account: str | None
    name: str
    service: str | None = None


PORTAL = Who(None, "Le portail")
MOST_SHOWN = 200


async def note(tx: Transaction, family: str, who: Who, what: str, now: int, detail: str = "") -> None:
    """`what`: the code of the action (``quotient.fetched``); `detail`: about what, never a personal value."""
    await tx.run(
        "INSERT INTO trace (family, account, name, service, what, detail, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        family, who.account, who.name, who.service, what[:60], detail[:200], now,
    )  # fmt: skip


async def traces_of(reader: Connection | Database, family: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The latest first: ``{at, name, service, what, detail}``."""
    found = await reader.all(
        "SELECT name, service, what, detail, at FROM trace WHERE family = ? ORDER BY at DESC, id DESC LIMIT ?", family, MOST_SHOWN
    )
    return [{**dict(row), "at": iso(row["at"], zone)} for row in found]
