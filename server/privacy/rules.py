"""How long anything is kept. Pure. The table is a proposal for the town's data protection officer: docs/decisions."""

from dataclasses import dataclass

DAY = 86_400_000


@dataclass(frozen=True)
class Keeping:
    """`table` rows whose `column` is older than `days` go; `only` narrows them. `why`: as parents read it."""

    code: str
    table: str
    column: str
    days: int
    what: str
    why: str
    only: str = ""


RETENTION = (
    Keeping(
        "traces", "trace", "at", 365, "Journal des accès à votre dossier", "Un an, comme le conseille la CNIL.",
        "what NOT LIKE 'quotient.%'",
    ),
    Keeping(
        "quotient_traces", "trace", "at", 1096, "Journal des demandes de quotient à la CAF", "36 mois : règle d’API Particulier.",
        "what LIKE 'quotient.%'",
    ),
    Keeping(
        "changes", "family_change", "decided_at", 365, "Modifications vérifiées par la ville", "Un an après la réponse.",
        "state <> 'pending'",
    ),
    Keeping(
        "quotients", "quotient_reading", "made_at", 900, "Quotients familiaux qui ne comptent plus",
        "Leur durée de validité, puis un an : ils expliquent les factures.", "ended_on IS NOT NULL",
    ),
    Keeping("flows", "franceconnect_flow", "expires_at", 1, "Passages par FranceConnect", "Le temps du passage."),
    Keeping("visits", "franceconnect_visit", "expires_at", 1, "Sessions FranceConnect", "Le temps de la session."),
    Keeping("reports", "retention_report", "at", 1096, "Comptes rendus des effacements", "Trois ans."),
)  # fmt: skip
# Said to parents, done by the features that hold them or by the closing of a file.
ELSEWHERE = (
    ("Factures et paiements", "Dix ans : comptabilité publique."),
    ("Dossier, réservations, inscriptions et leurs pièces", "Tant que vous êtes inscrit, puis une année scolaire."),
    ("PAI et régime alimentaire", "Jusqu’à la fin de l’année scolaire."),
    ("Autorisations données ou retirées", "Tant qu’elles servent de preuve : cinq ans après leur fin."),
    ("Compte jamais activé", "Le lien vaut 24 heures ; la demande est effacée dans la semaine."),
)


def before(rule: Keeping, now: int) -> int:
    """Everything of a rule older than this instant goes."""
    return now - rule.days * DAY
