"""How long sign-ins and links last, how failed attempts slow down, and what a password must be."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

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
FRESH = 15 * MINUTE  # who has no password signed in this lately before they change how they sign in
CHALLENGE_LIFE = 5 * MINUTE
MOST_PASSKEYS = 10

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


def passkey_site(public_url: str) -> tuple[str, str] | None:
    """The name that passkeys are bound to, and the one address they work at (WebAuthn knows no addresses in digits).

    ``https://famille.ville.fr`` → ``("famille.ville.fr", "https://famille.ville.fr")``; a demo on 127.0.0.1 has them at localhost;
    None: nowhere.
    """
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        digits = ip_address(host)
    except ValueError:
        return host, public_url
    port = f":{parts.port}" if parts.port else ""
    return ("localhost", f"{parts.scheme}://localhost{port}") if digits.is_loopback else None


def throttled_address(address: str | None) -> str:
    """The part of a network address that one household or one attacker holds: an IPv4 address, an IPv6 /64."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ip_network(f"{parsed}/64", strict=False).network_address)
