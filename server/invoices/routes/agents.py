"""The régie's desk: the month's run, invoices, money at the counter, credit notes, reminders, the day's journal."""

from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import validate_querystring, validate_request

from server.access import allow, signed_in
from server.errors import Refusal
from server.invoices import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("regie", __name__)
REGIE = "agent:regie"
Period = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Text = Annotated[str, Meta(min_length=3, max_length=200)]


class Filters(msgspec.Struct):
    state: Literal["all", "due", "late"] = "all"
    period: Annotated[str, Meta(pattern=r"^(\d{4}-\d{2})?$")] = ""
    q: Annotated[str, Meta(max_length=60)] = ""


class OfMonth(msgspec.Struct):
    period: Period


class OfDay(msgspec.Struct):
    date: Day


class IssueIn(msgspec.Struct, forbid_unknown_fields=True):
    period: Period


class CreditIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Text


class LineIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a line of the invoice should have been."""

    position: Annotated[int, Meta(ge=0, le=10_000)]
    quantity: Annotated[int, Meta(ge=0, le=1000)]
    unit_cents: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class AddedIn(msgspec.Struct, forbid_unknown_fields=True):
    """What was forgotten."""

    label: Annotated[str, Meta(min_length=2, max_length=160)]
    quantity: Annotated[int, Meta(ge=1, le=1000)]
    unit_cents: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
    child: Annotated[str, Meta(max_length=40)] | None = None
    category: Literal["care", "homework", "leisure", "holiday", "culture", "sport", "meal", "penalty"] = "care"


class CorrectionIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Text
    lines: Annotated[list[LineIn], Meta(max_length=300)] = []
    added: Annotated[list[AddedIn], Meta(max_length=30)] = []


class KeyIn(msgspec.Struct, forbid_unknown_fields=True):
    key: Annotated[str, Meta(min_length=8, max_length=40)]


class MoneyIn(msgspec.Struct, forbid_unknown_fields=True):
    """``key`` is made by the page: the same entry sent twice counts once."""

    cents: Annotated[int, Meta(ge=1, le=10_000_000)]
    mode: Literal["cash", "cheque", "cesu", "transfer"]
    on: Day
    key: Annotated[str, Meta(min_length=8, max_length=60)]
    reference: Annotated[str, Meta(max_length=80)] = ""


class RemindIn(msgspec.Struct, forbid_unknown_fields=True):
    invoices: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=200)]


class OfFile(msgspec.Struct):
    file: Annotated[str, Meta(min_length=1, max_length=20)]
    date: Day


async def who_asks() -> Who:
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)


def _blocks() -> bool:
    return portal().town.billing.unticked == "blocks"


@blueprint.get("/api/agents/billing")
@allow(REGIE)
@validate_querystring(OfMonth)
async def draft(query_args: OfMonth) -> dict[str, Any]:
    """A month as it would be invoiced now, and what stands against it."""
    here = portal()
    found = await service.month(here.database, query_args.period, here.town.billing)
    return await service.run(here.database, found, _blocks())


@blueprint.post("/api/agents/billing")
@allow(REGIE)
@validate_request(IssueIn)
async def issue(data: IssueIn) -> dict[str, Any]:
    """Issues the next invoices of a month: ``{issued, left}``; the page asks again until nothing is left."""
    here = portal()
    if data.period >= here.today()[:7]:
        raise Refusal("run_blocked", sentence="ce mois n’est pas terminé.")
    reason = service.blocked(await service.month(here.database, data.period, here.town.billing), _blocks())
    if reason:
        raise Refusal("run_blocked", sentence=reason)
    issued, left = await service.issue(
        here.database, data.period, await who_asks(), here.now(), here.today(), zone=here.zone, rules=here.town.billing
    )
    return {"issued": issued, "left": left}


@blueprint.get("/api/agents/invoices")
@allow(REGIE)
@validate_querystring(Filters)
async def listed(query_args: Filters) -> dict[str, Any]:
    here = portal()
    return await service.invoices(here.database, query_args.state, query_args.period, query_args.q.strip(), here.today())


@blueprint.post("/api/agents/invoices/<invoice>/credit")
@allow(REGIE)
@validate_request(CreditIn)
async def credit(data: CreditIn, invoice: str) -> dict[str, Any]:
    """A credit note of the whole invoice; an issued invoice is never changed."""
    here = portal()
    made = await here.database.retrying(
        partial(service.credit, invoice=invoice, reason=data.reason, who=await who_asks(), now=here.now(), today=here.today())
    )
    return {"credit": made}


@blueprint.get("/api/agents/regularisations")
@allow(REGIE)
async def to_regularise() -> dict[str, Any]:
    """Invoices that a quotient which came late makes too dear; none unless the town's setting says so."""
    here = portal()
    return {"invoices": await service.to_regularise(here.database, here.town.billing)}


