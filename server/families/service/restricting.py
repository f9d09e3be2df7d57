"""What a court's restriction means for an account: which children it sees or acts for no more. Entered by `restrictions`."""

import json
from collections.abc import Iterable
from typing import Any

from server.database import Connection, Row, marks

LIMITS = {"see": "no_sight", "book": "no_booking", "collect": "no_collecting"}


def limits_of(restriction: Row) -> list[str]:
    """``see``, ``book``, ``collect``: what is taken away."""
    return [limit for limit, column in LIMITS.items() if restriction[column]]


async def barred_children(connection: Connection, account: str) -> set[str]:
    """The children for whom an account may ask nothing, by a court's decision that is in force."""
    rows = await connection.all(
        "SELECT r.child FROM restriction r JOIN adult a ON a.id = r.adult_id"
        " WHERE a.account_id = ? AND r.state = 'in_force' AND (r.no_sight OR r.no_booking)",
        account,
    )  # fmt: skip
    return {row["child"] for row in rows}


async def unlinked_families(connection: Connection, child: str) -> set[str]:
    """The files that held a child and must not hold it now: neither an import nor a newcomer brings it back."""
    rows = await connection.all("SELECT undo FROM restriction WHERE child = ? AND state = 'in_force' AND undo IS NOT NULL", child)
    return {family for row in rows for what, family in json.loads(row["undo"]) if what == "unlinked"}


async def kept_out(connection: Connection, account: str, family: str) -> bool:
    """Whether a decision keeps this person out of a file: by their account, or by their name where the adult has none yet."""
    rows = await connection.all(
        "SELECT r.adult_id, r.undo, a.account_id, LOWER(a.first_name) || ' ' || LOWER(a.last_name) AS name FROM restriction r"
        " JOIN adult a ON a.id = r.adult_id JOIN family_child fc ON fc.child_id = r.child"
        " WHERE fc.family_id = ? AND r.state = 'in_force' AND r.no_sight",
        family,
    )  # fmt: skip
    if not rows:
        return False
    person = await connection.one("SELECT LOWER(name) AS name FROM account WHERE id = ?", account)
    return any(row["account_id"] == account or (row["account_id"] is None and person and row["name"] == person["name"]) for row in rows)


async def restriction_rows(connection: Connection, account: str) -> dict[str, dict[str, Any]]:
    """``limit/<restriction>`` of an account: what it may not do for a child that it still sees."""
    rows = await connection.all(
        "SELECT r.*, c.first_name FROM restriction r JOIN adult a ON a.id = r.adult_id JOIN child c ON c.id = r.child"
        " WHERE a.account_id = ? AND r.state = 'in_force' AND NOT r.no_sight ORDER BY r.id",
        account,
    )  # fmt: skip
    return {
        f"limit/{row['id']}": {
            "child": row["child"], "first_name": row["first_name"], "limits": limits_of(row), "decision": row["decision"],
            "since": row["since"], "until": row["until"],
        }
        for row in rows
    }  # fmt: skip


async def not_collecting(connection: Connection, children: Iterable[str]) -> dict[str, list[str]]:
    """child → the names of the adults to whom nobody hands it over, for the lists of the day."""
    wanted = sorted(set(children))
    found: dict[str, list[str]] = {}
    if not wanted:
        return found
    for row in await connection.all(
        "SELECT DISTINCT r.child, a.first_name, a.last_name FROM restriction r JOIN adult a ON a.id = r.adult_id"
        f" WHERE r.state = 'in_force' AND r.no_collecting AND r.child IN ({marks(wanted)}) ORDER BY a.last_name, a.first_name",
        *wanted,
    ):
        found.setdefault(row["child"], []).append(f"{row['first_name']} {row['last_name']}")
    return found
