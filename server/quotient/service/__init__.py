"""The quotient familial of a family: consent, requests, readings, and the prices that follow."""

from server.quotient.service.asking import (
    answer_consent,
    by_franceconnect,
    by_identity,
    record_by_hand,
    requests,
)
from server.quotient.service.recording import Reading, consenting, expire, publish, quotient_rows, record
from server.quotient.service.retrying import Retries

__all__ = [
    "Reading",
    "Retries",
    "answer_consent",
    "by_franceconnect",
    "by_identity",
    "consenting",
    "expire",
    "publish",
    "quotient_rows",
    "record",
    "record_by_hand",
    "requests",
]
