"""Échange avec les services: what families write, what agents answer, and who has read it.

Messages are only ever added. A thread belongs to one family and one service; the other parent of a shared child, and agents of
other services, do not see it. Everything that changes a thread takes its lock first: the order of messages and who has seen which
are then the same on every screen, whoever writes at the same moment.
"""

from server.messages.service.answers import drop_answer, save_answer, saved_answers
from server.messages.service.desk import Reply, annotate, assign, conversation, inbox, reply, set_closed, transfer, waiting
from server.messages.service.rows import message_rows
from server.messages.service.writing import close, read, send

__all__ = [
    "Reply", "annotate", "assign", "close", "conversation", "drop_answer", "inbox", "message_rows", "read", "reply", "save_answer",
    "saved_answers", "send", "set_closed", "transfer", "waiting",
]  # fmt: skip
