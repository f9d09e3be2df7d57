"""How long a sign-in lasts, and how failed attempts slow down."""

from ipaddress import ip_address, ip_network

DAY = 86_400_000
SESSION_LIFE = 30 * DAY
SHARED_SESSION_LIFE = DAY // 4
TOUCH_EVERY = 3_600_000
FORGET_FAILURES_AFTER = DAY
MINUTE = 60_000

FREE_FAILURES = {"account": 5, "address": 40}
LONGEST_BLOCK = 30 * MINUTE


def blocked_for(kind: str, failures: int) -> int:
    """Milliseconds to wait after the `failures`-th failure in a row: nothing at first, then 1, 2, 4 … 30 minutes.

    `kind` is ``account`` (somebody guesses one password) or ``address`` (somebody tries many accounts; a whole school
    may share one address, so it is patient).
    """
    over = failures - FREE_FAILURES[kind]
    return 0 if over < 0 else min(MINUTE << min(over, 6), LONGEST_BLOCK)


def throttled_address(address: str | None) -> str:
    """The part of a network address that one household or one attacker holds: an IPv4 address, an IPv6 /64."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ip_network(f"{parsed}/64", strict=False).network_address)
