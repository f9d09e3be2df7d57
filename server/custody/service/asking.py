"""Asking the other parent for one of their days, and their answer. Nobody else decides; the town only carries it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from server.activities.service import school_holidays
from server.commands import Answer, Command, Item
from server.custody import rules
from server.custody.service.reading import changed_rows, plans
from server.database import Row, Transaction, marks
from server.families.service import accounts_of, families_of, lock_children, scope_of
from server.notifications.service import notify

PAGE = "/accueil"


async def ask(tx: Transaction, command: Command) -> Answer:
    """``custody.ask``: would like some of the other parent's days."""
    families = await families_of(tx, command.account, command.today)
    children = {item["child"] for item in command.args["items"]}
    held = await tx.all(f"SELECT child_id, family_id FROM family_child WHERE child_id IN ({marks(children)})", *sorted(children))
    mine = {row["child_id"] for row in held if row["family_id"] in families}
    await lock_children(tx, mine)
    found = await plans(tx, mine)
    holidays = await school_holidays(tx)
    outcomes: list[Item] = []
    for item in command.args["items"]:
        plan = found.get(item["child"])
        told = {name: item[name] for name in ("rid", "child", "date")}
        owner = rules.owner(plan, date.fromisoformat(item["date"]), holidays) if plan else None
        code = _refusal(item, command.today, families, item["child"] in mine, owner)
        if code is None and plan and owner:
            code = await _store(tx, command, item, plan.other(owner), owner)
        outcomes.append({**told, "outcome": "refused", "code": code} if code else {**told, "outcome": "accepted"})
    done = [one for one in outcomes if one["outcome"] == "accepted"]
    return await _answer(tx, command, families, outcomes, {one["child"] for one in done}, [one["rid"] for one in done], "owner")


def _refusal(item: Item, today: str, families: list[str], mine: bool, owner: str | None) -> str | None:
    if not mine:
        return "CHILD_UNKNOWN"
    if owner is None:
        return "NOT_SHARED"
    if owner in families:
        return "YOUR_DAY"
    return "DAY_IS_PAST" if item["date"] <= today else None


async def _store(tx: Transaction, command: Command, item: Item, asker: str, owner: str) -> str | None:
    before = await tx.one("SELECT asker, child, date FROM custody_ask WHERE id = ?", item["rid"])
    if before is not None:
        return None if (before["asker"], before["child"], before["date"]) == (asker, item["child"], item["date"]) else "MALFORMED"
    stored = await tx.one(
        "INSERT INTO custody_ask (id, child, date, asker, owner, state, open, note, account, asked_at)"
        " VALUES (?, ?, ?, ?, ?, 'asked', ?, ?, ?, ?) ON CONFLICT (open) DO NOTHING RETURNING id",
        item["rid"], item["child"], item["date"], asker, owner, f"{item['child']}|{item['date']}",
        command.args.get("note") or None, command.account, command.received_at,
    )  # fmt: skip
    return None if stored else "ALREADY_ASKED"


async def answer(tx: Transaction, command: Command) -> Answer:
    """``custody.answer``: gives the days, or keeps them. What was booked on them stays with who booked it."""
    return await _decide(tx, command, "agreed" if command.args["accept"] == "yes" else "declined", "owner")


async def withdraw(tx: Transaction, command: Command) -> Answer:
    """``custody.withdraw``: takes back what the other parent has not answered."""
    return await _decide(tx, command, "withdrawn", "asker")


async def _decide(tx: Transaction, command: Command, state: str, side: str) -> Answer:
    families = await families_of(tx, command.account, command.today)
    rids = [item["rid"] for item in command.args["items"]]
    await lock_children(tx, {row["child"] for row in (await _asks(tx, rids)).values() if row[side] in families})
    found = {rid: row for rid, row in (await _asks(tx, rids)).items() if row[side] in families}
    outcomes: list[Item] = []
    for rid in rids:
        row = found.get(rid)
        told = {"rid": rid, **({"child": row["child"], "date": row["date"]} if row else {})}
        if row is not None and row["state"] == state:
            outcomes.append({**told, "outcome": "accepted", "code": "ALREADY"})
        elif row is None or row["state"] != "asked" or row["date"] < command.today:
            outcomes.append({**told, "outcome": "void", "code": "NOTHING_TO_ANSWER"})
        else:
            await _settle(tx, row, state, command.received_at)
            outcomes.append({**told, "outcome": "accepted"})
    done = [one for one in outcomes if one["outcome"] == "accepted" and "code" not in one]
    tell = [] if state == "withdrawn" else [one["rid"] for one in done]
    return await _answer(tx, command, families, outcomes, {one["child"] for one in done}, tell, "asker")


async def _settle(tx: Transaction, row: Row, state: str, now: int) -> None:
    await tx.run("UPDATE custody_ask SET state = ?, open = NULL, decided_at = ? WHERE id = ?", state, now, row["id"])
    if state == "agreed":
        await tx.run(
            "INSERT INTO custody_day (id, child, date, family, origin) VALUES (?, ?, ?, ?, 'parents')"
            " ON CONFLICT (id) DO UPDATE SET family = excluded.family, origin = excluded.origin",
            f"{row['child']}|{row['date']}", row["child"], row["date"], row["asker"],
        )


async def _asks(tx: Transaction, rids: Iterable[str]) -> dict[str, Row]:
    wanted = sorted(set(rids))
    rows = await tx.all(f"SELECT * FROM custody_ask WHERE id IN ({marks(wanted)})", *wanted)
    return {row["id"]: row for row in rows}


async def _answer(
    tx: Transaction, command: Command, families: list[str], outcomes: list[Item], children: set[str], tell: list[str], whom: str
) -> Answer:
    """The receipt, the rows of both families, and a word to the other parent."""
    changes: dict[str, dict[str, Mapping[str, Any] | None]] = {}
    for child in sorted(children):
        pair = [row["family_id"] for row in await tx.all("SELECT family_id FROM family_child WHERE child_id = ?", child)]
        for scope, rows in (await changed_rows(tx, child, pair, command.today, command.zone)).items():
            changes.setdefault(scope, {}).update(rows)
    for rid, row in (await _asks(tx, tell)).items() if tell else ():
        accounts = await accounts_of(tx, row[whom], command.today)
        await notify(tx, accounts, "custody", f"custody/{rid}/{row['state']}", PAGE, command.received_at, command.zone, about=rid)
    scope = scope_of(families[0]) if families else f"a:{command.account}"
    return Answer(scope, outcomes, changes)
