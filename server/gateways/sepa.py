"""Direct debits as files for the bank: pain.008 made by sepaxml and checked against its schema, pain.002 read. No network."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from holidays import financial_holidays
from lxml import etree
from sepaxml import SepaDD

IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
CREDITOR = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
LENGTHS = {"FR": 27, "MC": 27, "DE": 22, "BE": 16, "LU": 20, "ES": 24, "IT": 27, "PT": 25, "NL": 18, "IE": 22, "CH": 21, "GB": 22, "AT": 20}
REASON = re.compile(r"[A-Z]{2}\d{2}")


def compact(text: str) -> str:
    return re.sub(r"[\s.-]", "", text).upper()


def is_iban(text: str) -> bool:
    """Its length where the country's is known, and the check digits of ISO 13616."""
    if not IBAN.fullmatch(text) or len(text) != LENGTHS.get(text[:2], len(text)):
        return False
    return _remainder(text[4:] + text[:4]) == 1


def is_bic(text: str) -> bool:
    return bool(BIC.fullmatch(text))


def is_creditor(text: str) -> bool:
    """An ICS: its check digits leave the business code (signs 5 to 7) out."""
    return bool(CREDITOR.fullmatch(text)) and _remainder(text[7:] + text[:4]) == 1


def _remainder(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text)) % 97


def masked(iban: str) -> str:
    """« FR76 •••• 0189 »"""
    return f"{iban[:4]} •••• {iban[-4:]}"


def is_bank_day(day: date) -> bool:
    """Whether the euro's payment system (TARGET) works."""
    return day.weekday() < 5 and day not in financial_holidays("ECB", years=day.year)


@dataclass(frozen=True)
class Creditor:
    """The régie as the banks know it. ``key`` seals the families' account numbers."""

    name: str
    identifier: str
    iban: str
    bic: str
    key: str

    def seal(self, iban: str) -> str:
        return Fernet(self.key.encode()).encrypt(iban.encode()).decode()

    def open(self, sealed: str) -> str:
        """
        Raises:
            ValueError: sealed with another key.
        """
        try:
            return Fernet(self.key.encode()).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ValueError("sealed with another key") from error


@dataclass(frozen=True)
class Order:
    """One account to debit."""

    end_to_end: str
    cents: int
    holder: str
    iban: str
    bic: str | None
    mandate: str
    signed_on: str
    sequence: str
    about: str


def pain008(creditor: Creditor, message: str, collect_on: str, orders: Iterable[Order]) -> bytes:
    """The file of a run, pain.008.001.02, scheme CORE; one payment block per sequence.

    Raises:
        Exception: the file is not what the schema asks for (a fault of ours).
    """
    facts = {
        "name": creditor.name[:70], "IBAN": creditor.iban, "BIC": creditor.bic, "batch": True, "creditor_id": creditor.identifier,
        "currency": "EUR",
    }  # fmt: skip
    file = SepaDD(facts, schema="pain.008.001.02", clean=True)
    for one in orders:
        payment: dict[str, Any] = {
            "name": one.holder, "IBAN": one.iban, "amount": one.cents, "type": one.sequence, "endtoend_id": one.end_to_end,
            "collection_date": date.fromisoformat(collect_on), "mandate_id": one.mandate, "mandate_date": date.fromisoformat(one.signed_on),
            "description": one.about,
        }  # fmt: skip
        file.add_payment(payment | ({"BIC": one.bic} if one.bic else {}))
    made = file.export(validate=True)
    assert isinstance(made, bytes)
    return made.replace(file.msg_id.encode(), message.encode())  # our own name of it, the same each time the file is fetched


def rejections(content: bytes) -> list[tuple[str, str]]:
    """(EndToEndId, reason) of each rejected debit in a pain.002 of any version.

    Raises:
        ValueError: it is no such file.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("not XML") from error
    if root.getroottree().docinfo.doctype or not str(root.tag).startswith("{urn:iso:std:iso:20022:tech:xsd:pain.002."):
        raise ValueError("not a pain.002")
    space = {"p": etree.QName(root).namespace}
    found = []
    for one in root.iterfind(".//p:TxInfAndSts", space):
        status, known = one.findtext("p:TxSts", "", space), one.findtext("p:OrgnlEndToEndId", "", space)
        reason = one.findtext("p:StsRsnInf/p:Rsn/p:Cd", "", space)
        if known and (status == "RJCT" or (not status and reason)):
            found.append((known, reason if REASON.fullmatch(reason) else "MS03"))
    return found
