"""Requests to be forgotten, and what the nightly purge did."""

from tortoise import fields
from tortoise.models import Model


class ErasureRequest(Model):
    """A parent asks that a family's file be erased, an agent answers with a reason."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.CharField(max_length=40, db_index=True)
    account = fields.CharField(max_length=40)
    state = fields.CharField(max_length=10, description="asked | done | refused")
    reason = fields.CharField(max_length=300, null=True, description="of a refusal, as the parent reads it")
    asked_at = fields.BigIntField()
    answered_at = fields.BigIntField(null=True)
    agent = fields.CharField(max_length=40, null=True)

    class Meta:
        table = "erasure_request"


class RetentionReport(Model):
    """What one night's purge removed, rule by rule."""

    id = fields.CharField(primary_key=True, max_length=10, description="the day, YYYY-MM-DD")
    lines = fields.TextField(description="JSON: rule to number of records")
    at = fields.BigIntField()

    class Meta:
        table = "retention_report"


class InactivityNotice(Model):
    """A parent who has not come for long was written to. Its id is the account."""

    id = fields.CharField(primary_key=True, max_length=40)
    first_at = fields.BigIntField(description="two months before the end")
    second_at = fields.BigIntField(null=True, description="a week before")

    class Meta:
        table = "inactivity_notice"
