"""Agents only: import the billing base, print letters, help with accounts."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
import structlog
from quart import Blueprint, Response, request
from quart_schema import validate_querystring, validate_request

from server.access import allow, signed_in
from server.admissions import service
from server.admissions.rules import BaseUnreadable
from server.errors import Refusal
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("admissions", __name__)
log = structlog.get_logger("portail.import")
TOLD_EVERY = 0.3
"""Seconds between two words about how far an import got."""


class BillingBase(msgspec.Struct, forbid_unknown_fields=True):
    csv: Annotated[str, msgspec.Meta(min_length=1, max_length=8_000_000)]
    dry_run: bool


class Letters(msgspec.Struct, forbid_unknown_fields=True):
    families: Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(min_length=1, max_length=1000)]


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    q: Annotated[str, msgspec.Meta(max_length=80)] = ""
    state: Literal["without", "with", "all"] = "without"


class Search(msgspec.Struct, forbid_unknown_fields=True):
    q: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Help(msgspec.Struct, forbid_unknown_fields=True):
    what: Literal["unlock", "password", "activation"]


@blueprint.post("/api/agents/import")
@allow("agent")
@validate_request(BillingBase)
async def import_base(data: BillingBase) -> Any:
    """Brings a billing base in, or rehearses it; the report says what happens line by line.

    Who accepts ``application/x-ndjson`` is told on the way how many lines are done: ``{done, total}`` a line, the report or
    ``{error}`` last. Who hangs up before the end has imported nothing.
    """
    here, who = portal(), await _agent()
    done = 0

    def progress(lines: int) -> None:
        nonlocal done
        done += lines

    run = partial(
        service.import_base, here.database, data.csv, who, here.zone, here.now(), dry_run=data.dry_run, progress=progress
    )
    if "application/x-ndjson" not in request.headers.get("Accept", ""):
        try:
            return await run()
        except BaseUnreadable as error:
            raise Refusal("base_unreadable", why=str(error)) from error

    async def told() -> AsyncIterator[bytes]:
        task = asyncio.create_task(run())
        total = data.csv.strip().count("\n")
        try:
            while not task.done():
                yield _line({"done": done, "total": total})
                await asyncio.wait({task}, timeout=TOLD_EVERY)
            try:
                yield _line({"report": task.result()})
            except BaseUnreadable as error:
                yield _line(Refusal("base_unreadable", why=str(error)).body())
            except Exception as error:
                log.error("import failed", error=type(error).__name__, exc_info=error)
                yield _line(Refusal("internal").body())
        finally:
            task.cancel()

    response = Response(told(), content_type="application/x-ndjson")
    response.timeout = None
    return response


def _line(said: dict[str, Any]) -> bytes:
    return msgspec.json.encode(said) + b"\n"


@blueprint.get("/api/agents/letters")
@allow("agent")
@validate_querystring(Choice)
async def dossiers(query_args: Choice) -> dict[str, Any]:
    """Dossiers to print letters for."""
    here = portal()
    found = await service.dossiers(here.database, query_args.q, query_args.state, here.today())
    for one in found["dossiers"]:
        one["printed_at"] = here.iso(one["printed_at"]) if one["printed_at"] else None
    return found


@blueprint.post("/api/agents/letters")
@allow("agent")
@validate_request(Letters)
async def print_letters(data: Letters) -> Response:
    """A PDF with a page for each chosen dossier."""
    here = portal()
    service_row = await here.database.one("SELECT name, address FROM service ORDER BY position LIMIT 1")
    contact = [line for line in (service_row["name"], service_row["address"]) if line] if service_row else []
    town = {"name": here.town.name, "contact": contact}
    made = await service.print_letters(
        here.database, data.families, await _agent(), town, here.config.public_url, here.today(), here.now()
    )
    headers = {"Content-Disposition": 'attachment; filename="lettres.pdf"'}
    return Response(made, content_type="application/pdf", headers=headers)


@blueprint.get("/api/agents/accounts")
@allow("agent")
@validate_querystring(Search)
async def accounts(query_args: Search) -> dict[str, Any]:
    """Parents' accounts that match."""
    return await service.find_accounts(portal().database, query_args.q, portal().now())


@blueprint.post("/api/agents/accounts/<account>/help")
@allow("agent")
@validate_request(Help)
async def help_account(account: str, data: Help) -> tuple[str, int]:
    """Lifts the waits of an account, or sends it the link it needs."""
    here = portal()
    await service.help_account(here.database, account, data.what, await _agent(), here.config.public_url, here.now())
    return "", 204


async def _agent() -> Who:
    who = await signed_in()
    return Who(who.account, who.name, who.service)
