"""Accounts on their way in: a sign-up step by step, what was accepted, invitations of a second parent."""

from tortoise import fields
from tortoise.models import Model


class SignUp(Model):
    """A sign-up that somebody began, each step saved before the next. Gone when it is finished, cancelled or two days old."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the secret in the browser's cookie")
    last_name = fields.CharField(max_length=80, null=True)
    first_name = fields.CharField(max_length=80, null=True)
    email = fields.CharField(max_length=254, null=True)
    username = fields.CharField(max_length=80, null=True)
    password_hash = fields.CharField(max_length=200, null=True, description="argon2id, encoded")
    file_number = fields.CharField(max_length=40, null=True, description="as it was typed")
    file_label = fields.CharField(max_length=120, null=True, description="as it was typed")
    file_email = fields.CharField(max_length=254, null=True)
    family = fields.CharField(max_length=40, null=True, description="the dossier that number and name lead to")
    terms_version = fields.CharField(max_length=20, null=True)
    terms_at = fields.BigIntField(null=True)
    privacy_version = fields.CharField(max_length=20, null=True)
    privacy_at = fields.BigIntField(null=True)
    account = fields.ForeignKeyField("portail.Account", related_name="sign_ups", null=True, db_index=True)
    mails = fields.IntField(default=0, description="activation mails asked for")
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "sign_up"


class Acceptance(Model):
    """Which version of the town's conditions an account accepted, and when. Never changed, only added to."""

    id = fields.BigIntField(primary_key=True)
    account = fields.ForeignKeyField("portail.Account", related_name="acceptances", db_index=True)
    text = fields.CharField(max_length=20, description="terms | privacy")
    version = fields.CharField(max_length=20)
    accepted_at = fields.BigIntField()

    class Meta:
        table = "acceptance"


class Invitation(Model):
    """A code that lets a second adult into a dossier, once."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the code")
    family = fields.ForeignKeyField("portail.Family", related_name="invitations", db_index=True)
    account = fields.ForeignKeyField("portail.Account", related_name="invitations", db_index=True)
    email = fields.CharField(max_length=254)
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    used_by = fields.CharField(max_length=40, null=True)
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "invitation"
