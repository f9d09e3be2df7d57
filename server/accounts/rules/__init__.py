"""How long sign-ins and links last, how failed attempts slow down, and what a password must be."""

from ipaddress import ip_address, ip_network

from server.accounts.rules.passwords import AGENT_LENGTH, PARENT_LENGTH, normal, password_faults

__all__ = ["AGENT_LENGTH", "PARENT_LENGTH", "normal", "password_faults"]

DAY = 86_400_000
SESSION_LIFE = 30 * DAY
SHARED_SESSION_LIFE = DAY // 4
LONGEST_SESSION = 180 * DAY  # however often it is used: then the password again
FACTOR_WAITS = DAY // 96  # a quarter of an hour between the password and the second factor
LINK_LIVES = {"activate": DAY, "password": DAY // 24, "email": DAY}
TOUCH_EVERY = 3_600_000
FORGET_FAILURES_AFTER = DAY
MINUTE = 60_000

# What is counted, and how many failures are free before the waits begin. « dossier » is one dossier number, « asking » one
# mailbox or name that mails are asked for; a whole school may share one network address, so the kinds by address are patient.
FREE_FAILURES = {
    "account": 5, "address": 40, "factor": 5, "dossier": 6, "dossier_address": 20, "asking": 5, "asking_address": 40,
    "sign_up_address": 60,
}  # fmt: skip
LONGEST_BLOCK = 30 * MINUTE


def blocked_for(kind: str, failures: int) -> int:
    """Milliseconds to wait after the `failures`-th failure in a row: nothing at first, then 1, 2, 4 … 30 minutes.

    `kind` is a key of `FREE_FAILURES`: ``account`` (somebody guesses one password), ``address`` (somebody tries many).
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
