"""The dossier as its devices hold it, and who shares a child."""

from collections.abc import Iterable
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Row, Transaction, marks
from server.families.rules import PHONES
from server.families.service.papers import paper_rows, versions_of

Rows = dict[str, dict[str, Any]]
BEGINNING = "0001-01-01"


def scope_of(family: str) -> str:
    return f"f:{family}"


async def families_of(connection: Connection, account: str, today: str) -> list[str]:
    """The families that an account may act for on a day of the town's calendar, the oldest right first.

    The one place that reads this right: every command and every page asks here.
    """
    rows = await connection.all(
        "SELECT family_id FROM guardianship WHERE account_id = ? AND since <= ? AND (until IS NULL OR until >= ?)"
        " ORDER BY since, id",
        account, today, today,
    )
    return [row["family_id"] for row in rows]


async def accounts_of(connection: Connection, family: str, today: str) -> list[str]:
    """The accounts that may act for a family on a day: whom to tell what concerns it."""
    rows = await connection.all(
        "SELECT account_id FROM guardianship WHERE family_id = ? AND since <= ? AND (until IS NULL OR until >= ?) ORDER BY account_id",
        family, today, today,
    )  # fmt: skip
    return [row["account_id"] for row in rows]


async def family_rows(connection: Connection, family: str, zone: ZoneInfo) -> Rows:
    """Everything of one dossier but its enrolments, bookings and invoices.

    The other parent’s address, quotient and name are no part of it.
    """
    found = await connection.one("SELECT * FROM family WHERE id = ?", family)
    assert found is not None, family
    adults = await connection.all("SELECT first_name, last_name FROM adult WHERE family_id = ? ORDER BY id", family)
    quotient = None
    if found["quotient"] is not None:
        quotient = {
            "value": found["quotient"],
            "source": found["quotient_source"],
            "read_on": found["quotient_read_on"],
        }
    rows: Rows = {
        f"family/{family}": {
            "number": found["file_number"],
            "label": found["file_label"],
            "resident": bool(found["resident"]),
            "quotient": quotient,
            "adults": [{"name": f"{adult['first_name']} {adult['last_name']}"} for adult in adults],
            **{field: found[field] for field in ("address", *sorted(PHONES), "caf_number")},
            "email_invoices": None if found["email_invoices"] is None else bool(found["email_invoices"]),
            "versions": versions_of(found),
        }
    }
    children = await connection.all(
        "SELECT c.*, (SELECT COUNT(*) FROM family_child o WHERE o.child_id = c.id) AS families"
        " FROM family_child fc JOIN child c ON c.id = fc.child_id WHERE fc.family_id = ? ORDER BY c.born_on, c.id",
        family,
    )
    for child in children:
        rows[f"child/{child['id']}"] = {
            "first_name": child["first_name"],
            "last_name": child["last_name"],
            "grade": child["grade"],
            "school": child["school"],
            "shared": child["families"] > 1,
            "diet": child["diet"],
            "v": child["diet_version"] or 0,
        }
    return {**rows, **await paper_rows(connection, family, zone)}


async def families_of_children(connection: Connection, children: Iterable[str]) -> dict[str, list[str]]:
    """child → the families that hold it."""
    wanted = sorted(set(children))
    holding: dict[str, list[str]] = {child: [] for child in wanted}
    if wanted:
        for row in await connection.all(
            f"SELECT child_id, family_id FROM family_child WHERE child_id IN ({marks(wanted)}) ORDER BY family_id", *wanted
        ):
            holding[row["child_id"]].append(row["family_id"])
    return holding


async def lock_children(tx: Transaction, children: Iterable[str]) -> None:
    """From here to the end of the transaction nobody else books or cancels for these children."""
    await tx.lock("child", children)


async def note_quotient(
    tx: Transaction, family: str, value: int | None, source: str | None, known_on: str, own_from: str, now: int
) -> None:
    """Keeps what the quotient of a family is from now on, and what it was before the first change."""
    held = await tx.one("SELECT value, source FROM family_quotient WHERE family_id = ? ORDER BY made_at DESC, id DESC LIMIT 1", family)
    if held is not None and (held["value"], held["source"]) == (value, source):
        return
    sql = "INSERT INTO family_quotient (id, family_id, value, source, known_on, own_from, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    before = await tx.one("SELECT quotient, quotient_source FROM family WHERE id = ?", family)
    if held is None and before is not None:
        await tx.run(sql, f"{family}.0", family, before["quotient"], before["quotient_source"], BEGINNING, BEGINNING, now - 1)
        if (before["quotient"], before["quotient_source"]) == (value, source):
            return
    await tx.run(sql, f"{family}.{token_hex(6)}", family, value, source, known_on, own_from, now)


async def quotients_of(connection: Connection, families: Iterable[str]) -> dict[str, list[Row]]:
    """family → its quotients, in the order in which the town learnt them; empty when the one of today never changed."""
    wanted = sorted(set(families))
    found: dict[str, list[Row]] = {family: [] for family in wanted}
    rows = await connection.all(
        f"SELECT family_id, value, known_on, own_from FROM family_quotient WHERE family_id IN ({marks(wanted)})"
        " ORDER BY made_at, id",
        *wanted,
    ) if wanted else []  # fmt: skip
    for row in rows:
        found[row["family_id"]].append(row)
    return found


async def billing_facts(connection: Connection, families: Iterable[str]) -> dict[str, Row]:
    """family → ``resident``, ``quotient``, ``quotient_source``: what its prices depend on."""
    wanted = sorted(set(families))
    rows = await connection.all(
        f"SELECT id, resident, quotient, quotient_source FROM family WHERE id IN ({marks(wanted)})", *wanted
    ) if wanted else []
    return {row["id"]: row for row in rows}
