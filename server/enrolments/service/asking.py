"""What a family asks: to enrol one child or several at once, to give a paper, to take a request back.

Every function runs inside the transaction of one command. Locks: children, then groups, then scopes, each sorted by id.
A refusal is an outcome with a code, never an exception.
"""

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from server.commands import Answer, Command, Item
from server.database import Row, Transaction
from server.enrolments import models, rules
from server.enrolments.service import papers
from server.enrolments.service.granting import enrol, tell
from server.enrolments.service.reading import behind, changed_requests, decoded
from server.errors import Refusal
from server.families.service import families_of, families_of_children, lock_children, scope_of
from server.tariffs.service import Household, households

STANDING = {"received": "requested", "missing": "requested", "waiting": "waitlisted", "accepted": "accepted"}


async def ask(tx: Transaction, command: Command) -> Answer:
    """``enrolment.ask``: each child for itself."""
    families = await families_of(tx, command.account, command.today)
    holding = await families_of_children(tx, {item["child"] for item in command.args["items"]})
    wanted = command.args.get("family")
    payers = {child: [f for f in families if f in held and wanted in (None, f)] for child, held in holding.items()}
    await lock_children(tx, [child for child, found in payers.items() if found])
    await tx.lock("enrolment_group", {item["group"] for item in command.args["items"]})
    round_ = await models.round_of(tx, command.args["round"])
    outcomes: list[Item] = []
    for item in command.args["items"]:
        told: Item = {"rid": item["rid"], "child": item["child"]}
        if not payers[item["child"]]:
            outcomes.append({**told, "outcome": "refused", "code": "CHILD_UNKNOWN"})
        elif round_ is None or not round_["published"]:
            outcomes.append({**told, "outcome": "refused", "code": "ROUND_UNKNOWN"})
        else:
            outcomes.append({**told, **await _ask_one(tx, command, item, payers[item["child"]][0], round_)})
    payer = next((found[0] for found in payers.values() if found), families[0] if families else "")
    done = [item["rid"] for item in outcomes if item["outcome"] != "refused"]
    groups = {item["group"] for item in command.args["items"]}
    touched = set(done) | {rid for group in sorted(groups) for rid in await behind(tx, group)}
    return Answer(scope_of(payer) if payer else f"a:{command.account}", outcomes, await changed_requests(tx, touched, command.zone))


async def _ask_one(tx: Transaction, command: Command, item: Item, family: str, round_: Row) -> Item:
    before = await models.request(tx, item["rid"])
    if before is not None:
        same = before["child_id"] == item["child"] and before["round_id"] == round_["id"] and before["family_id"] == family
        return {**await _standing(tx, before), "code": "ALREADY"} if same else {"outcome": "refused", "code": "MALFORMED"}
    group = await models.group_of(tx, item["group"])
    if group is None or group["round_id"] != round_["id"]:
        return {"outcome": "refused", "code": "ROUND_UNKNOWN"}
    home = (await households(tx, [family], command.today))[family]
    opens = rules.opens_for(decoded(round_["windows"]), await asker(tx, home, item["child"], round_))
    code = await _refusal(tx, command, item, round_, group, opens)
    if code is not None:
        return {"outcome": "refused", "code": code, **_when(command, code, opens, round_["closes_at"])}
    stored = await models.insert(tx, "enrolment_request", {
        "id": item["rid"], "round_id": round_["id"], "group_id": group["id"], "child_id": item["child"], "family_id": family,
        "state": "missing", "active": f"{item['child']}|{round_['id']}", "answers": json.dumps(item.get("answers", {}), ensure_ascii=False),
        "rank_key": None, "reason": None, "asked_at": command.received_at, "decided_at": None, "account": command.account,
    }, conflict="active")  # fmt: skip
    if not stored:
        return {"outcome": "refused", "code": "ALREADY_REQUESTED"}
    await papers.begin(tx, item["rid"], decoded(round_["papers"]), family, item["child"], round_["since"])
    await settle(tx, item["rid"], command.received_at, command.zone)
    found = await models.request(tx, item["rid"])
    assert found is not None
    return await _standing(tx, found)


async def settle(tx: Transaction, rid: str, now: int, zone: ZoneInfo) -> None:
    """Where an undecided request stands after its papers changed; first come, first served where nobody decides."""
    request = await models.request(tx, rid)
    assert request is not None
    if request["state"] not in ("received", "missing"):
        return
    round_ = await models.round_of(tx, request["round_id"])
    assert round_ is not None
    if not rules.is_complete((await models.papers_of(tx, [rid]))[rid]):
        await models.change(tx, "enrolment_request", rid, state="missing")
    elif round_["decided"]:
        await models.change(tx, "enrolment_request", rid, state="received")
    else:
        await _serve(tx, request, now, zone)


async def _serve(tx: Transaction, request: Row, now: int, zone: ZoneInfo) -> None:
    """A place for who came first; the waiting list when there is none, or when others wait already."""
    queue = await models.waiting(tx, request["group_id"])
    if not queue and await models.take(tx, request["group_id"]):
        try:
            async with tx.savepoint():
                await enrol(tx, request, now, zone)
            await tell(tx, request, "accepted", None, now, zone)
            return
        except Refusal:
            await models.release(tx, request["group_id"])
    last = max((one["rank_key"] for one in queue), default=0)
    await models.change(tx, "enrolment_request", request["id"], state="waiting", rank_key=max(now * 1000, last + 1))


