"""Consents are only ever added: the last answer holds, the earlier ones prove what held before."""

from tortoise import fields
from tortoise.models import Model


class Consent(Model):
    """One answer of one person to one question, with the exact text they read."""

    id = fields.BigIntField(primary_key=True)
    account = fields.CharField(max_length=40, db_index=True)
    purpose = fields.CharField(max_length=20, description="quotient | photos")
    given = fields.BooleanField()
    text_version = fields.CharField(max_length=20)
    text_hash = fields.CharField(max_length=64, description="SHA-256 of the text as it was shown")
    channel = fields.CharField(max_length=20, description="portal | counter | paper")
    recorded_by = fields.CharField(max_length=40, null=True, description="the agent, when it was given at the counter")
    at = fields.BigIntField()

    class Meta:
        table = "consent"
