"""Readings of the quotient familial, and the requests that wait for an agent."""

from tortoise import fields
from tortoise.models import Model


class QuotientReading(Model):
    """One value that the town read somewhere. family.quotient repeats the one in force, for the prices."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="quotient_readings", db_index=True)
    value = fields.IntField(description="euros")
    source = fields.CharField(max_length=20, description="CAF | MSA | tax_notice")
    channel = fields.CharField(max_length=20, description="franceconnect | identity | cdap | certificate | import")
    month = fields.CharField(max_length=7, null=True, description="the month it is for, YYYY-MM")
    computed = fields.CharField(max_length=7, null=True, description="the month it was computed in, YYYY-MM")
    read_on = fields.CharField(max_length=10)
    until = fields.CharField(max_length=10, description="last day on which it decides a price")
    ended_on = fields.CharField(max_length=10, null=True, description="ended earlier, on this day")
    ended_why = fields.CharField(max_length=20, null=True, description="replaced | withdrawn | expired")
    agent = fields.CharField(max_length=40, null=True, description="who recorded it, null: the parent through FranceConnect")
    account = fields.CharField(max_length=40, null=True, description="whose consent it rests on")
    request_id = fields.CharField(max_length=80, null=True, description="X-Request-ID of the answer")
    made_at = fields.BigIntField()

    class Meta:
        table = "quotient_reading"


class QuotientRequest(Model):
    """A parent allowed the town to ask: an agent checks the identity and asks. One per family while it waits."""

    id = fields.CharField(primary_key=True, max_length=40, description="the family")
    family = fields.OneToOneField("portail.Family", related_name="quotient_request")
    account = fields.CharField(max_length=40)
    state = fields.CharField(max_length=20, description="asked | retrying | not_found | failed")
    code = fields.CharField(max_length=20, null=True, description="the error of the last attempt")
    asked_at = fields.BigIntField()
    tried_at = fields.BigIntField(null=True)

    class Meta:
        table = "quotient_request"
