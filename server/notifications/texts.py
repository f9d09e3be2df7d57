"""What a notification says. On a locked screen anybody reads it: no name, no amount, no child, unless its owner chose so."""

from dataclasses import dataclass

TOPIC_NAMES = {
    "news": "Actualités",
    "messages": "Messages des services",
    "answers": "Réponses à mes demandes",
    "invoices": "Factures",
    "deadlines": "Délais qui approchent",
    "places": "Places libérées",
    "custody": "Jours de l’autre parent",
}

GENERIC = {
    "news": ("Une actualité de la ville", "Ouvrez le portail pour la lire."),
    "messages": ("Nouveau message de la mairie", "Un service vous a écrit."),
    "answers": ("La mairie a répondu", "Une de vos demandes a reçu sa réponse."),
    "invoices": ("Une facture vous attend", "Ouvrez le portail pour la voir."),
    "deadlines": ("Un délai se termine bientôt", "Il reste peu de temps pour réserver ou annuler."),
    "places": ("Une place s’est libérée", "Elle vous est gardée peu de temps : répondez dans le portail."),
    "custody": ("Garde alternée", "L’autre parent vous demande un jour, ou vous a répondu. Ouvrez le portail."),
}

TEST = ("Essai réussi", "Les notifications arrivent bien sur cet appareil.")


@dataclass(frozen=True)
class Words:
    """A title, a sentence and the page that a click opens."""

    title: str
    body: str
    page: str


def words(topic: str, page: str, detail: str | None, detailed: bool, generic: tuple[str, str] | None = None) -> Words:
    """`detail` is shown only to those who chose to see it on their locked screen."""
    title, body = generic or GENERIC[topic]
    return Words(title, detail if detailed and detail else body, page)
