from tortoise import fields
from tortoise.models import Model


class Tariff(Model):
    """A dated price list of one or several units, with the council decision it rests on."""

    id = fields.CharField(primary_key=True, max_length=80)
    code = fields.CharField(max_length=40, db_index=True, description="several units may share one")
    version = fields.IntField()
    since = fields.CharField(max_length=10)
    until = fields.CharField(max_length=10, null=True)
    decision = fields.CharField(max_length=200)
    terms = fields.JSONField(description="grids, changes, supplements, subsidies, rounding: see rules/terms.py")

    waits = fields.BooleanField(null=True, description="its prices are not on the phones yet")
    agent = fields.CharField(max_length=160, null=True, description="who published it, null: the town files")
    made_at = fields.BigIntField(null=True)

    class Meta:
        table = "tariff"


class UnitTariff(Model):
    unit = fields.CharField(primary_key=True, max_length=60)
    tariff_code = fields.CharField(max_length=40)

    class Meta:
        table = "unit_tariff"
