"""What a family reads in a notification or a mail about a request. The child's first name is for mails and for who chose details."""

ANSWERS = {
    "accepted": "{child} : inscription acceptée, {round}.",
    "refused": "{child} : inscription refusée, {round}. {reason}",
    "waiting": "{child} : liste d’attente, {round}.",
    "missing": "{child} : une pièce manque, {round}. {reason}",
    "ended": "{child} : l’inscription a pris fin, {round}. {reason}",
}
NO_PLACE = "il n’y a plus de place dans ce groupe"
NOT_OF_THIS_GROUP = "l’enfant n’est pas de l’âge ou de la classe de ce groupe"
ENROLLED = "l’enfant est déjà inscrit"
ASKED = "une demande est déjà en cours pour cet enfant"
NOT_COMPLETE = "il manque une pièce demandée"


def answer(state: str, child: str, round_name: str, reason: str | None) -> str:
    return ANSWERS[state].format(child=child, round=round_name, reason=reason or "").strip()
