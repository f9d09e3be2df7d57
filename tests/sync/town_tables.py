"""The tables of the tiny town of `world`, as the real server reads them."""

import json
from typing import Any

from server.database import Transaction
from server.feed import service as feed
from tests.sync import world

# What a history changes, in an order in which rows can be inserted.
MUTABLE = (
    "guardianship", "tariff", "place_pool", "booking", "sync_scope", "sync_row", "sync_grant", "sync_device", "sync_receipt",
    "sync_deadletter",
)  # fmt: skip
UNITS = sorted({session.unit for session in world.SESSIONS.values()})


def price_list(cents: int) -> dict[str, Any]:
    """One amount for everybody."""
    return {"grids": [{"amount": {"method": "flat", "cents": cents}}]}


async def fill(tx: Transaction) -> None:
    for table, rows in _tables().items():
        for row in rows:
            marks = ", ".join("?" * len(row))
            await tx.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())
    scopes: dict[str, dict[str, Any]] = {"t:news": {f"news/{i}": {"title": f"n{i}"} for i in range(3)}}
    for family, children in world.FAMILIES.items():
        scopes[f"f:{family}"] = {f"family/{family}": {"label": family}, **{f"child/{c}": {"first_name": c} for c in children}}
    await feed.load_scopes(tx, scopes)
    for account, families in world.GUARDIANS.items():
        await feed.grant(tx, [(account, "t:news"), *((account, f"f:{family}") for family in families)])


def _tables() -> dict[str, list[dict[str, Any]]]:
    def both(**row: Any) -> dict[str, Any]:
        return {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in row.items()}

    since, until = "2026-01-01", "2030-12-31"
    return {
        "account": [
            both(id=a, username=a, password_hash="x", role="parent", name=a, created_at=0) for a in world.GUARDIANS
        ],
        "family": [
            both(id=family, file_number=family, file_label=family, resident=True, quotient=500) for family in world.FAMILIES
        ],
        "child": [
            both(id=c, first_name=c, last_name="x", born_on="2019-01-01", grade="CE1", school="ecole") for c in world.CHILDREN
        ],
        "family_child": [
            both(id=f"{family}|{c}", family_id=family, child_id=c) for family, children in world.FAMILIES.items() for c in children
        ],
        "guardianship": [
            both(id=f"{a}|{f}", account_id=a, family_id=f, since=since) for a, found in world.GUARDIANS.items() for f in found
        ],
        "service": [both(code="enfance", name="Enfance", phones=[], position=1)],
        "place": [both(code="ecole", name="École", kind="school")],
        "activity": [
            both(code="periscolaire", service_id="enfance", name="Accueil", category="care", bookable=True, text="", position=1)
        ],
        "unit": [
            both(
                id=unit, activity_id="periscolaire", place_id="ecole", name=unit, starts="16:30", ends="18:30", grades=[],
                counts=[unit], excludes=[], rule="", during="any", weekdays=[], extra_days=[], skipped_days=[], position=1,
            ) for unit in UNITS
        ],
        "place_pool": [both(id=s.id, capacity=s.capacity, taken=0, level=0) for s in world.SESSIONS.values()],
        "opening": [
            both(
                id=s.id, unit_id=s.unit, date=s.date, closed=False, add_until=s.add_until, remove_until=s.remove_until, pools=[s.id]
            ) for s in world.SESSIONS.values()
        ],
        "enrolment": [
            both(id=f"{c}|p", child_id=c, activity_id="periscolaire", units=UNITS, since=since, until=until) for c in world.CHILDREN
        ],
        "tariff": [
            both(
                id="t1", code="t", version=1, since=since, decision="x", terms=price_list(world.PRICE)
            )
        ],
        "unit_tariff": [both(unit=unit, tariff_code="t") for unit in UNITS],
    }  # fmt: skip
