"""Invoices: read by their families, paid by card or at the counter, made from a month of care."""

from server.invoices.service.announcing import InvoiceMailer, tell_soon_due
from server.invoices.service.checking import balance_checks, check_balances, nightly_check
from server.invoices.service.correcting import correct, credit, detail
from server.invoices.service.counter import at_counter, credit_of, use_credit
from server.invoices.service.debits import debit_file, debit_runs, debitable, first_day, make_run, reject, settle
from server.invoices.service.listing import bench, blocked, invoices, journal, remind, run
from server.invoices.service.mandates import add_mandate, mandates, revoke_mandate
from server.invoices.service.ordering import treasury_orders
from server.invoices.service.papers import Letterhead, certificate_pdf, invoice_pdf, receipt_pdf
from server.invoices.service.paying import Cashier, enter_money, payment_state
from server.invoices.service.printing import print_month
from server.invoices.service.reading import due, invoice_of, invoice_rows, publish
from server.invoices.service.regularising import regularise, to_regularise
from server.invoices.service.running import issue, month

__all__ = [
    "Cashier",
    "InvoiceMailer",
    "Letterhead",
    "add_mandate",
    "at_counter",
    "balance_checks",
    "bench",
    "blocked",
    "certificate_pdf",
    "check_balances",
    "correct",
    "credit",
    "credit_of",
    "debit_file",
    "debit_runs",
    "debitable",
    "detail",
    "due",
    "enter_money",
    "first_day",
    "invoice_of",
    "invoice_pdf",
    "invoice_rows",
    "invoices",
    "issue",
    "journal",
    "make_run",
    "mandates",
    "month",
    "nightly_check",
    "payment_state",
    "print_month",
    "publish",
    "receipt_pdf",
    "regularise",
    "reject",
    "remind",
    "revoke_mandate",
    "run",
    "settle",
    "tell_soon_due",
    "to_regularise",
    "treasury_orders",
    "use_credit",
]
