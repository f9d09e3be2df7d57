"""What was given up, in the agents' words."""

import re
from collections.abc import Mapping
from typing import Any

KINDS = {
    "mail": "Courriel",
    "invoice_mail": "Facture par courriel",
    "push": "Notification",
    "fanout": "Annonce d’une actualité",
    "mailing": "Envoi groupé",
}
WHY = (
    ("push service answered 40[13]", "Le service de notification ne reconnaît pas la clé de la ville : prévenez l’informatique."),
    ("push service", "Le service de notification refuse cet envoi."),
    ("MailRefused|GiveUp: [45]|recipient|mailbox", "Le serveur de courrier refuse cette adresse ou ce message."),
    ("ConnectionRefused|ClientConnector|MailDelayed|Timeout|OSError", "Le serveur ne répond pas."),
)


def what(kind: str, payload: Mapping[str, Any]) -> str:
    """« Courriel à n…@exemple.fr : Votre facture »: enough to know it again, no more than that."""
    named = KINDS.get(kind, kind)
    to = f" à {_veiled(str(payload['to']))}" if payload.get("to") else ""
    about = payload.get("subject") or payload.get("title") or (payload.get("event") or {}).get("detail") or payload.get("invoice") or ""
    return f"{named}{to}{f' : {about}' if about else ''}"


def why(error: str | None) -> str:
    for pattern, sentence in WHY:
        if re.search(pattern, error or ""):
            return sentence
    return "Erreur du portail : prévenez l’informatique."


def _veiled(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
