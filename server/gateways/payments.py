"""Card payments by PayFiP, the Treasury's service, through eopayment: its client is synchronous and is called in threads.

`Gateway` is what paying needs of anybody who takes cards; PayFiP is the one a town's régie has, `banks.py` holds the others.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import eopayment
import zeep
from eopayment.payfip_ws import PayFiP as Service
from eopayment.payfip_ws import PayFiPError, normalize_objet

T = TypeVar("T")
Outcome = Literal["paid", "refused", "cancelled", "waiting", "unknown", "unreadable"]
SECONDS = 12
WSDL = Path(eopayment.__file__).parent / "resource" / "PaiementSecuriseService.wsdl"
logging.getLogger("zeep").setLevel(logging.ERROR)  # its debug lines hold whole messages


class BankRefused(Exception):
    """The service says that what we asked for is wrong; `code` is its own (A2: address, M3: amount, R3: reference)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BankUnavailable(Exception):
    """No usable answer: nothing is known, nothing has changed. Ask again later."""


@dataclass(frozen=True)
class Operation:
    """What the service says. ``unknown``: it does not know the operation (any more)."""

    outcome: Outcome
    refdet: str = ""
    cents: int = 0
    client: str = ""
    authorisation: str | None = None


@dataclass(frozen=True)
class Opened:
    """A payment that may be made now. `form`: JSON ``{url, fields}`` to be posted, where the bank has no page to be opened."""

    idop: str
    form: str | None = None


class Gateway(Protocol):
    """Whoever takes cards for the régie."""

    @property
    def client(self) -> str: ...
    async def open(self, refdet: str, year: int, cents: int, email: str, subject: str) -> Opened: ...
    def page(self, idop: str) -> str: ...
    async def find(self, idop: str) -> Operation: ...
    def read(self, message: str) -> tuple[str, Operation] | None: ...


async def in_a_thread(ask: Callable[[], T]) -> T:
    """With a limit beyond the library's own: a bank that hangs holds up nothing here.

    Raises:
        BankUnavailable.
    """
    try:
        return await asyncio.wait_for(asyncio.to_thread(ask), SECONDS + 5)
    except TimeoutError as error:
        raise BankUnavailable("timeout") from error


OUTCOMES: dict[str, Literal["paid", "refused", "cancelled"]] = {"P": "paid", "V": "paid", "R": "refused", "Z": "refused", "A": "cancelled"}


@dataclass(frozen=True)
class PayFiP:
    """One régie at PayFiP. `url`: ``https://www.payfip.gouv.fr/tpa``, or a stand-in with the same paths."""

    url: str
    client: str
    """« numcli », six digits."""
    mode: str
    """« saisie »: T test, X activation, W in use."""
    return_url: str
    notify_url: str

    def page(self, idop: str) -> str:
        """Where the parent pays."""
        return f"{self.url}/paiementws.web?idop={idop}"

    async def open(self, refdet: str, year: int, cents: int, email: str, subject: str) -> Opened:
        """As `create`."""
        return Opened(await self.create(refdet, year, cents, email, subject))

    def read(self, message: str) -> tuple[str, Operation] | None:
        """Nothing that arrives here is signed: it only makes us ask."""
        return None

    async def create(self, refdet: str, year: int, cents: int, email: str, subject: str) -> str:
        """Opens an operation; its id (« idOp »).

        Raises:
            BankRefused, BankUnavailable.
        """

        def ask(soap: Service) -> Any:
            return soap.get_idop(
                numcli=self.client, saisie=self.mode, exer=str(year), refdet=refdet, montant=str(cents), mel=email,
                objet=normalize_objet(subject), url_notification=self.notify_url, url_redirect=self.return_url, timeout=SECONDS,
            )  # fmt: skip

        try:
            return str(await self._asked(ask))
        except PayFiPError as error:
            raise _fault(error) from error

    async def find(self, idop: str) -> Operation:
        """What became of an operation.

        Raises:
            BankUnavailable.
        """
        try:
            found = await self._asked(lambda soap: soap.get_info_paiement(idop, timeout=SECONDS))
        except PayFiPError as error:
            if error.code == "P5":
                return Operation("waiting")
            if error.code == "P1":
                return Operation("unknown")
            raise BankUnavailable(str(error.code)) from error
        outcome = OUTCOMES.get(found.resultrans or "")
        amount = (found.montant or "").strip()
        if outcome is None or not amount.isdecimal():
            return Operation("unreadable")
        return Operation(outcome, found.refdet or "", int(amount), found.numcli or "", found.numauto)

    async def _asked(self, ask: Callable[[Service], T]) -> T:
        return await in_a_thread(lambda: ask(self._service()))

    def _service(self) -> Service:
        return _client(f"{self.url}/services/securite")


@cache
def _client(address: str) -> Service:
    """The published contract, spoken to the configured address; made at the first use, for reading the contract takes a while."""
    soap = Service()
    soap._client = zeep.Client(WSDL.as_uri())
    soap._client.service._binding_options["address"] = address
    return soap


def _fault(error: PayFiPError) -> Exception:
    code = str(error.code)
    return BankRefused(code) if len(code) == 2 and code[0].isalpha() and code[1].isdecimal() else BankUnavailable(code)
