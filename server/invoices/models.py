"""Invoices, and the ledger that says what was paid. What was issued or entered is never changed: it is corrected by another entry."""

from tortoise import fields
from tortoise.models import Model


class Invoice(Model):
    """An issued invoice, or a credit note. What is paid of it is the sum of its ledger entries."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="invoices", db_index=True)
    number = fields.CharField(max_length=30, unique=True)
    kind = fields.CharField(max_length=10, default="invoice", description="invoice | credit")
    corrects = fields.CharField(
        max_length=40, null=True, db_index=True, description="the invoice that a credit note, or a corrective invoice, puts right"
    )
    reason = fields.CharField(max_length=200, null=True)
    source = fields.CharField(max_length=100, null=True, unique=True, description="what it was made from: never invoiced twice")
    period = fields.CharField(max_length=7, db_index=True, description="YYYY-MM")
    issued_on = fields.CharField(max_length=10)
    due_on = fields.CharField(max_length=10)
    total_cents = fields.IntField()
    reminded_on = fields.CharField(max_length=10, null=True, description="the day of the last reminder")
    due_told_at = fields.BigIntField(null=True, description="when its family was told that it is soon due")

    class Meta:
        table = "invoice"


class InvoiceLine(Model):
    id = fields.CharField(primary_key=True, max_length=50)
    invoice = fields.ForeignKeyField("portail.Invoice", related_name="lines", db_index=True)
    position = fields.IntField()
    child = fields.CharField(max_length=40, null=True)
    unit = fields.CharField(max_length=60, null=True, description="what was booked, null: entered by hand")
    label = fields.CharField(max_length=160)
    category = fields.CharField(max_length=20, null=True, description="of the activity: care, meal…")
    quantity = fields.IntField()
    unit_cents = fields.IntField()
    amount_cents = fields.IntField()
    days = fields.JSONField(null=True, description="the days that are invoiced")
    why = fields.JSONField(null=True, description="the reasons of the unit price")

    class Meta:
        table = "invoice_line"


class InvoiceCounter(Model):
    """The last number given: moved in the transaction that issues, so that no number is lost or given twice."""

    id = fields.CharField(primary_key=True, max_length=60, description="<regie>:<year>")
    last_number = fields.IntField()

    class Meta:
        table = "invoice_counter"


class LedgerEntry(Model):
    """Money that came in or was given back. Append-only: a mistake is undone by the opposite entry."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="ledger", db_index=True)
    invoice = fields.ForeignKeyField("portail.Invoice", related_name="ledger", null=True, db_index=True, description="null: credit")
    cents = fields.IntField(description="what it takes off the balance, negative when it undoes another")
    mode = fields.CharField(max_length=12, description="card | cash | cheque | cesu | transfer | debit | credit")
    paid_on = fields.CharField(max_length=10, db_index=True)
    reference = fields.CharField(max_length=80, null=True)
    source = fields.CharField(max_length=100, unique=True, description="what it comes from: the same is never entered twice")
    agent = fields.CharField(max_length=40, null=True)
    entered_at = fields.BigIntField()

    class Meta:
        table = "ledger_entry"


class CardPayment(Model):
    """One try to pay one invoice by card. Only the bank's own answer moves it on."""

    id = fields.CharField(primary_key=True, max_length=40)
    invoice = fields.ForeignKeyField("portail.Invoice", related_name="card_payments", db_index=True)
    family = fields.ForeignKeyField("portail.Family", related_name="card_payments", db_index=True)
    account = fields.CharField(max_length=40)
    cents = fields.IntField()
    state = fields.CharField(max_length=10, description="see rules/paying.py")
    active = fields.CharField(max_length=40, null=True, unique=True, description="the invoice while it may still be paid")
    refdet = fields.CharField(max_length=30, unique=True)
    idop = fields.CharField(max_length=80, null=True, unique=True)
    form = fields.TextField(null=True, description="JSON of what the browser posts to the bank, where it has no page to be opened")
    authorisation = fields.CharField(max_length=40, null=True)
    created_at = fields.BigIntField()
    checked_at = fields.BigIntField(null=True)
    check_at = fields.BigIntField(null=True, db_index=True, description="when to ask the bank again, null: never")
    checks = fields.IntField(default=0)
    ended_at = fields.BigIntField(null=True)

    class Meta:
        table = "card_payment"


class BalanceCheck(Model):
    """What one check of all balances found."""

    id = fields.BigIntField(primary_key=True)
    at = fields.BigIntField(db_index=True)
    invoices = fields.IntField()
    entries = fields.IntField()
    mended = fields.IntField(description="rows that devices held wrong")
    wrong = fields.IntField()
    said = fields.TextField(description="JSON: sentences")

    class Meta:
        table = "balance_check"


class Mandate(Model):
    """A family lets the town debit an account (SEPA). The number of the account is sealed: only the file for the bank holds it."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="mandates", db_index=True)
    reference = fields.CharField(max_length=35, unique=True, description="RUM")
    holder = fields.CharField(max_length=70)
    sealed_iban = fields.TextField()
    shown_iban = fields.CharField(max_length=20, description="its country and its last four signs")
    bic = fields.CharField(max_length=11, null=True)
    signed_on = fields.CharField(max_length=10)
    active = fields.CharField(max_length=40, null=True, unique=True, description="the family while it holds: one at a time")
    revoked_on = fields.CharField(max_length=10, null=True)
    agent = fields.CharField(max_length=40)
    made_at = fields.BigIntField()

    class Meta:
        table = "mandate"


class DebitRun(Model):
    """What is sent to the bank at once, to be debited on one day."""

    id = fields.CharField(primary_key=True, max_length=35, description="the MsgId of the file")
    collect_on = fields.CharField(max_length=10)
    settled_on = fields.CharField(max_length=10, null=True)
    agent = fields.CharField(max_length=40)
    made_at = fields.BigIntField()

    class Meta:
        table = "debit_run"


class Debit(Model):
    """One invoice debited once. Rejected by the bank, before or after it was counted as paid, it leaves the invoice due."""

    id = fields.CharField(primary_key=True, max_length=35, description="the EndToEndId of the file")
    run = fields.ForeignKeyField("portail.DebitRun", related_name="debits", db_index=True)
    mandate = fields.ForeignKeyField("portail.Mandate", related_name="debits", db_index=True)
    invoice = fields.ForeignKeyField("portail.Invoice", related_name="debits", db_index=True)
    cents = fields.IntField()
    sequence = fields.CharField(max_length=4, description="FRST | RCUR")
    state = fields.CharField(max_length=10, description="sent | paid | rejected")
    active = fields.CharField(max_length=40, null=True, unique=True, description="the invoice while the bank may still debit it")
    reason = fields.CharField(max_length=10, null=True, description="ISO 20022 code of a rejection, as AM04")
    rejected_on = fields.CharField(max_length=10, null=True)

    class Meta:
        table = "debit"
