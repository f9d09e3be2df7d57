"""The readable page of one's own data (the JSON file in tables, for a person), and the mail before an account ends."""

from html import escape
from typing import Any

WORDS = {
    "account": "Compte", "device": "Appareils", "consent": "Autorisations", "receipt": "Réponses de la mairie", "family": "Dossier",
    "child": "Enfants", "contact": "Personnes à contacter", "proof": "Justificatifs", "change": "Modifications",
    "quotient": "Quotient familial", "enrol": "Inscriptions", "request": "Demandes d’inscription", "resa": "Réservations",
    "invoice": "Factures", "thread": "Échanges",
    "message": "Messages", "sessions": "Connexions ouvertes", "consents": "Historique des autorisations",
    "access_log": "Qui a consulté ou modifié votre dossier", "care_protocols": "PAI", "name": "Nom", "email": "Courriel",
    "username": "Nom d’utilisateur", "number": "Numéro", "label": "Nom du dossier", "address": "Adresse", "phone_home": "Domicile",
    "phone_mobile": "Portable", "phone_work": "Travail", "caf_number": "Numéro CAF", "first_name": "Prénom", "last_name": "Nom",
    "grade": "Classe", "school": "École", "diet": "Repas", "date": "Date", "state": "État", "total_cents": "Total (centimes)",
    "paid_cents": "Payé (centimes)", "value": "Valeur", "at": "Le", "what": "Action", "detail": "Objet", "service": "Service",
    "title": "Titre", "given": "Accord", "version": "Version du texte", "phone": "Téléphone", "kind": "Nature",
    "valid_until": "Valable jusqu’au", "passkeys": "Clés d’accès", "created_at": "Ajouté le",
}  # fmt: skip


def page(data: dict[str, Any], town: str) -> str:
    """A complete HTML document without scripts, styles from within, to be kept or printed."""
    sections = [_section(name, data[name]) for name in ("account", "sessions", "passkeys", "consents")]
    for family in data["families"]:
        sections += [_section(name, family[name]) for name in ("file", "care_protocols", "access_log")]
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Mes données · Portail famille</title><h1>Mes données</h1><p>Portail famille, {escape(town)}. "
        f"Fait le {escape(data['made_at'])}.</p>{''.join(sections)}</html>"
    )


def _section(name: str, content: Any) -> str:
    if isinstance(content, dict) and all(isinstance(value, dict) for value in content.values()):
        inside = "".join(f"<h3>{_word(kind)}</h3>{_table(list(rows.values()))}" for kind, rows in content.items())
    elif isinstance(content, dict):
        inside = _table([content])
    else:
        inside = _table(content)
    return f"<h2>{'Dossier' if name == 'file' else _word(name)}</h2>{inside}"


def _table(rows: list[Any]) -> str:
    lines = [row if isinstance(row, dict) else {"value": row} for row in rows]
    if not lines:
        return "<p>Rien.</p>"
    columns = list(dict.fromkeys(name for row in lines for name in row))
    head = "".join(f'<th scope="col" align="left">{_word(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row.get(name))}</td>' for name in columns)}</tr>" for row in lines)
    return f'<table border="1" cellpadding="4"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cell(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, dict):
        return "<br>".join(f"{_word(name)} : {_cell(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "<br>".join(_cell(part) for part in value)
    return escape(str(value))


def _word(name: str) -> str:
    return escape(WORDS.get(name, name.replace("_", " ").capitalize()))


def inactive(username: str, left: int) -> tuple[str, list[str], tuple[str, str]]:
    """`left`: milliseconds until the account ends."""
    days = left // 86_400_000
    return (
        f"Votre compte sera fermé dans {days} jours",
        [
            f"Votre compte {username} n’a pas servi depuis près de deux ans. Sans visite de votre part, il sera fermé dans {days} jours.",
            "Pour le garder, connectez-vous une fois. Sinon, ne faites rien : votre dossier reste à la mairie, seul le compte disparaît.",
        ],
        ("Garder mon compte", "/connexion"),
    )
