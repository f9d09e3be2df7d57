"""Why there is no quotient, in the words of a parent, and of an agent."""

PARENT = {
    "not_found": "La CAF et la MSA n’ont pas trouvé de quotient familial à votre nom. Si vous êtes allocataire, "
    "apportez une attestation au service ; sinon le tarif le plus élevé s’applique.",
    "form": "Votre état civil n’a pas pu être lu par la CAF. Le service va le vérifier avec vous.",
    "refused": "La ville ne peut pas interroger la CAF pour l’instant. Votre demande est transmise au service.",
    "throttled": "La CAF reçoit trop de demandes. Votre demande est transmise au service, qui la refera.",
    "later": "La CAF ne répond pas. Votre demande est transmise au service, qui la refera.",
    "unreadable": "La réponse de la CAF n’a pas pu être lue. Votre demande est transmise au service.",
}
AGENT = {
    "not_found": "Aucun dossier trouvé avec cet état civil : vérifiez-le, ou demandez une attestation à la famille.",
    "form": "L’API refuse cet état civil ({code}) : un champ manque ou ne convient pas.",
    "refused": "L’habilitation de la ville est refusée ({code}) : prévenez l’administrateur du portail.",
    "throttled": "Trop de demandes en ce moment. Le portail redemande tout seul dans {wait} s : rien à refaire.",
    "later": "La CAF ou la MSA ne répond pas ({code}). Le portail redemande tout seul pendant un quart d’heure : rien à refaire.",
    "unreadable": "La réponse ne donne pas de quotient sûr ({code}). Lisez-le dans CDAP ou sur une attestation.",
}
