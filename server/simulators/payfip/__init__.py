"""A stand-in for PayFiP, the Treasury's payment service: its SOAP operations with their faults, and the bank's page.

Written from the published contract, which it serves with its own address in it. Validation, codes and the fifteen minutes are
the service's; knobs make it slow, broken, forgetful or untruthful.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx2 as httpx
from lxml import etree

OPEN_SECONDS = 15 * 60
NAMESPACE = "http://securite.service.tpa.cp.finances.gouv.fr/services/mas_securite/contrat_paiement_securise/PaiementSecuriseService"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ERROR_CLASS = "fr.gouv.finances.cp.tpa.webservice.exceptions."
SENTENCES = {
    "A2": "Adresse mél incorrecte.", "D1": "L'URL de redirection n'est pas conforme.", "M3": "Le montant est inférieur au minimum.",
    "M5": "Le montant est supérieur au maximum.", "N1": "L'URL de notification n'est pas conforme.", "P1": "IdOp incorrect.",
    "P5": "Résultat de la transaction non connu.", "R3": "Le format du paramètre REFDET n'est pas conforme",
    "S1": "Le paramètre SAISIE n'est pas conforme.", "T2": "Le numéro de client n'est pas conforme.",
}  # fmt: skip


@dataclass
class Knobs:
    fault: str = ""
    """Every call fails: ``TechIndisponibiliteErreur``, ``TechDysfonctionnementErreur``, ``TechProtocolaireErreur``."""
    hang: float = 0.0
    """Seconds before each answer."""
    truncated: bool = False
    latin: bool = False
    """Answers in ISO-8859-1."""
    amount: str = ""
    refdet: str = ""
    result: str = ""
    """What the detail says instead of the truth."""
    exer: str = ""
    notifications: int = 1
    """How often the outcome is notified: none, once, five times."""
    notify_after: float = 0.0
    """Seconds between the outcome and its notification: 0 comes before the browser is back, 180 long after."""


@dataclass
class Operation:
    idop: str
    asked: dict[str, str]
    made_at: float
    result: str = ""
    ended_at: float = 0.0
    authorisation: str = ""


@dataclass
class Treasury:
    """The service's memory. `clock`: seconds since 1970."""

    clock: Callable[[], float] = time.time
    knobs: Knobs = field(default_factory=Knobs)
    operations: dict[str, Operation] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _notifying: set[asyncio.Task[None]] = field(default_factory=set)

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """One SOAP call: status and body."""
        try:
            root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
            call = root.find(f"{{{ENVELOPE}}}Body")[0]  # type: ignore[index]
            name = etree.QName(call).localname
            fields = {child.tag: (child.text or "") for child in call.find("arg0")}  # type: ignore[union-attr]
        except (etree.XMLSyntaxError, TypeError, IndexError):
            return self._fault("TechProtocolaireErreur", "X1", "Message illisible.")
        self.calls.append(name)
        if self.knobs.fault:
            return self._fault(self.knobs.fault, "Z9", "Service momentanément indisponible.")
        if name == "creerPaiementSecurise":
            code, values = self._create(fields)
        elif name == "recupererDetailPaiementSecurise":
            code, values = self._detail(fields.get("idOp", ""))
        elif name == "recupererDetailClient":
            code, values = "", {"libelleN1": "REGIE DE DEMONSTRATION", "numcli": fields.get("numCli", "")}
        else:
            return self._fault("TechProtocolaireErreur", "X2", "Opération inconnue.")
        if code:
            return self._fault("FonctionnelleErreur", code, SENTENCES[code])
        return 200, self._envelope(_element(f"{name}Response", {"return": values}))

    def _create(self, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        code = refused(fields)
        if code:
            return code, {}
        operation = Operation(str(uuid.uuid4()), fields, self.clock())
        self.operations[operation.idop] = operation
        return "", {"idOp": operation.idop}

    def _detail(self, idop: str) -> tuple[str, dict[str, str]]:
        found = self.operations.get(idop)
        if found is None:
            return "P1", {}
        if not found.result:
            return "P5", {}
        when = datetime.fromtimestamp(found.ended_at, ZoneInfo("Europe/Paris"))
        asked, knobs = found.asked, self.knobs
        return "", {
            "dattrans": f"{when:%d%m%Y}", "exer": knobs.exer or asked["exer"], "heurtrans": f"{when:%H%M}", "idOp": idop,
            "mel": asked["mel"], "montant": knobs.amount or asked["montant"], "numauto": found.authorisation, "numcli": asked["numcli"],
            "objet": asked.get("objet", ""), "refdet": knobs.refdet or asked["refdet"], "resultrans": knobs.result or found.result,
            "saisie": asked["saisie"],
        }  # fmt: skip

    def open(self, idop: str) -> Operation | None:
        """The operation while its page may be used: fifteen minutes, until it is paid or refused."""
        found = self.operations.get(idop)
        usable = found and found.result in ("", "A") and self.clock() - found.made_at < OPEN_SECONDS
        return found if usable else None

    def end(self, idop: str, result: str) -> Operation | None:
        """The parent has pressed a button: P paid, V debit, R and Z refused, A cancelled. Then the town is notified."""
        found = self.open(idop)
        if found is None or result not in "PVRZA":
            return None
        found.result, found.ended_at = result, self.clock()
        found.authorisation = uuid.uuid4().hex[:6].upper() if result == "P" else ""
        task = asyncio.create_task(self._notify(found))
        self._notifying.add(task)
        task.add_done_callback(self._notifying.discard)
        return found

    def purge(self) -> None:
        """The night: what was never paid is forgotten."""
        self.operations = {idop: one for idop, one in self.operations.items() if one.result}

    async def _notify(self, operation: Operation) -> None:
        await asyncio.sleep(self.knobs.notify_after)
        async with httpx.AsyncClient(timeout=10) as client:
            for _ in range(self.knobs.notifications):
                try:
                    await client.post(operation.asked["urlnotif"], data={"idop": operation.idop})
                except httpx.HTTPError:
                    return  # the town does not answer: it will ask by itself

    def _fault(self, kind: str, code: str, sentence: str) -> tuple[int, bytes]:
        detail = {"code": code, "descriptif": sentence, "libelle": sentence, "severite": "2"}
        inside = f"<faultcode>S:Server</faultcode><faultstring>{ERROR_CLASS}{kind}</faultstring><detail>{_element(kind, detail)}</detail>"
        return 500, self._envelope(f"<S:Fault>{inside}</S:Fault>")

    def _envelope(self, inside: str) -> bytes:
        coding = "ISO-8859-1" if self.knobs.latin else "UTF-8"
        text = f'<?xml version="1.0" encoding="{coding}"?><S:Envelope xmlns:S="{ENVELOPE}"><S:Body>{inside}</S:Body></S:Envelope>'
        body = text.encode(coding)
        return body[: len(body) // 2] if self.knobs.truncated else body


def refused(fields: dict[str, str]) -> str:
    """The code of the first field that is not as the service wants it; empty: all are."""
    amount = fields.get("montant", "")
    wrong = (
        ("T2", not re.fullmatch(r"\d{6}", fields.get("numcli", ""))),
        ("R3", not re.fullmatch(r"[A-Za-z0-9]{6,30}", fields.get("refdet", ""))),
        ("M3", not amount.isdecimal() or int(amount) < 100),
        ("M5", amount.isdecimal() and int(amount) > 10_000_000),
        ("A2", not re.fullmatch(r"[^@\s]+@[^@\s]+", fields.get("mel", "")) or not 6 <= len(fields["mel"]) <= 80),
        ("S1", fields.get("saisie") not in ("T", "X", "W")),
        ("N1", not _address(fields.get("urlnotif", ""))),
        ("D1", not _address(fields.get("urlredirect", ""))),
    )
    return next((code for code, is_wrong in wrong if is_wrong), "")


def _address(url: str) -> bool:
    return bool(re.match(r"https?://", url)) and len(url) < 250


def _element(name: str, values: Mapping[str, object]) -> str:
    """Qualified outside, unqualified inside, as the contract says."""
    root = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"ns2": NAMESPACE})  # type: ignore[dict-item]
    _fill(root, values)
    return etree.tostring(root, encoding="unicode")


def _fill(parent: etree._Element, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        child = etree.SubElement(parent, name)
        if isinstance(value, Mapping):
            _fill(child, value)
        elif value != "":
            child.text = str(value)
