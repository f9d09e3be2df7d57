"""How a quotient comes: a parent allows it, FranceConnect or an agent fetches it, or an agent reads it somewhere."""

from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.commands import Answer, Command
from server.consents.service import consent_rows, is_current
from server.consents.service import record as record_consent
from server.database import Connection, Database, Transaction
from server.errors import Refusal
from server.families.service import families_of, scope_of
from server.feed.service import put_rows
from server.gateways.api_particulier import ApiParticulier, Identity, Quotient, QuotientError
from server.instants import day_of, iso
from server.quotient import rules
from server.quotient.service.recording import Reading, consenting, end_fetched, publish, quotient_rows, record
from server.quotient.service.retrying import OVER_AFTER, Retries
from server.quotient.texts import AGENT
from server.traces.service import Who, note

AGAIN = ("later", "throttled")
Clock = Callable[[], int]


async def answer_consent(tx: Transaction, command: Command) -> Answer:
    """``consent.answer``: noted for ever; what it allows or forbids holds from this moment on."""
    args, account = command.args, command.account
    answer = Answer(f"a:{account}", [{"outcome": "accepted", "field": args["purpose"]}])
    given = args["given"] == "yes"
    if given and not is_current(args["purpose"], args["version"]):
        # Withdrawing is never refused; giving is, when the text read is not the text of today.
        return Answer(answer.scope, [{"outcome": "refused", "code": "TEXT_CHANGED", "field": args["purpose"]}])
    await record_consent(tx, account, args["purpose"], given, command.received_at)
    for key, body in (await consent_rows(tx, account, command.zone)).items():
        answer.put(answer.scope, key, body)
    if args["purpose"] == "quotient":
        for family in sorted(await families_of(tx, account, command.today)):
            await _consent_changed(tx, family, account, given, command)
    return answer


async def _consent_changed(tx: Transaction, family: str, account: str, given: bool, command: Command) -> None:
    now, zone = command.received_at, command.zone
    if not given:
        await end_fetched(tx, family, account, now, zone)
        return
    found = await tx.one("SELECT quotient FROM family WHERE id = ?", family)
    if found is not None and found["quotient"] is None:
        await ask_agents(tx, family, account, "asked", None, now)
    await publish(tx, family, now, zone)


async def ask_agents(tx: Transaction, family: str, account: str, state: str, code: str | None, now: int) -> None:
    """Puts the family on the agents' list, or notes what became of the last attempt."""
    await tx.run(
        "INSERT INTO quotient_request (id, family_id, account, state, code, asked_at, tried_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, code = excluded.code, tried_at = excluded.tried_at",
        family, family, account, state, code, now, None if state == "asked" else now,
    )  # fmt: skip


async def by_franceconnect(
    database: Database, api: ApiParticulier, access_token: str, family: str, who: Who, now: int, zone: ZoneInfo
) -> QuotientError | None:
    """Fetches with FranceConnect's token, at once, and records; on a failure an agent takes over and the parent is told why."""
    try:
        found = await api.by_franceconnect(access_token)
    except QuotientError as error:
        await database.retrying(partial(_failed, family=family, who=who, error=error, now=now, zone=zone))
        return error
    reading = _reading(found, "franceconnect", who.account, day_of(now, zone))
    await database.retrying(lambda tx: record(tx, family, reading, who, now, zone))
    return None


async def _failed(
    tx: Transaction, family: str, who: Who, error: QuotientError, now: int, zone: ZoneInfo, again: bool = False
) -> None:
    state = "not_found" if error.kind == "not_found" else "retrying" if again else "failed"
    await ask_agents(tx, family, who.account or "", state, error.code, now)
    await note(tx, family, who, f"quotient.{state}", now, error.request_id or error.code)
    await put_rows(tx, scope_of(family), await quotient_rows(tx, family, zone), now)


