"""Who may sign in. Instants are UTC milliseconds since 1970, here and in every table."""

from tortoise import fields
from tortoise.models import Model


class Account(Model):
    """A person who signs in: a parent, or an agent of the town."""

    id = fields.CharField(primary_key=True, max_length=40)
    username = fields.CharField(max_length=80, unique=True, description="lower case")
    password_hash = fields.CharField(max_length=200, description="argon2id, encoded")
    role = fields.CharField(max_length=10, description="parent | agent")
    name = fields.CharField(max_length=160)
    email = fields.CharField(max_length=254, null=True)
    service = fields.CharField(max_length=40, null=True, description="an agent's service")
    created_at = fields.BigIntField()

    class Meta:
        table = "account"


class Session(Model):
    """One signed-in browser. Deleting the row signs it out."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the cookie's secret")
    account = fields.ForeignKeyField("portail.Account", related_name="sessions", db_index=True)
    device = fields.CharField(max_length=40, null=True, db_index=True)
    agent = fields.CharField(max_length=200, description="what the browser calls itself")
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "session"


class LoginThrottle(Model):
    """Failed sign-ins of one account name or one network address, shared by all server processes."""

    key = fields.CharField(primary_key=True, max_length=120, description="account:<username> | address:<prefix>")
    failures = fields.IntField()
    blocked_until = fields.BigIntField()
    forget_at = fields.BigIntField()

    class Meta:
        table = "login_throttle"
