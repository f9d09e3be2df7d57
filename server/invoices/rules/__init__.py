"""Invoices, what is paid of them, and how they are made from a month of care."""

from server.invoices.rules.billing import Charge, Draft, drafts, due_date
from server.invoices.rules.correcting import current, differences
from server.invoices.rules.paying import Asked, Finding, after, next_check, split
from server.invoices.rules.quotients import Known, begins, quotient_on
from server.invoices.rules.reading import amount, invoice_body, invoice_number, total
from server.invoices.rules.settings import BillingRules

__all__ = [
    "Asked",
    "BillingRules",
    "Charge",
    "Draft",
    "Finding",
    "Known",
    "after",
    "amount",
    "begins",
    "current",
    "differences",
    "drafts",
    "due_date",
    "invoice_body",
    "invoice_number",
    "next_check",
    "quotient_on",
    "split",
    "total",
]
