"""A service writes to a family first, on a subject of its own."""

from zoneinfo import ZoneInfo

from server.database import Transaction
from server.messages import models, rules
from server.messages.service.rows import Rows, rows_of
from server.traces.service import Who


async def write_first(
    tx: Transaction, family: str, service: str, thread: str, message: str, subject: str, body: str, needs_answer: bool, who: Who, now: int,
    zone: ZoneInfo,
) -> tuple[str, Rows]:  # fmt: skip
    """Begins a thread with the service's message; its number, and the rows of the family's devices.

    A thread that waits for no answer is closed already: it does not fill the inbox, and the family's answer opens it again.
    """
    number = rules.number_of(thread, now)
    await models.add_thread(tx, (thread, family, service, number, subject, None, not needs_answer, needs_answer, now, now, 0, now))
    await models.add_message(tx, message, thread, "town", who.account or "", who.name, body, now)
    found = await models.thread(tx, thread)
    assert found is not None
    return number, await rows_of(tx, found, zone, message)
