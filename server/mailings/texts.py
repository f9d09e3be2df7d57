"""A group in words, as its agents read it again later."""

from server.mailings.rules import Audience


def in_words(audience: Audience, activity: str | None, school: str | None) -> str:
    """`activity`, `school`: their names."""
    parts = []
    if audience.activity:
        parts.append(f"inscrits à {activity or audience.activity}")
    if audience.school:
        parts.append(f"école {school or audience.school}")
    if audience.date:
        year, month, day = audience.date.split("-")
        parts.append(f"réservés le {day}/{month}/{year}")
    if audience.unpaid:
        parts.append("facture échue non payée")
    return ", ".join(parts)[:300]
