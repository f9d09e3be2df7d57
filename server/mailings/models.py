"""A message of a service to a group of families, and what became of it for each."""

from tortoise import fields
from tortoise.models import Model


class Mailing(Model):
    """Its id is made by the page that asks for it: asking again sends nothing twice."""

    id = fields.CharField(primary_key=True, max_length=40)
    service = fields.CharField(max_length=40, db_index=True)
    account = fields.CharField(max_length=40)
    author = fields.CharField(max_length=160)
    subject = fields.CharField(max_length=120)
    body = fields.TextField()
    needs_answer = fields.BooleanField(default=False)
    audience = fields.CharField(max_length=300, description="in words, as the agent chose it")
    state = fields.CharField(max_length=10, description="sending | done | stopped")
    created_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)

    class Meta:
        table = "mailing"


class MailingFamily(Model):
    """One family of a group. Its thread is begun in the transaction that sets sent_at."""

    id = fields.CharField(primary_key=True, max_length=90, description="<mailing>.<family>")
    mailing = fields.ForeignKeyField("portail.Mailing", related_name="families", db_index=True)
    family = fields.CharField(max_length=40)
    reached_by = fields.CharField(max_length=10, null=True, description="push | mail | portal | nobody")
    sent_at = fields.BigIntField(null=True)

    class Meta:
        table = "mailing_family"
