"""Card payments by a bank's own gateway, where a town has one instead of PayFiP: through eopayment, by configuration.

These gateways answer no question: they say what happened in a message that they sign, brought by the browser or sent to us. The
signature is what makes it the bank's word; without it a message is only a sign of life, and changes nothing.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import eopayment

from server.config import ConfigError
from server.gateways.payments import BankUnavailable, Opened, Operation, Outcome, in_a_thread

OUTCOMES: dict[int, Outcome] = {
    eopayment.PAID: "paid", eopayment.DENIED: "refused", eopayment.EXPIRED: "refused", eopayment.ERROR: "refused",
    eopayment.CANCELLED: "cancelled", eopayment.ACCEPTED: "waiting", eopayment.WAITING: "waiting", eopayment.RECEIVED: "waiting",
}  # fmt: skip


def _cents(name: str) -> Callable[[Mapping[str, Any]], int]:
    return lambda data: int(_one(data[name]))


def _euros(name: str) -> Callable[[Mapping[str, Any]], int]:
    return lambda data: int(Decimal(_one(data[name])) * 100)


def _one(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)


# What a message of each gateway says was paid, in cents. Only these: the others are for bodies whose money is not public.
KINDS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "payzen": _cents("vads_amount"), "systempayv2": _cents("vads_amount"), "sips2": _cents("amount"), "paybox": _cents("montant"),
    "ogone": _euros("AMOUNT"),
}  # fmt: skip
ADDRESSES = ("normal_return_url", "automatic_return_url")


@dataclass(frozen=True)
class Bank:
    """A contract with a bank. `kind`: eopayment's name of the gateway; `options`: as its documentation names them."""

    kind: str
    options: Mapping[str, Any] = field(repr=False)
    return_url: str
    notify_url: str
    client: str = ""

    async def open(self, refdet: str, year: int, cents: int, email: str, subject: str) -> Opened:
        """A signed form that the parent's browser hands to the bank; nothing is asked of the bank before.

        Raises:
            BankUnavailable: the gateway's library refuses what it is configured with.
        """

        def ask() -> Opened:
            _, how, what = self._gateway(refdet).request(Decimal(cents) / 100, email=email, transaction_id=refdet, orderid=refdet)
            if how != eopayment.FORM:
                raise BankUnavailable(f"{self.kind} gave no form")
            fields = {one["name"]: one["value"] for one in what.fields}
            return Opened(refdet, json.dumps({"url": what.url, "fields": fields}, ensure_ascii=False))

        try:
            return await in_a_thread(ask)
        except (ValueError, AssertionError, KeyError) as error:
            raise BankUnavailable(type(error).__name__) from error

    def page(self, idop: str) -> str:
        """None of its own: the parent's browser posts a form."""
        return ""

    async def find(self, idop: str) -> Operation:
        """It answers no question: what it has to say, it sends."""
        return Operation("waiting")

    def read(self, message: str) -> tuple[str, Operation] | None:
        """(the payment, what became of it) of a message as it came, a query or a body; None unless the bank signed it."""
        try:
            said = self._gateway("").response(message, callback=False)
            if not said.signed:
                return None
            outcome = OUTCOMES.get(said.result, "unreadable")
            refdet = said.order_id.partition("!")[0]  # paybox adds the order's number
            return refdet, Operation(outcome, refdet, KINDS[self.kind](said.bank_data), "", said.transaction_id)
        except (eopayment.ResponseError, KeyError, ValueError, ArithmeticError, TypeError):
            return None

    def _gateway(self, refdet: str) -> eopayment.Payment:
        back = f"{self.return_url}?{urlencode({'paiement': refdet})}"
        addresses = dict(zip(ADDRESSES, (back, self.notify_url), strict=True))
        return eopayment.Payment(self.kind, {**self.options, **addresses})


def bank_of(kind: str, file: str, return_url: str, notify_url: str) -> Bank:
    """The bank of the configuration; `file`: its options as TOML, to be read by the server alone.

    Raises:
        ConfigError: the file cannot be read, names an option that the gateway does not have, or lacks one.
    """
    try:
        options = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"PORTAIL_BANK_FILE: {file} cannot be read as TOML ({error})") from error
    known = {one["name"]: one for one in eopayment.get_backend(kind).description["parameters"] if one["name"] not in ADDRESSES}
    for name in options:
        if name not in known:
            raise ConfigError(f"PORTAIL_BANK_FILE: {kind} has no option “{name}”; it has {', '.join(sorted(known))}")
    lacking = [name for name, one in known.items() if one.get("required") and one.get("default") is None and name not in options]
    if lacking:
        raise ConfigError(f"PORTAIL_BANK_FILE: {kind} needs {', '.join(lacking)} too")
    bank = Bank(kind, options, return_url, notify_url)
    try:
        bank._gateway("test").request(Decimal("1.00"), email="essai@example.org", transaction_id="test0001", orderid="test0001")
    except Exception as error:
        raise ConfigError(f"PORTAIL_BANK_FILE: {kind} cannot work with these options ({type(error).__name__}: {error})") from error
    return bank


def fields_of(message: str) -> dict[str, str]:
    """The first value of each field of a query or of a form's body."""
    return {name: values[0] for name, values in parse_qs(message, keep_blank_values=True).items()}
