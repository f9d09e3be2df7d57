"""What stands on an invoice, a receipt and a tax certificate, and how a French clerk writes it."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INVOICE, RECEIPT, CERTIFICATE = HERE / "invoice.typ", HERE / "receipt.typ", HERE / "certificate.typ"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
MODES = {
    "card": "carte bancaire", "cash": "espèces", "cheque": "chèque", "cesu": "CESU", "transfer": "virement",
    "debit": "prélèvement", "credit": "avoir",
}  # fmt: skip
NBSP = "\u00a0"


def euros(cents: int) -> str:
    """``-123456`` → « -1 234,56 € »."""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", "\u202f")
    return f"{'-' if cents < 0 else ''}{grouped},{rest:02d}{NBSP}€"


def day(iso: str) -> str:
    when = date.fromisoformat(iso)
    return f"{'1er' if when.day == 1 else when.day} {MONTHS[when.month - 1]} {when.year}"


def month(period: str) -> str:
    return f"{MONTHS[int(period[5:7]) - 1]} {period[:4]}"


def invoice_paper(
    invoice: Mapping[str, Any], family: Mapping[str, Any], names: Mapping[str, str], town: Mapping[str, Any], online: str | None
) -> dict[str, Any]:
    """The data of ``invoice.typ``: `invoice` is its row as devices hold it, with its id."""
    credit, corrective = invoice["kind"] == "credit", bool(invoice.get("corrects")) and invoice["kind"] != "credit"
    left = invoice["total_cents"] - invoice["paid_cents"]
    return {
        "town": town,
        "title": f"{'Avoir' if credit else 'Facture rectificative' if corrective else 'Facture'} {invoice['number']}",
        "subject": f"{'Correction' if credit or corrective else 'Prestations'} de {month(invoice['period'])}",
        "family": family,
        "facts": [
            ["Numéro", invoice["number"]],
            ["Émis le" if credit else "Émise le", day(invoice["issued_on"])],
            ["Période", month(invoice["period"])],
            *([] if credit else [["À payer avant le", day(invoice["due_on"])]]),
            *([["Corrige la facture", invoice.get("corrects_number") or ""]] if credit or corrective else []),
            *([["Motif", invoice.get("reason") or ""]] if credit or corrective else []),
            ["Dossier", family["number"]],
        ],
        "lines": [
            {
                "child": names.get(line["child"] or "", ""),
                "label": line["label"],
                "detail": _detail(line),
                "quantity": str(line["quantity"]),
                "unit": euros(line["unit_cents"]),
                "amount": euros(line["amount_cents"]),
            }
            for line in invoice["lines"]
        ],
        "total": euros(invoice["total_cents"]),
        "payments": [[f"Payé le {day(one['on'])} par {MODES[one['mode']]}", euros(-one["cents"])] for one in invoice["payments"]],
        "left": euros(left) if left > 0 else "Rien à payer",
        "mentions": [*(MENTIONS_CREDIT if credit else _mentions(online)), _questions(town)],
    }


SOON_DUE = ("Une facture est bientôt à payer", "Ouvrez le portail pour la voir et la payer.")


def invoice_out(invoice: Mapping[str, Any]) -> str:
    """Said of an invoice that is out, to whom allows details, and in mails."""
    return (
        f"Votre facture de {month(invoice['period'])} est disponible{NBSP}: {euros(invoice['total_cents'])},"
        f" à payer avant le {day(invoice['due_on'])}."
    )


def invoice_soon_due(invoice: Mapping[str, Any]) -> str:
    return f"Votre facture de {month(invoice['period'])} est à payer avant le {day(invoice['due_on'])}."


def invoice_mail(invoice: Mapping[str, Any], online: bool) -> tuple[str, list[str]]:
    """Subject and paragraphs of the mail that brings an invoice."""
    how = "par carte sur le portail, ou à la Régie" if online else "à la Régie"
    paragraphs = [
        f"Votre facture {invoice['number']} est jointe à ce message{NBSP}: {euros(invoice['total_cents'])} pour"
        f" {month(invoice['period'])}, à payer avant le {day(invoice['due_on'])}.",
        f"Vous pouvez la payer {how}.",
        "Vous recevez vos factures par mail parce que vous l’avez demandé dans « Mon dossier »."
        " Vous pouvez y changer d’avis à tout moment.",
    ]
    return f"Facture {invoice['number']}, {month(invoice['period'])}", paragraphs


def to_the_bank(url: str, fields: Mapping[str, str], cents: int) -> str:
    """The page between the portal and a bank that wants a form: no script, no style, one button."""
    hidden = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items())
    title = f"Payer {euros(cents)} par carte"
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"></head>'
        f"<body><main><h1>{title}</h1><p>Le paiement se fait sur la page sécurisée de la banque. Le portail ne voit jamais votre carte.</p>"
        f'<form method="post" action="{escape(url)}">{hidden}<p><button type="submit">Continuer vers la banque</button></p></form>'
        '<p><a href="/factures">Revenir à mes factures</a></p></main></body></html>'
    )


def _detail(line: Mapping[str, Any]) -> str:
    why = line.get("why") or {}
    words = []
    if why.get("bracket") is not None:
        words.append(f"tranche {why['bracket']}")
    if why.get("quotient") is not None:
        words.append(f"quotient familial {why['quotient']}")
    words += [step["label"].lower() for step in why.get("steps", []) if "percent" in step]
    days = line.get("days") or []
    if days:
        words.append("jours : " + ", ".join(str(int(one[8:])) for one in days))
    return " · ".join(words)


MENTIONS_CREDIT = ["Cet avoir corrige une facture déjà émise. Il vient en déduction de ce que vous devez, ou vous est remboursé."]


def _questions(town: Mapping[str, Any]) -> str:
    phone = f"téléphone {town['phone']}" if town["phone"] else ""
    where = ", ".join(word for word in (town["office"], town["address"], phone, town["hours"]) if word)
    return f"Une question ? {where}."


def _mentions(online: str | None) -> Sequence[str]:
    card = f"par carte bancaire sur {online}, " if online else ""
    return [
        f"Comment payer : {card}à la Régie en espèces, par chèque à l’ordre de la Régie, par CESU pour la garde, ou par virement.",
        "TVA non applicable. Facture de régie de recettes : ce n’est pas un titre exécutoire.",
        "Sans paiement à l’échéance, après une relance, la somme est transmise au comptable public pour son recouvrement.",
        "Pour contester cette facture ou demander un délai, écrivez à la Régie, au besoin par la messagerie du portail, avant l’échéance.",
    ]


def receipt_paper(
    entry: Mapping[str, Any], invoice: Mapping[str, Any], family: Mapping[str, Any], town: Mapping[str, Any]
) -> dict[str, Any]:
    """The data of ``receipt.typ``: `entry` is one payment of the invoice's row."""
    return {
        "town": town,
        "title": f"Reçu de paiement, facture {invoice['number']}",
        "family": family,
        "facts": [
            ["Reçu la somme de", euros(entry["cents"])],
            ["Le", day(entry["on"])],
            ["Par", MODES[entry["mode"]]],
            *([["Référence", entry["reference"]]] if entry["reference"] else []),
            ["Pour la facture", f"{invoice['number']}, {month(invoice['period'])}"],
            ["Reste à payer", euros(max(0, invoice["total_cents"] - invoice["paid_cents"]))],
            ["Dossier", family["number"]],
        ],
    }


def certificate_paper(
    year: int, children: Sequence[tuple[str, str, int]], family: Mapping[str, Any], town: Mapping[str, Any]
) -> dict[str, Any]:
    """The data of ``certificate.typ``; `children`: name, day of birth, care paid in cents."""
    return {
        "town": town,
        "title": f"Attestation fiscale {year}",
        "year": str(year),
        "family": family,
        "lines": [{"child": name, "born": day(born), "amount": euros(cents)} for name, born, cents in children],
        "total": euros(sum(cents for _, _, cents in children)),
    }
