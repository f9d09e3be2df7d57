"""What a parent changes in the dossier. Each command is one field, one person or one paper.

Every edit names the version it was made on: an older one is told, never written over what is there. What the town must
check becomes a change that an agent accepts or refuses; the rest holds at once.
"""

import json
import secrets
from typing import Any

from server.commands import Answer, Command, Item
from server.database import Row, Transaction
from server.families import rules
from server.families.service import papers
from server.families.service.reading import families_of, families_of_children, family_rows, scope_of
from server.feed.service import live_keys


async def edit(tx: Transaction, command: Command) -> Answer:
    """``dossier.edit``: one field of the family, or the diet of one child."""
    family = await _mine(tx, command)
    args = command.args
    if family is None:
        return _answer(command, None, {"outcome": "refused", "code": "NOT_YOURS"})
    try:
        value = rules.value_of(args["field"], args["value"])
    except rules.Unfit:
        return _answer(command, family["id"], _refused(args["field"], "BAD_VALUE", args["value"]))
    if args["field"] == "diet":
        return await _edit_diet(tx, command, family["id"], str(value) if value else None)
    field = args["field"]
    if papers.versions_of(family).get(field, 0) != args["base"]:
        return _answer(command, family["id"], _refused(field, "STALE", args["value"]))
    if value == family[field]:
        return _answer(command, family["id"], {"outcome": "accepted", "code": "ALREADY", "field": field})
    if field in rules.CHECKED:
        await propose(tx, command, family["id"], field, None, family[field], value)
        outcome: Item = {"outcome": "accepted", "code": "TO_CHECK", "field": field}
    else:
        await write_field(tx, family, field, value)
        outcome = {"outcome": "accepted", "field": field}
    return await _told(tx, command, family["id"], outcome)


async def _edit_diet(tx: Transaction, command: Command, family: str, diet: str | None) -> Answer:
    child = command.args.get("child", "")
    if family not in (await families_of_children(tx, [child]))[child]:
        return _answer(command, family, {"outcome": "refused", "code": "CHILD_UNKNOWN"})
    await tx.lock("child", [child])
    found = await tx.one("SELECT diet, diet_version FROM child WHERE id = ?", child)
    assert found is not None
    if (found["diet_version"] or 0) != command.args["base"]:
        return _answer(command, family, {**_refused("diet", "STALE", command.args["value"]), "child": child})
    await tx.run("UPDATE child SET diet = ?, diet_version = ? WHERE id = ?", diet, (found["diet_version"] or 0) + 1, child)
    answer = _answer(command, family, {"outcome": "accepted", "field": "diet", "child": child})
    for holder in (await families_of_children(tx, [child]))[child]:
        rows = await family_rows(tx, holder, command.zone)
        answer.put(scope_of(holder), f"child/{child}", rows[f"child/{child}"])
    return answer


async def put_contact(tx: Transaction, command: Command) -> Answer:
    """``contact.put``: somebody to call in an emergency holds at once; who collects the children is checked first."""
    family = await _mine(tx, command)
    args = command.args
    if family is None:
        return _answer(command, None, {"outcome": "refused", "code": "NOT_YOURS"})
    phone = rules.phone_of(args["phone"])
    if phone is None:
        return _answer(command, family["id"], _refused("phone", "BAD_VALUE", args["phone"]))
    held, fault = await _contact(tx, family["id"], args["contact"], args["base"])
    if fault:
        return _answer(command, family["id"], _refused("contact", fault, args["name"]))
    relation = " ".join(args.get("relation", "").split())[:80] or None
    body = {"kind": args["kind"], "name": " ".join(args["name"].split()), "relation": relation, "phone": phone}
    if "collector" in (args["kind"], held["kind"] if held else None):
        await propose(tx, command, family["id"], "collector", args["contact"], papers.contact_body(held) if held else None, body)
        return await _told(tx, command, family["id"], {"outcome": "accepted", "code": "TO_CHECK", "field": "collector"})
    await write_contact(tx, family["id"], args["contact"], body, command.received_at)
    return await _told(tx, command, family["id"], {"outcome": "accepted", "field": "contact"})


async def remove_contact(tx: Transaction, command: Command) -> Answer:
    """``contact.remove``: at once, for a collector too: a right to take a child home ends when a parent says so."""
    family = await _mine(tx, command)
    if family is None:
        return _answer(command, None, {"outcome": "refused", "code": "NOT_YOURS"})
    contact = command.args["contact"]
    held, fault = await _contact(tx, family["id"], contact, command.args["base"])
    if fault:
        return _answer(command, family["id"], _refused("contact", fault, held["name"] if held else ""))
    await tx.run("DELETE FROM family_contact WHERE id = ? AND family_id = ?", contact, family["id"])
    await _replace_pending(tx, family["id"], "collector", contact, command.received_at)
    return await _told(tx, command, family["id"], {"outcome": "accepted" if held else "void", "field": "contact"})


