"""Invoices and payments: the parents' views and the régie's."""

from server.invoices.routes import debits
from server.invoices.routes.agents import blueprint as agents_blueprint
from server.invoices.routes.parents import blueprint, cashier, invoice_mailer

__all__ = ["agents_blueprint", "blueprint", "cashier", "debits", "invoice_mailer"]
