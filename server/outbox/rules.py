"""How long to wait after a failure, and when to give up."""

SECOND = 1000
LEASE = 120 * SECOND
SHORT_LEASE = 45 * SECOND
"""Of kinds that are done many at a time: twice as long as such a round can take."""
MOST_ATTEMPTS = 12
LONGEST_WAIT = 6 * 3600 * SECOND


def wait_after(attempts: int) -> int | None:
    """Milliseconds before the next try after the `attempts`-th failure: 5 s, 10 s, 20 s … 6 h; None: given up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return min(5 * SECOND << (attempts - 1), LONGEST_WAIT)
