"""What the demo starts beside the portal, the settings that lead to it, and the lines that say where it is."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from server.simulators.api_particulier import ApiParticulierSimulator
from server.simulators.beside import Beside, free_port
from server.simulators.franceconnect import FranceConnectSimulator
from server.simulators.mailbox import Mailbox
from server.simulators.mailbox.page import make_page
from server.simulators.payfip import Treasury
from server.simulators.payfip.page import make_page as make_bank

DEMO_KEY = urlsafe_b64encode(sha256(b"invented accounts of a demo").digest()).decode()
"""Not a secret: what it seals is invented, and must be readable after a restart."""


@dataclass
class Standins:
    """`settings`: environment variables for the portal's processes; `lines`: what the operator reads."""

    settings: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def start(environment: Mapping[str, str], town: str) -> Standins:
    """Starts a stand-in for every part of the outside world whose setting is not given."""
    beside, made = Beside(), Standins()
    if "PORTAIL_SMTP_URL" not in environment:
        mailbox = Mailbox()
        made.settings["PORTAIL_SMTP_URL"] = f"smtp://127.0.0.1:{beside.run(mailbox.start())}"
        address = beside.web(make_page(mailbox, town), free_port())
        made.lines.append(f"Boîte aux lettres (tous les messages envoyés) : {address}")
    if "PORTAIL_PAYFIP_URL" not in environment:
        address = beside.web(make_bank(Treasury()), free_port())
        made.settings |= {"PORTAIL_PAYFIP_URL": f"{address}/tpa", "PORTAIL_PAYFIP_CLIENT": "090909", "PORTAIL_PAYFIP_MODE": "T"}
        made.lines.append(f"Banque (paiement par carte, rien n’est débité) : {address}/tpa/services/securite")
    if "PORTAIL_SEPA_CREDITOR" not in environment:
        made.settings |= {
            "PORTAIL_SEPA_CREDITOR": "FR72ZZZ123456", "PORTAIL_SEPA_IBAN": "FR7630006000011234567890189",
            "PORTAIL_SEPA_BIC": "AGRIFRPP", "PORTAIL_SEPA_KEY": DEMO_KEY,
        }  # fmt: skip
    if not {"PORTAIL_FRANCECONNECT_URL", "PORTAIL_PARTICULIER_URL"} & set(environment):
        _identity(beside, made, environment)
    return made


def _identity(beside: Beside, made: Standins, environment: Mapping[str, str]) -> None:
    """FranceConnect and API Particulier go together: the second knows the first's tokens."""
    home = environment.get("PORTAIL_PUBLIC_URL") or f"http://127.0.0.1:{environment.get('PORT') or 8000}"
    back = f"{home.rstrip('/')}/api/franceconnect"
    secret, token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    provider = FranceConnectSimulator("portail-demo", secret, f"{back}/retour", f"{back}/fin")
    port = free_port()
    beside.web(provider.app(f"http://127.0.0.1:{port}"), port)
    quotients = beside.web(ApiParticulierSimulator(token, provider.who_has).app(), free_port())
    made.settings |= {
        "PORTAIL_FRANCECONNECT_URL": provider.issuer, "PORTAIL_FRANCECONNECT_CLIENT": "portail-demo",
        "PORTAIL_FRANCECONNECT_SECRET": secret, "PORTAIL_PARTICULIER_URL": quotients, "PORTAIL_PARTICULIER_TOKEN": token,
        "PORTAIL_PARTICULIER_SIRET": "13002526500013",
    }  # fmt: skip
    made.lines.append("FranceConnect et la CAF sont simulés : « S’identifier avec FranceConnect », puis choisir une personne.")
