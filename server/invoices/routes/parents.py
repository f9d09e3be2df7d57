"""Paying by card, the bank's calls back, and the papers of an invoice."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from quart import Blueprint, Response, redirect, request
from quart_schema import validate_request

from server.access import PUBLIC, allow, signed_in
from server.errors import Refusal
from server.gateways.banks import bank_of, fields_of
from server.gateways.payments import PayFiP
from server.invoices import texts
from server.invoices.service import Cashier, InvoiceMailer, Letterhead, certificate_pdf, invoice_pdf, payment_state, receipt_pdf
from server.mail.service import Mailer
from server.web.hooks import from_outside
from server.web.portal import Portal, portal

blueprint = Blueprint("invoices", __name__)
RETURN, NOTIFY = "/api/public/payments/return", "/api/public/payments/notify"
ASK_AGAIN_AFTER = 2_000


class PayIn(msgspec.Struct, forbid_unknown_fields=True):
    invoice: str


def cashier(here: Portal) -> Cashier | None:
    """None where the town takes no cards."""
    config = here.config
    if here.bank is None:
        home = config.public_url
        if config.payfip_url:
            here.bank = PayFiP(config.payfip_url, config.payfip_client, config.payfip_mode, home + RETURN, home + NOTIFY)
        elif config.bank:
            here.bank = bank_of(config.bank, config.bank_file, home + RETURN, home + NOTIFY)
    return Cashier(here.bank, here.database, here.zone) if here.bank else None


@blueprint.get("/api/payments")
@allow("parent")
async def ways() -> dict[str, Any]:
    """Whether this town takes cards."""
    return {"card": cashier(portal()) is not None}


@blueprint.post("/api/payments")
@allow("parent")
@validate_request(PayIn)
async def pay(data: PayIn) -> dict[str, Any]:
    """Opens a card payment of what an invoice still owes, or goes back to the one that is open: ``{payment, url}``."""
    here, who = portal(), await signed_in()
    desk = cashier(here)
    if desk is None:
        raise Refusal("card_closed")
    return await desk.pay(who.account, data.invoice, here.now())


@blueprint.get("/api/payments/<payment>")
@allow("parent")
async def state(payment: str) -> dict[str, Any]:
    """How a payment of one's own stands, the bank asked again while it is not over."""
    here, who = portal(), await signed_in()
    found = await payment_state(here.database, who.account, payment)
    desk = cashier(here)
    if desk and found["idop"] and found["state"] in ("created", "live") and here.now() - (found["checked_at"] or 0) > ASK_AGAIN_AFTER:
        found = await desk.check(found["idop"], here.now()) or found
    return {"payment": found["id"], "invoice": found["invoice_id"], "state": found["state"], "cents": found["cents"]}


@blueprint.get("/api/payments/<payment>/form")
@allow("parent")
async def to_the_bank(payment: str) -> Response:
    """A page with one button, for banks to which the browser posts a form: it may send it to that bank, and load nothing."""
    here, who = portal(), await signed_in()
    found = await payment_state(here.database, who.account, payment)
    if found["state"] != "live" or not found["form"]:
        raise Refusal("not_found")
    form = json.loads(found["form"])
    host = urlsplit(form["url"])
    policy = f"default-src 'none'; form-action {host.scheme}://{host.netloc}; base-uri 'none'; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    page = texts.to_the_bank(form["url"], form["fields"], found["cents"])
    return Response(page, content_type="text/html; charset=utf-8", headers=headers)


@blueprint.route(RETURN, methods=["GET", "POST"])
@allow(PUBLIC)
@from_outside
async def returned() -> Any:
    """The browser back from the bank: its word counts for nothing unless the bank signed it, the bank is asked. Then the parent's page."""
    here, desk = portal(), cashier(portal())
    found = None
    if desk:
        message = await _message()
        fields = fields_of(message)
        found = await desk.hear(message, here.now()) or await desk.check(_operation(fields) or fields.get("paiement", ""), here.now())
    return redirect("/factures" + (f"?{urlencode({'paiement': found['id']})}" if found else ""), 303)


@blueprint.route(NOTIFY, methods=["GET", "POST"])
@allow(PUBLIC)
@from_outside
async def notified() -> Response:
    """The bank says that something happened: it is asked what, or its signature is read. What is not ours changes nothing."""
    here, desk = portal(), cashier(portal())
    message = await _message()
    idop = _operation(fields_of(message))
    if desk and await desk.hear(message, here.now()):
        return Response(status=204)
    if not idop:
        raise Refusal("malformed")
    if desk is None or await desk.check(idop, here.now()) is None:
        raise Refusal("not_found")
    return Response(status=204)


async def _message() -> str:
    """What was brought, as it came: signatures are over the very bytes."""
    body = bytes(await request.data).decode("utf-8", "replace") if request.method == "POST" else ""
    return body or request.query_string.decode("utf-8", "replace")


def letterhead(here: Portal) -> Letterhead:
    return Letterhead(here.town.name, here.town.colours.brand, here.config.particulier_siret)


def invoice_mailer(here: Portal, mailer: Mailer) -> InvoiceMailer:
    """What sends the invoices of families that asked for them by mail."""
    return InvoiceMailer(here.database, mailer, letterhead(here), _online(here), here.zone, here.now)


def _online(here: Portal) -> str | None:
    """Where cards are taken; None: nowhere."""
    return here.config.public_url if cashier(here) else None


async def _town(here: Portal) -> dict[str, Any]:
    return await letterhead(here).on(here.database, here.today())


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(content, content_type="application/pdf", headers=headers)


@blueprint.get("/api/invoices/<invoice>/pdf")
@allow("parent")
async def paper(invoice: str) -> Response:
    """An invoice of one's own, as a paper."""
    here, who = portal(), await signed_in()
    return _pdf(await invoice_pdf(here.database, who.account, invoice, here.today(), await _town(here), _online(here)), "facture")


@blueprint.get("/api/invoices/<invoice>/receipts/<entry>/pdf")
@allow("parent")
async def receipt(invoice: str, entry: str) -> Response:
    """The receipt of one payment of an invoice of one's own."""
    here, who = portal(), await signed_in()
    return _pdf(await receipt_pdf(here.database, who.account, invoice, entry, here.today(), await _town(here)), "recu")


@blueprint.get("/api/tax-certificates/<int:year>/pdf")
@allow("parent")
async def certificate(year: int) -> Response:
    """What was paid in a year for the care of children under six."""
    here, who = portal(), await signed_in()
    return _pdf(await certificate_pdf(here.database, who.account, year, here.today(), await _town(here)), f"attestation-{year}")


def _operation(fields: Any) -> str:
    """« idop » or « idOp »: the service writes it both ways."""
    return next((str(value)[:80] for name, value in fields.items() if name.lower() == "idop"), "")
