from tortoise import fields
from tortoise.models import Model


class Invoice(Model):
    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="invoices", db_index=True)
    number = fields.CharField(max_length=30, unique=True)
    period = fields.CharField(max_length=7, description="YYYY-MM")
    issued_on = fields.CharField(max_length=10)
    due_on = fields.CharField(max_length=10)
    total_cents = fields.IntField()
    paid_cents = fields.IntField(default=0)
    paid_on = fields.CharField(max_length=10, null=True)

    class Meta:
        table = "invoice"


class InvoiceLine(Model):
    id = fields.CharField(primary_key=True, max_length=50)
    invoice = fields.ForeignKeyField("portail.Invoice", related_name="lines", db_index=True)
    position = fields.IntField()
    child = fields.CharField(max_length=40, null=True)
    label = fields.CharField(max_length=160)
    quantity = fields.IntField()
    unit_cents = fields.IntField()
    amount_cents = fields.IntField()

    class Meta:
        table = "invoice_line"