async def declare_proof(tx: Transaction, command: Command) -> Answer:
    """``proof.declare``: a paper that the parent shows to the town; an agent who saw it accepts."""
    family = await _mine(tx, command)
    args = command.args
    if family is None:
        return _answer(command, None, {"outcome": "refused", "code": "NOT_YOURS"})
    child = args.get("child")
    if dict(rules.NEEDED_PROOFS)[args["kind"]] != (child is not None) or (
        child is not None and family["id"] not in (await families_of_children(tx, [child]))[child]
    ):
        return _answer(command, family["id"], {"outcome": "refused", "code": "CHILD_UNKNOWN"})
    try:
        until = rules.proof_day(args["valid_until"], command.today)
    except rules.Unfit:
        return _answer(command, family["id"], _refused("valid_until", "BAD_VALUE", args["valid_until"]))
    target = ".".join(part for part in (family["id"], args["kind"], child) if part)
    old = await tx.one("SELECT * FROM family_proof WHERE id = ?", target)
    label = " ".join(args.get("label", "").split())[:80] or None
    body = {"kind": args["kind"], "child": child, "label": label, "valid_until": until}
    await propose(tx, command, family["id"], "proof", target, papers.proof_body(old) if old else None, body)
    return await _told(tx, command, family["id"], {"outcome": "accepted", "code": "TO_CHECK", "field": "proof"})


async def propose(
    tx: Transaction, command: Command, family: str, field: str, target: str | None, old: Any, new: Any
) -> None:
    """A change that waits for an agent; it takes the place of an earlier one of the same field."""
    await propose_change(tx, command.account, family, field, target, old, new, command.received_at)


async def propose_change(
    tx: Transaction, account: str, family: str, field: str, target: str | None, old: Any, new: Any, now: int
) -> str:
    await _replace_pending(tx, family, field, target, now)
    change = f"chg_{secrets.token_hex(8)}"
    await tx.run(
        "INSERT INTO family_change (id, family_id, field, target, old, new, state, reason, account, asked_at, agent, decided_at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'pending', NULL, ?, ?, NULL, NULL)",
        change, family, field, target, json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False), account, now,
    )  # fmt: skip
    return change


async def _replace_pending(tx: Transaction, family: str, field: str, target: str | None, now: int) -> None:
    same = "target IS NULL" if target is None else "target = ?"
    await tx.run(
        "UPDATE family_change SET state = 'replaced', decided_at = ?"
        f" WHERE family_id = ? AND field = ? AND state = 'pending' AND {same}",
        now, family, field, *(() if target is None else (target,)),
    )  # fmt: skip


async def write_field(tx: Transaction, family: Row, field: str, value: Any) -> None:
    versions = papers.versions_of(family)
    versions[field] = versions.get(field, 0) + 1
    assert field in {*rules.CHECKED, *rules.PHONES, "email_invoices"}  # a column's name never comes from outside
    await tx.run(f"UPDATE family SET {field} = ?, versions = ? WHERE id = ?", value, json.dumps(versions), family["id"])


async def write_contact(tx: Transaction, family: str, contact: str, body: dict[str, Any], now: int) -> None:
    await tx.run(
        "INSERT INTO family_contact (id, family_id, kind, name, relation, phone, version, made_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?)"
        " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, relation = excluded.relation,"
        " phone = excluded.phone, version = family_contact.version + 1",
        contact, family, body["kind"], body["name"], body["relation"], body["phone"], now,
    )  # fmt: skip


async def changed(tx: Transaction, family: str, zone: Any) -> dict[str, Any]:
    """The rows of a family's dossier as they are now, and tombstones of those that are gone: for its scope."""
    rows: dict[str, Any] = dict(await family_rows(tx, family, zone))
    for key in await live_keys(tx, scope_of(family), "contact", "proof", "change"):
        rows.setdefault(key, None)
    return rows


async def _told(tx: Transaction, command: Command, family: str, item: Item) -> Answer:
    answer = _answer(command, family, item)
    for key, body in (await changed(tx, family, command.zone)).items():
        answer.put(answer.scope, key, body)
    return answer


async def _mine(tx: Transaction, command: Command) -> Row | None:
    """The family of the command, locked; None when this account may not act for it."""
    family = command.args["family"]
    if family not in await families_of(tx, command.account, command.today):
        return None
    await tx.lock("family", [family])
    return await tx.one("SELECT * FROM family WHERE id = ?", family)


async def _contact(tx: Transaction, family: str, contact: str, base: int) -> tuple[Row | None, str | None]:
    """The contact as it is, and why it may not be written: not this family's, or changed since."""
    found = await tx.one("SELECT * FROM family_contact WHERE id = ?", contact)
    if found is not None and found["family_id"] != family:
        return None, "NOT_YOURS"
    return found, "STALE" if (found["version"] if found else 0) != base else None


def _answer(command: Command, family: str | None, item: Item) -> Answer:
    return Answer(scope_of(family) if family else f"a:{command.account}", [item])


def _refused(field: str, code: str, value: str) -> Item:
    return {"outcome": "refused", "code": code, "field": field, "value": value}
