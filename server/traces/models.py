"""Who did what with a family's file, kept for as long as the law asks."""

from tortoise import fields
from tortoise.models import Model


class Trace(Model):
    """One thing an agent or the portal did with a family's file. The action is traced, never the data."""

    id = fields.BigIntField(primary_key=True)
    family = fields.CharField(max_length=40, db_index=True)
    account = fields.CharField(max_length=40, null=True, description="who, null: the portal by itself")
    name = fields.CharField(max_length=160, description="as the parent reads it")
    service = fields.CharField(max_length=40, null=True, description="an agent's service")
    what = fields.CharField(max_length=60, description="code of the action")
    detail = fields.CharField(max_length=200, description="about what: a field, a number, never a value")
    at = fields.BigIntField(db_index=True)

    class Meta:
        table = "trace"
