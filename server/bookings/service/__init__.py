"""Booking, cancelling, waiting, confirming: what the commands of a parent do to the places of the town.

Every function runs inside the transaction of one command. Locks are taken in one order for everybody: children, place
pools, scopes (the last by `syncing`), each sorted by id. A refusal is an outcome with a code, never an exception.
"""

from server.bookings.service.asking import book, join_waiting_list
from server.bookings.service.ending import cancel, confirm, expire_holds, leave_waiting_list
from server.bookings.service.levels import publish_levels
from server.bookings.service.reminding import remind
from server.bookings.service.repricing import follow_tariffs
from server.bookings.service.rows import booking_rows, changed_rows, enrolment_rows, own_bookings

__all__ = [
    "book",
    "booking_rows",
    "cancel",
    "changed_rows",
    "confirm",
    "enrolment_rows",
    "expire_holds",
    "follow_tariffs",
    "join_waiting_list",
    "leave_waiting_list",
    "own_bookings",
    "publish_levels",
    "remind",
]
