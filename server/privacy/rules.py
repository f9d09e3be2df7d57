"""How long anything is kept. Pure. The table is a proposal for the town's data protection officer: docs/decisions."""

from dataclasses import dataclass
from datetime import date, timedelta

DAY = 86_400_000
ERASED = "Effacé"
THREADS_KEPT = 365 * DAY
FAMILY_DAYS = 365
INACTIVE_AFTER, FIRST_NOTICE, SECOND_NOTICE = 730 * DAY, 60 * DAY, 7 * DAY


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
    told: bool = True
    """False: of no interest to parents."""
    by_day: bool = False
    """The column is a day, YYYY-MM-DD."""


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
    Keeping("flows", "franceconnect_flow", "expires_at", 1, "Passages par FranceConnect", "Le temps du passage.", told=False),
    Keeping("visits", "franceconnect_visit", "expires_at", 1, "Sessions FranceConnect", "Le temps de la session.", told=False),
    Keeping(
        "consents", "consent", "at", 5 * 365, "Autorisations données ou retirées", "Cinq ans après leur fin, comme preuve.",
        "EXISTS (SELECT 1 FROM consent n WHERE n.account = consent.account AND n.purpose = consent.purpose AND n.id > consent.id)",
    ),
    Keeping("attendance", "attendance", "date", 730, "Présences notées", "Deux ans.", by_day=True),
    Keeping("bookings", "booking", "date", 730, "Réservations passées", "Deux ans : elles expliquent les factures.", by_day=True),
    Keeping("reports", "retention_report", "at", 1096, "Comptes rendus des effacements", "Trois ans.", told=False),
)  # fmt: skip
# Applied by the night too, in more than one statement: code, what, and why as parents read it.
STEPS = (
    ("threads", "Échanges avec les services", "Un an après le dernier message d’un échange clos, pièces jointes comprises."),
    ("care", "PAI (oui ou non)", "Jusqu’à la fin de l’année scolaire."),
    (
        "left", "Coordonnées, contacts, quotients du dossier",
        "Tant qu’un enfant est inscrit, puis une année scolaire ; plus longtemps s’il reste à payer.",
    ),
    ("warned", "Comptes sans visite : parents prévenus", "Deux mois avant, puis une semaine avant."),
    ("inactive", "Comptes sans visite : fermés", "Deux ans sans visite."),
)  # fmt: skip
# Said to parents, done by the features that hold them, or kept because the law says so.
ELSEWHERE = (
    ("Factures et paiements", "Dix ans : comptabilité publique."),
    ("Noms des adultes et des enfants", "Aussi longtemps que les factures qui les nomment."),
    ("Demandes d’inscription et leurs pièces", "Tant que vous êtes inscrit, puis une année scolaire."),
    ("Compte jamais activé", "Le lien vaut 24 heures ; la demande est effacée dans la semaine."),
)


def before(rule: Keeping, now: int) -> int:
    """Everything of a rule older than this instant goes."""
    return now - rule.days * DAY


def day_before(rule: Keeping, today: str) -> str:
    """The same for a column that holds days."""
    return days_before(today, rule.days)


def days_before(today: str, days: int) -> str:
    return (date.fromisoformat(today) - timedelta(days=days)).isoformat()


def school_year_is_over(today: str) -> bool:
    """The second half of August: what holds for one school year goes before the next begins."""
    return "08-15" <= today[5:] <= "08-31"


def inactive_step(seen: int, first: int | None, second: int | None, now: int) -> str | None:
    """What becomes of an account last used at `seen`: ``first`` or ``second`` notice, ``close``, or nothing yet.

    Notices from before the last visit do not count; each leaves its time, whenever the night came to it.
    """
    if now < seen + INACTIVE_AFTER - FIRST_NOTICE:
        return None
    if first is None or first < seen:
        return "first"
    if second is None or second < first:
        return "second" if now >= first + FIRST_NOTICE - SECOND_NOTICE else None
    return "close" if now >= second + SECOND_NOTICE else None
