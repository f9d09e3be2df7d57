"""Records answers and says which one holds. Nothing here is ever changed or removed by an answer."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from server.consents.texts import TEXTS
from server.database import Connection, Database, Row, Transaction, marks
from server.instants import iso

Rows = dict[str, dict[str, Any]]
LATEST = """
    SELECT * FROM consent c WHERE account = ? AND NOT EXISTS (
      SELECT 1 FROM consent l WHERE l.account = c.account AND l.purpose = c.purpose AND l.id > c.id)
"""


async def record(
    tx: Transaction, account: str, purpose: str, given: bool, now: int, *, channel: str = "portal", by: str | None = None
) -> None:
    """Adds an answer to the text of today."""
    text = TEXTS[purpose]
    await tx.run(
        "INSERT INTO consent (account, purpose, given, text_version, text_hash, channel, recorded_by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        account, purpose, given, text.version, text.hash, channel, by, now,
    )  # fmt: skip


async def given(reader: Connection | Database, account: str, purpose: str) -> bool:
    """Whether an account allows this now, under the text of today."""
    return any(row["purpose"] == purpose and row["given"] and _current(row) for row in await reader.all(LATEST, account))


async def who_gave(reader: Connection | Database, accounts: Iterable[str], purpose: str) -> list[str]:
    """Those of some accounts who allow this now."""
    return [account for account in sorted(set(accounts)) if await given(reader, account, purpose)]


async def consent_rows(connection: Connection | Database, account: str, zone: ZoneInfo) -> Rows:
    """``consent/<purpose>``: the text and the answer, for the account's own devices."""
    answers = {row["purpose"]: row for row in await connection.all(LATEST, account)}
    rows: Rows = {}
    for purpose, text in TEXTS.items():
        answer = answers.get(purpose)
        rows[f"consent/{purpose}"] = {
            "title": text.title,
            "text": text.text,
            "version": text.version,
            "given": bool(answer["given"]) if answer and _current(answer) else None,
            "asked_again": answer is not None and not _current(answer),
            "at": iso(answer["at"], zone) if answer else None,
            "channel": answer["channel"] if answer else None,
        }
    return rows


async def history(reader: Connection | Database, accounts: Iterable[str], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Every answer of some accounts, the latest first."""
    wanted = sorted(set(accounts))
    found = await reader.all(f"SELECT * FROM consent WHERE account IN ({marks(wanted)}) ORDER BY id DESC", *wanted) if wanted else []
    return [
        {
            "purpose": row["purpose"],
            "title": TEXTS[row["purpose"]].title,
            "given": bool(row["given"]),
            "version": row["text_version"],
            "channel": row["channel"],
            "at": iso(row["at"], zone),
        }
        for row in found
    ]


def is_current(purpose: str, version: str) -> bool:
    return TEXTS[purpose].version == version


def _current(answer: Row) -> bool:
    text = TEXTS.get(answer["purpose"])
    return text is not None and answer["text_version"] == text.version
