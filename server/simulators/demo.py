"""What the demo starts beside the portal, the settings that lead to it, and the lines that say where it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.simulators.beside import Beside, free_port
from server.simulators.mailbox import Mailbox
from server.simulators.mailbox.page import make_page
from server.simulators.payfip import Treasury
from server.simulators.payfip.page import make_page as make_bank


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
    return made