async def by_identity(
    database: Database, api: ApiParticulier, retries: Retries, family: str, identity: Identity, who: Who, clock: Clock, zone: ZoneInfo
) -> dict[str, Any]:
    """An agent who checked an identity fetches with it. The identity is sent and forgotten.

    When the CAF does not answer, the portal asks again by itself for a quarter of an hour, holding the identity in memory only.

    Raises:
        Refusal: ``not_found``; ``no_consent``; ``quotient_unavailable`` with the reason in French.
    """

    async def once(last: bool) -> Quotient | QuotientError:
        account, now = await _allowed(database, family), clock()
        try:
            found = await api.by_identity(identity)
        except QuotientError as error:
            asked, again = Who(account, who.name, who.service), error.kind in AGAIN and not last
            await database.retrying(partial(_failed, family=family, who=asked, error=error, now=now, zone=zone, again=again))
            return error
        reading = _reading(found, "identity", account, day_of(now, zone))
        await database.retrying(lambda tx: record(tx, family, reading, who, now, zone))
        return found

    async def once_more(last: bool) -> float | None:
        if not await database.one("SELECT 1 AS yes FROM quotient_request WHERE family_id = ? AND state = 'retrying'", family):
            return None  # found otherwise meanwhile, or not allowed any more
        answer = await once(last)
        return float(answer.wait) if isinstance(answer, QuotientError) and answer.kind in AGAIN else None

    answer = await once(False)
    if isinstance(answer, Quotient):
        return {"value": answer.value, "source": rules.SOURCES[answer.provider], "month": answer.month, "children": answer.people}
    if answer.kind in AGAIN:
        retries.begin(family, once_more, answer.wait)
    reason = AGENT[answer.kind].format(code=answer.code, wait=answer.wait)
    raise Refusal("quotient_unavailable", reason=reason, kind=answer.kind, said=answer.code)


async def record_by_hand(
    database: Database, family: str, facts: dict[str, Any], who: Who, now: int, zone: ZoneInfo
) -> None:
    """What an agent read in CDAP (with consent only) or on a certificate that the family brought.

    Raises:
        Refusal: ``not_found``; ``no_consent``; ``malformed``.
    """
    today = day_of(now, zone)
    if not rules.is_quotient(facts["value"]) or not rules.is_month(facts["month"], today):
        raise Refusal("malformed", detail="value or month")
    account = await _allowed(database, family) if facts["channel"] == "cdap" else None
    if await database.one("SELECT id FROM family WHERE id = ?", family) is None:
        raise Refusal("not_found")
    reading = Reading(facts["value"], facts["source"], facts["channel"], facts["month"], None, today, account)
    await database.retrying(lambda tx: record(tx, family, reading, who, now, zone))


async def _allowed(database: Database, family: str) -> str:
    if await database.one("SELECT id FROM family WHERE id = ?", family) is None:
        raise Refusal("not_found")
    accounts = await consenting(database, family)
    if not accounts:
        raise Refusal("no_consent")
    return accounts[0]


async def requests(reader: Connection | Database, now: int, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Families whose quotient an agent should fetch, those that wait longest first."""
    found = await reader.all(
        "SELECT r.*, f.file_number, f.file_label, f.caf_number, a.name AS asked_by FROM quotient_request r"
        " JOIN family f ON f.id = r.family_id LEFT JOIN account a ON a.id = r.account ORDER BY r.asked_at, r.id LIMIT 200"
    )
    return [
        {
            "family": row["family_id"],
            "number": row["file_number"],
            "label": row["file_label"],
            "caf_number": row["caf_number"],
            "asked_by": row["asked_by"] or "",
            "state": "failed" if row["state"] == "retrying" and (row["tried_at"] or 0) < now - OVER_AFTER else row["state"],
            "code": row["code"],
            "asked_at": iso(row["asked_at"], zone),
            "tried_at": iso(row["tried_at"], zone) if row["tried_at"] else None,
        }
        for row in found
    ]


def _reading(found: Quotient, channel: str, account: str | None, today: str) -> Reading:
    return Reading(
        found.value, rules.SOURCES[found.provider], channel, found.month, found.computed, today, account, found.request_id
    )