@blueprint.post("/api/agents/invoices/<invoice>/regularisation")
@allow(REGIE)
async def regularise(invoice: str) -> dict[str, Any]:
    """The credit note of what a late quotient takes off."""
    here = portal()
    number, total = await here.database.retrying(
        partial(
            service.regularise, invoice=invoice, rules=here.town.billing, who=await who_asks(), now=here.now(), today=here.today()
        )
    )  # fmt: skip
    return {"number": number, "total_cents": total}


@blueprint.get("/api/agents/invoices/<invoice>")
@allow(REGIE)
async def detail(invoice: str) -> dict[str, Any]:
    """An invoice as its corrections left it."""
    return await service.detail(portal().database, invoice)


@blueprint.post("/api/agents/invoices/<invoice>/corrections")
@allow(REGIE)
@validate_request(CorrectionIn)
async def correct(data: CorrectionIn, invoice: str) -> dict[str, Any]:
    """Puts lines right, or adds what was forgotten: a credit note below zero, else a corrective invoice."""
    here = portal()
    wanted = {line.position: (line.quantity, line.unit_cents) for line in data.lines}
    added = [msgspec.structs.asdict(one) for one in data.added]
    _, number, total = await here.database.retrying(
        partial(
            service.correct, invoice=invoice, reason=data.reason, wanted=wanted, added=added, who=await who_asks(), now=here.now(),
            today=here.today(),
        )
    )  # fmt: skip
    return {"number": number, "total_cents": total}


@blueprint.post("/api/agents/invoices/<invoice>/credit-use")
@allow(REGIE)
@validate_request(KeyIn)
async def use_credit(data: KeyIn, invoice: str) -> dict[str, Any]:
    """Pays what it can of an invoice with the family's credit."""
    here = portal()
    used = await here.database.retrying(
        partial(service.use_credit, invoice=invoice, key=data.key, who=await who_asks(), now=here.now(), today=here.today())
    )
    return {"cents": used}


@blueprint.post("/api/agents/invoices/<invoice>/payments")
@allow(REGIE)
@validate_request(MoneyIn)
async def money(data: MoneyIn, invoice: str) -> dict[str, Any]:
    """Money taken at the counter or found on the account."""
    here = portal()
    await here.database.retrying(
        partial(
            service.at_counter, invoice=invoice, cents=data.cents, mode=data.mode, paid_on=data.on,
            reference=data.reference.strip() or None, key=data.key, who=await who_asks(), now=here.now(),
        )
    )  # fmt: skip
    return {"entered": True}


@blueprint.post("/api/agents/reminders")
@allow(REGIE)
@validate_request(RemindIn)
async def remind(data: RemindIn) -> dict[str, int]:
    """A mail to the parents of each invoice that is late."""
    here = portal()
    return await here.database.retrying(
        partial(
            service.remind, ids=data.invoices, who=await who_asks(), now=here.now(), today=here.today(), address=here.config.public_url
        )
    )


@blueprint.get("/api/agents/journal.csv")
@allow(REGIE)
@validate_querystring(OfDay)
async def journal(query_args: OfDay) -> Response:
    """What came in on a day, for the accountant."""
    text = await service.journal(portal().database, query_args.date)
    headers = {"Content-Disposition": f'attachment; filename="journal-{query_args.date}.csv"'}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


@blueprint.get("/api/agents/balance-checks")
@allow(REGIE)
async def balance_checks() -> dict[str, Any]:
    """What the checks of all balances found, the latest first."""
    here = portal()
    return {"checks": await service.balance_checks(here.database, here.zone)}


@blueprint.post("/api/agents/balance-checks")
@allow(REGIE)
async def check_now() -> dict[str, Any]:
    """Checks all balances now."""
    here = portal()
    report = await service.check_balances(here.database, here.now())
    return {"invoices": report.invoices, "wrong": report.wrong}


@blueprint.get("/api/agents/prices")
@allow(REGIE)
@validate_querystring(OfFile)
async def prices(query_args: OfFile) -> dict[str, Any]:
    """The test bench: this family, this day, what and why, for each child and unit it is enrolled in."""
    return await service.bench(portal().database, query_args.file.strip(), query_args.date)
