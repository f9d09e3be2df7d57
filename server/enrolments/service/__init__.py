"""Inscription: asking, deciding, and what both sides read of it."""

from server.enrolments.service.asking import ask, give_papers, withdraw
from server.enrolments.service.catalogue import catalogue, open_rounds_of
from server.enrolments.service.deciding import ACTS, Act, Agent, act_on, enrol_at_the_desk
from server.enrolments.service.listing import one_request, requests
from server.enrolments.service.reading import request_rows
from server.enrolments.service.rounds import put_round

__all__ = [
    "ACTS",
    "Act",
    "Agent",
    "act_on",
    "ask",
    "catalogue",
    "enrol_at_the_desk",
    "give_papers",
    "one_request",
    "open_rounds_of",
    "put_round",
    "request_rows",
    "requests",
    "withdraw",
]
