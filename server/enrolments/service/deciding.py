"""What the service answers: accept, refuse, ask for a paper, put on the waiting list, move up, end. Each act is traced."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Database, Row, Transaction
from server.enrolments import models, rules, texts
from server.enrolments.service import papers
from server.enrolments.service.asking import group_rule, is_enrolled, settle
from server.enrolments.service.granting import end_enrolment, enrol, publish, tell
from server.enrolments.service.reading import decoded
from server.errors import Refusal
from server.families.service import families_of_children, lock_children
from server.instants import day_of
from server.traces.service import Who, note

UNDECIDED = ("received", "missing", "waiting")
ACTS = ("accept", "refuse", "wait", "move", "paper", "good", "end")


@dataclass(frozen=True)
class Act:
    """What an agent does with a request. `codes`: the papers it is about; `rank`: where it goes on the waiting list."""

    kind: str
    reason: str = ""
    codes: tuple[str, ...] = ()
    label: str = ""
    rank: int = 0


@dataclass(frozen=True)
class Agent:
    who: Who
    service: str | None
    now: int
    zone: ZoneInfo


async def act_on(database: Database, agent: Agent, ids: Sequence[str], act: Act) -> list[dict[str, Any]]:
    """Does the same to several requests, each for itself: ``[{id, state}]``, or ``{id, code, message}`` where it was refused."""
    told: list[dict[str, Any]] = []
    for id in ids:
        try:
            told.append({"id": id, "state": await database.retrying(partial(_act, agent=agent, id=id, act=act))})
        except Refusal as refusal:
            if len(ids) == 1:
                raise
            told.append({"id": id, **refusal.body()["error"]})
    return told


async def enrol_at_the_desk(database: Database, agent: Agent, family: str, child: str, group: str, reason: str) -> str:
    """Asks and accepts in the family's name; returns the request. A missing paper or place, or a wrong age, wants a reason.

    Raises:
        Refusal: ``not_found``; ``not_possible``, the child is enrolled or has asked already; ``reason_needed``.
    """
    return await database.retrying(partial(_enrol_at_the_desk, agent=agent, family=family, child=child, group=group, reason=reason))


async def _enrol_at_the_desk(tx: Transaction, agent: Agent, family: str, child: str, group: str, reason: str) -> str:
    found = await models.group_of(tx, group)
    round_ = await models.round_of(tx, found["round_id"]) if found else None
    holding = (await families_of_children(tx, [child])).get(child, [])
    if found is None or round_ is None or round_["service_id"] != agent.service or family not in holding:
        raise Refusal("not_found")
    await lock_children(tx, [child])
    await tx.lock("enrolment_group", [group])
    young = await tx.one("SELECT grade, born_on FROM child WHERE id = ?", child)
    assert young is not None
    if await is_enrolled(tx, child, decoded(found["units"]), max(round_["since"], day_of(agent.now, agent.zone)), round_["until"]):
        raise Refusal("not_possible", why=texts.ENROLLED)
    if not rules.fits(group_rule(found), young["grade"], young["born_on"], round_["since"]) and not reason.strip():
        raise Refusal("reason_needed", why=texts.NOT_OF_THIS_GROUP)
    id = f"q_{secrets.token_hex(12)}"
    stored = await models.insert(tx, "enrolment_request", {
        "id": id, "round_id": round_["id"], "group_id": group, "child_id": child, "family_id": family, "state": "received",
        "active": f"{child}|{round_['id']}", "answers": "{}", "rank_key": None, "reason": None, "asked_at": agent.now, "decided_at": None,
        "account": agent.who.account or "",
    }, conflict="active")  # fmt: skip
    if not stored:
        raise Refusal("not_possible", why=texts.ASKED)
    await papers.begin(tx, id, decoded(round_["papers"]), family, child, round_["since"])
    await _act(tx, agent, id, Act("accept", reason))
    return id


async def _act(tx: Transaction, agent: Agent, id: str, act: Act) -> str:
    request = await _locked(tx, agent, id)
    wanted = ("accepted",) if act.kind == "end" else ("waiting",) if act.kind == "move" else UNDECIDED
    if request["state"] not in wanted:
        raise Refusal("already_decided")
    await DONE[act.kind](tx, agent, request, act)
    await note(tx, request["family_id"], agent.who, f"enrolment.{act.kind}", agent.now, request["round_id"])
    await publish(tx, [id], [request["group_id"]], agent.now, agent.zone)
    after = await models.request(tx, id)
    assert after is not None
    return str(after["state"])


async def _accept(tx: Transaction, agent: Agent, request: Row, act: Act) -> None:
    given = (await models.papers_of(tx, [request["id"]]))[request["id"]]
    against = [] if rules.is_complete(given) else [texts.NOT_COMPLETE]
    if not await models.take(tx, request["group_id"]):
        against.append(texts.NO_PLACE)
        await models.take_over_capacity(tx, request["group_id"])
    if against and not act.reason.strip():
        raise Refusal("reason_needed", why=" et ".join(against))
    await enrol(tx, request, agent.now, agent.zone, agent.who)
    if act.reason.strip():
        await models.change(tx, "enrolment_request", request["id"], reason=act.reason)
    await tell(tx, request, "accepted", None, agent.now, agent.zone)


async def _refuse(tx: Transaction, agent: Agent, request: Row, act: Act) -> None:
    _want_reason(act)
    await models.change(tx, "enrolment_request", request["id"], state="refused", reason=act.reason, decided_at=agent.now, rank_key=None)
    await tell(tx, request, "refused", act.reason, agent.now, agent.zone)


async def _wait(tx: Transaction, agent: Agent, request: Row, act: Act) -> None:
    if request["state"] == "waiting":
        raise Refusal("already_decided")
    # The order of the requests themselves, whenever the service came to read them.
    changes = {"state": "waiting", "rank_key": request["asked_at"] * 1000, "decided_at": agent.now, "reason": act.reason or None}
    await models.change(tx, "enrolment_request", request["id"], **changes)
    await tell(tx, request, "waiting", act.reason, agent.now, agent.zone)


async def _move(tx: Transaction, agent: Agent, request: Row, act: Act) -> None:
    _want_reason(act)
    others = [row for row in await models.waiting(tx, request["group_id"]) if row["id"] != request["id"]]
    rank = min(max(act.rank, 1), len(others) + 1)
    key = rules.moved_key([row["rank_key"] for row in others], rank)
    if key is None:
        order = [*others[: rank - 1], request, *others[rank - 1 :]]
        for at, row in enumerate(order):
            await models.change(tx, "enrolment_request", row["id"], rank_key=agent.now * 1000 + at * 1_000_000)
    else:
        await models.change(tx, "enrolment_request", request["id"], rank_key=key)
    await models.change(tx, "enrolment_request", request["id"], reason=act.reason)


async def _ask_paper(tx: Transaction, agent: Agent, request: Row, act: Act) -> None:
    """Asks again for papers that cannot be read, or for one that nobody thought of (`label`)."""
    _want_reason(act)
    known = {paper["code"] for paper in (await models.papers_of(tx, [request["id"]]))[request["id"]]}
    if not act.label and not known.intersection(act.codes):
        raise Refusal("malformed", path="codes")
    for code in known.intersection(act.codes):
        await models.change(tx, "enrolment_paper", f"{request['id']}.{code}", state="refused", why=act.reason, needed=True)
    if act.label:
        code = f"x{len(known) + 1}"
        await models.insert(tx, "enrolment_paper", {
            "id": f"{request['id']}.{code}", "request_id": request["id"], "code": code, "label": act.label, "needed": True,
            "state": "refused", "file": None, "why": act.reason,
        })  # fmt: skip
    await models.change(tx, "enrolment_request", request["id"], state="missing", rank_key=None)
    await tell(tx, request, "missing", act.reason, agent.now, agent.zone)


async def _good(tx: Transaction, agent: Agent, request: Row, act: Act) -> None:
    """The agent has seen these papers, on the portal or on paper."""
    for paper in (await models.papers_of(tx, [request["id"]]))[request["id"]]:
        if paper["code"] in act.codes:
            await models.change(tx, "enrolment_paper", paper["id"], state="good", why=None)
    await settle(tx, request["id"], agent.now, agent.zone)


async def _end(tx: Transaction, agent: Agent, request: Row, act: Act) -> None:
    """Ends an enrolment; its coming bookings are cancelled first, at the counter."""
    _want_reason(act)
    left = await end_enrolment(tx, request, agent.now, agent.zone)
    if left:
        raise Refusal("not_possible", why=f"il reste {left} réservation(s) à venir : annulez-les d’abord au guichet")
    await models.change(tx, "enrolment_request", request["id"], state="ended", reason=act.reason, decided_at=agent.now)
    await tell(tx, request, "ended", act.reason, agent.now, agent.zone)


DONE = {"accept": _accept, "refuse": _refuse, "wait": _wait, "move": _move, "paper": _ask_paper, "good": _good, "end": _end}


async def _locked(tx: Transaction, agent: Agent, id: str) -> Row:
    """The request of the agent's own service, everything it touches locked; another service's is not found."""
    found = await models.request(tx, id)
    round_ = await models.round_of(tx, found["round_id"]) if found else None
    if found is None or round_ is None or round_["service_id"] != agent.service:
        raise Refusal("not_found")
    await lock_children(tx, [found["child_id"]])
    await tx.lock("enrolment_group", [found["group_id"]])
    again = await models.request(tx, id)
    assert again is not None
    return again


def _want_reason(act: Act) -> None:
    if not act.reason.strip():
        raise Refusal("reason_needed", why="la famille lira votre raison")
