"""Paying an invoice by card: one live payment per invoice, the bank asked again at every sign of life, money entered once.

The bank is never spoken to inside a transaction. Between what is written before and after, anything may be lost: the poller
finds it again.
"""

from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.gateways.payments import BankRefused, BankUnavailable, Gateway, Opened, Operation
from server.instants import day_of
from server.invoices import texts
from server.invoices.rules import Asked, Finding, after, next_check, split
from server.invoices.rules.paying import GIVEN_UP_AFTER, LEAST_CENTS, MINUTE, OPEN_FOR
from server.invoices.service.reading import due, invoice_of, publish
from server.traces.service import PORTAL, note

log = structlog.get_logger("portail.payments")
CREATED_FOR = 2 * MINUTE
RETRIED_IN = 5 * MINUTE


@dataclass(frozen=True)
class Cashier:
    """What paying needs: the bank, the books, the time."""

    bank: Gateway
    database: Database
    zone: ZoneInfo

    async def pay(self, account: str, invoice: str, now: int) -> dict[str, Any]:
        """Opens a payment of what is due, or goes back to the one that is open: ``{payment, url}``.

        Raises:
            Refusal: ``not_found``, ``nothing_due``, ``payment_pending``, ``payment_small``, ``email_needed``, ``payment_unavailable``.
        """
        payment = await self.database.retrying(partial(self._open, account=account, invoice=invoice, now=now))
        if payment["idop"]:
            return self._where(payment)
        subject = f"Facture {payment['number']}"
        try:
            year = int(payment["issued_on"][:4])
            opened = await self.bank.open(payment["refdet"], year, payment["cents"], payment["email"], subject)
        except (BankRefused, BankUnavailable) as error:
            log.warning("no payment opened", reason=str(error))
            await self.database.retrying(partial(self._failed, payment=payment["id"], now=now))
            raise Refusal("payment_unavailable") from error
        await self.database.retrying(partial(self._opened, payment=payment, opened=opened, now=now))
        return self._where({**payment, "idop": opened.idop, "form": opened.form})

    def _where(self, payment: Row) -> dict[str, Any]:
        """The bank's page, or ours from which a form goes to the bank."""
        url = f"/api/payments/{payment['id']}/form" if payment["form"] else self.bank.page(payment["idop"])
        return {"payment": payment["id"], "url": url}

    async def _open(self, tx: Transaction, account: str, invoice: str, now: int) -> Row:
        found = await invoice_of(tx, account, invoice, day_of(now, self.zone))
        await tx.lock("invoice", [invoice])
        live = await tx.one("SELECT * FROM card_payment WHERE active = ?", invoice)
        if live is not None:
            if live["idop"] and now - live["created_at"] < OPEN_FOR - MINUTE and live["account"] == account:
                return {**dict(live), "number": found["number"]}
            if live["idop"] or now - live["created_at"] < CREATED_FOR:
                minutes = max(1, (live["created_at"] + GIVEN_UP_AFTER - now + MINUTE - 1) // MINUTE)
                raise Refusal("payment_pending", minutes=minutes)
            await _end(tx, live["id"], "failed", now)
        debit = await tx.one("SELECT r.collect_on FROM debit d JOIN debit_run r ON r.id = d.run_id WHERE d.active = ?", invoice)
        if debit is not None:
            raise Refusal("debit_pending", on=texts.day(debit["collect_on"]))
        cents = await due(tx, invoice)
        if cents <= 0 or found["kind"] != "invoice":
            raise Refusal("nothing_due")
        if cents < LEAST_CENTS:
            raise Refusal("payment_small")
        who = await tx.one("SELECT email FROM account WHERE id = ?", account)
        if not who or not who["email"]:
            raise Refusal("email_needed")
        payment = {
            "id": f"pay_{token_hex(10)}", "invoice_id": invoice, "family_id": found["family_id"], "account": account, "cents": cents,
            "state": "created", "active": invoice, "refdet": f"{found['issued_on'][:4]}{token_hex(8)}", "created_at": now,
            "check_at": now + CREATED_FOR, "checks": 0,
        }  # fmt: skip
        names = list(payment)
        await tx.run(f"INSERT INTO card_payment ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", *payment.values())
        return {**payment, "idop": None, "form": None, "number": found["number"], "issued_on": found["issued_on"], "email": who["email"]}

    async def _opened(self, tx: Transaction, payment: Row, opened: Opened, now: int) -> None:
        await tx.run("UPDATE card_payment SET idop = ?, form = ?, state = 'live' WHERE id = ?", opened.idop, opened.form, payment["id"])
        await publish(tx, [payment["invoice_id"]], now)

    async def _failed(self, tx: Transaction, payment: str, now: int) -> None:
        await _end(tx, payment, "failed", now)

    async def check(self, idop: str, now: int) -> Row | None:
        """Asks the bank about an operation and writes down what it says; None when it is none of ours.

        The same answer any number of times, in any order with others, leaves the same state.
        """
        known = await self.database.one("SELECT * FROM card_payment WHERE idop = ?", idop)
        if known is None:
            return None
        if known["state"] in ("paid", "refused", "dispute"):
            return known
        try:
            found = await self.bank.find(idop)
        except BankUnavailable as error:
            log.warning("bank unavailable", reason=str(error))
            async with self.database.transaction() as tx:
                await tx.run("UPDATE card_payment SET check_at = ? WHERE id = ? AND check_at <= ?", now + RETRIED_IN, known["id"], now)
            return known
        return await self._write(known["id"], found, now)

    async def hear(self, message: str, now: int) -> Row | None:
        """What a message of the bank changes, as it came: the bank's own word if it is signed; None when it is not, or not ours."""
        said = self.bank.read(message)
        known = await self.database.one("SELECT * FROM card_payment WHERE idop = ?", said[0]) if said else None
        return await self._write(known["id"], said[1], now) if said and known else None

    async def _write(self, payment: str, found: Operation, now: int) -> Row:
        finding = Finding(found.outcome, found.refdet, found.cents, found.client, found.authorisation)
        return await self.database.retrying(partial(self._found, payment=payment, finding=finding, now=now))

    async def _found(self, tx: Transaction, payment: str, finding: Finding, now: int) -> Row:
        await tx.lock("card_payment", [payment])
        known = await tx.one("SELECT * FROM card_payment WHERE id = ?", payment)
        assert known is not None, payment
        age = now - known["created_at"]
        state = after(known["state"], Asked(known["refdet"], known["cents"], self.bank.client), finding, age)
        then = next_check(state, finding, age)
        over = state not in ("created", "live")
        await tx.run(
            "UPDATE card_payment SET state = ?, active = ?, checked_at = ?, check_at = ?, checks = checks + 1, authorisation = ?,"
            " ended_at = ? WHERE id = ?",
            state, None if over else known["active"], now, None if then is None else known["created_at"] + then,
            finding.authorisation or known["authorisation"], (known["ended_at"] or now) if over else None, payment,
        )  # fmt: skip
        if state != known["state"]:
            await self._changed(tx, known, state, now)
        return {**dict(known), "state": state}

    async def _changed(self, tx: Transaction, payment: Row, state: str, now: int) -> None:
        if state == "paid":
            await enter_money(
                tx, payment["family_id"], payment["invoice_id"], payment["cents"], "card", day_of(now, self.zone),
                source=f"card/{payment['id']}", reference=payment["refdet"], agent=None, now=now,
            )  # fmt: skip
            await note(tx, payment["family_id"], PORTAL, "invoice.paid", now, payment["refdet"])
        elif state == "dispute":
            log.error("a payment does not agree with the bank", payment=payment["id"])
        await publish(tx, [payment["invoice_id"]], now)

    async def check_due(self, now: int, limit: int = 20) -> int:
        """The poller: every payment whose time has come; returns how many were asked about. Safe to run in several processes."""
        waiting = await self.database.all(
            "SELECT id, idop FROM card_payment WHERE check_at <= ? ORDER BY check_at LIMIT ?", now, limit
        )
        for payment in waiting:
            if payment["idop"]:
                await self.check(payment["idop"], now)
            else:  # we stopped between asking for it and writing its id down: nobody ever saw its page
                await self.database.retrying(partial(self._failed, payment=payment["id"], now=now))
        return len(waiting)


async def _end(tx: Transaction, payment: str, state: str, now: int) -> None:
    await tx.run(
        "UPDATE card_payment SET state = ?, active = NULL, check_at = NULL, ended_at = ? WHERE id = ? AND state = 'created'",
        state, now, payment,
    )  # fmt: skip


async def enter_money(
    tx: Transaction, family: str, invoice: str, cents: int, mode: str, paid_on: str, *,
    source: str, reference: str | None, agent: str | None, now: int,
) -> list[str]:  # fmt: skip
    """Money for an invoice: what is due goes there, the rest becomes the family's credit.

    Returns the entries' ids; none when this source was entered before.
    """
    await tx.lock("invoice", [invoice])
    for_invoice, left = split(cents, await due(tx, invoice))
    made = []
    for part, where, suffix in ((for_invoice, invoice, ""), (left, None, "/credit")):
        entry = f"led_{token_hex(10)}"
        if part and await tx.one(
            "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, reference, source, agent, entered_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO NOTHING RETURNING id",
            entry, family, where, part, mode, paid_on, reference, source + suffix, agent, now,
        ):  # fmt: skip
            made.append(entry)
    return made


async def payment_state(database: Database, account: str, payment: str) -> Row:
    """A payment of one's own.

    Raises:
        Refusal: ``not_found``.
    """
    found = await database.one("SELECT * FROM card_payment WHERE id = ? AND account = ?", payment, account)
    if found is None:
        raise Refusal("not_found")
    return found