async def give_papers(tx: Transaction, command: Command) -> Answer:
    """``enrolment.paper``: documents that were missing, or better ones."""
    rid = command.args["request"]
    request, families = await models.request(tx, rid), await families_of(tx, command.account, command.today)
    scope = scope_of(families[0]) if families else f"a:{command.account}"
    if request is None or request["family_id"] not in families or request["state"] not in ("received", "missing", "waiting"):
        return Answer(scope, [{"rid": rid, "outcome": "void", "code": "NOTHING_TO_COMPLETE"}])
    await lock_children(tx, [request["child_id"]])
    await tx.lock("enrolment_group", [request["group_id"]])
    round_ = await models.round_of(tx, request["round_id"])
    assert round_ is not None
    whole = await papers.give(tx, request, command.account, round_["service_id"], command.args["papers"])
    await settle(tx, rid, command.received_at, command.zone)
    found = await models.request(tx, rid)
    assert found is not None
    touched = {rid, *await behind(tx, request["group_id"])}
    stands = await _standing(tx, found) if whole else {"outcome": "refused", "code": "FILE_MISSING"}
    told = {"rid": rid, "child": request["child_id"], **stands}
    return Answer(scope_of(request["family_id"]), [told], await changed_requests(tx, touched, command.zone))


async def withdraw(tx: Transaction, command: Command) -> Answer:
    """``enrolment.withdraw``: takes undecided requests back; an accepted one is ended by the service."""
    families = await families_of(tx, command.account, command.today)
    found = {item["rid"]: await models.request(tx, item["rid"]) for item in command.args["items"]}
    mine = {rid: row for rid, row in found.items() if row is not None and row["family_id"] in families}
    await lock_children(tx, {row["child_id"] for row in mine.values()})
    await tx.lock("enrolment_group", {row["group_id"] for row in mine.values()})
    outcomes: list[Item] = []
    touched: set[str] = set()
    for item in command.args["items"]:
        row = await models.request(tx, item["rid"]) if item["rid"] in mine else None
        told: Item = {"rid": item["rid"], **({"child": row["child_id"]} if row else {})}
        if row is None or row["state"] not in ("received", "missing", "waiting"):
            code = "ASK_THE_SERVICE" if row is not None and row["state"] == "accepted" else "NOTHING_TO_CANCEL"
            outcomes.append({**told, "outcome": "refused" if code == "ASK_THE_SERVICE" else "void", "code": code})
            continue
        await models.change(tx, "enrolment_request", row["id"], state="withdrawn", decided_at=command.received_at, rank_key=None)
        await papers.forget(tx, row["id"])
        touched.update({row["id"], *await behind(tx, row["group_id"])})
        outcomes.append({**told, "outcome": "accepted"})
    family = next((row["family_id"] for row in mine.values()), families[0] if families else "")
    scope = scope_of(family) if family else f"a:{command.account}"
    return Answer(scope, outcomes, await changed_requests(tx, touched, command.zone))


async def asker(tx: Any, home: Household, child: str, round_: Mapping[str, Any]) -> rules.Asker:
    """What the priorities of a round look at, of one child."""
    before = await tx.one(
        "SELECT id FROM enrolment WHERE child_id = ? AND activity_id = ? AND since < ?", child, round_["activity_id"], round_["since"]
    )
    return rules.Asker(home.resident, before is not None, any(one != child for one in home.enrolled.get(round_["activity_id"], ())))


async def is_enrolled(tx: Any, child: str, units: list[str], since: str, until: str) -> bool:
    """Whether the child has the right already that a group gives."""
    rows = await tx.all("SELECT units FROM enrolment WHERE child_id = ? AND since <= ? AND until >= ?", child, since, until)
    return any(set(units) <= set(decoded(row["units"])) for row in rows)


async def _refusal(tx: Transaction, command: Command, item: Item, round_: Row, group: Row, opens: int | None) -> str | None:
    child = await tx.one("SELECT grade, born_on FROM child WHERE id = ?", item["child"])
    assert child is not None
    first = max(round_["since"], command.today)
    return rules.refusal(
        opens=opens, closes=round_["closes_at"], arrived=command.received_at,
        fitting=rules.fits(group_rule(group), child["grade"], child["born_on"], round_["since"]),
        enrolled=await is_enrolled(tx, item["child"], decoded(group["units"]), first, round_["until"]),
        unanswered=bool(rules.unanswered(decoded(round_["questions"]), item.get("answers", {}))),
    )  # fmt: skip


def group_rule(group: Mapping[str, Any]) -> rules.Group:
    youngest, eldest = decoded(group["ages"]) or (None, None)
    return rules.Group(frozenset(decoded(group["grades"])), youngest, eldest)


def _when(command: Command, code: str, opens: int | None, closes: int) -> Item:
    """The instant that explains a refusal."""
    if code == "NOT_OPEN_YET":
        return {"opens": command.iso(opens)} if opens is not None else {}
    return {"deadline": command.iso(closes)} if code == "DEADLINE_PASSED" else {}


async def _standing(tx: Transaction, request: Row) -> Item:
    outcome = STANDING.get(request["state"])
    if outcome is None:
        return {"outcome": "void"}
    if request["state"] == "waiting":
        return {"outcome": outcome, "code": "FULL", "rank": await models.rank(tx, request)}
    if outcome == "accepted":
        return {"outcome": outcome}
    return {"outcome": outcome, "code": "PAPER_MISSING" if request["state"] == "missing" else "RECEIVED"}
