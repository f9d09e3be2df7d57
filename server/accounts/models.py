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
    pending_since = fields.BigIntField(null=True, description="not null: waits for the click in its activation mail")

    class Meta:
        table = "account"


class Session(Model):
    """One signed-in browser. Deleting the row signs it out."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the cookie's secret")
    account = fields.ForeignKeyField("portail.Account", related_name="sessions", db_index=True)
    device = fields.CharField(max_length=40, null=True, db_index=True)
    agent = fields.CharField(max_length=200, description="what the browser calls itself")
    awaits_factor = fields.BooleanField(default=False, description="the password was right, the second factor is still to come")
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    revoked = fields.BooleanField(null=True, description="its device was ended: signs nobody in, but is told so")

    class Meta:
        table = "session"


class LoginThrottle(Model):
    """Failed attempts of one account name, one dossier or one network address, shared by all server processes."""

    key = fields.CharField(primary_key=True, max_length=120, description="<kind>:<what>, the kinds stand in rules.FREE_FAILURES")
    failures = fields.IntField()
    blocked_until = fields.BigIntField()
    forget_at = fields.BigIntField()

    class Meta:
        table = "login_throttle"


class OneTimeLink(Model):
    """A link sent by mail. Its secret is only in the mail: this table holds what the secret hashes to."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the secret")
    account = fields.ForeignKeyField("portail.Account", related_name="links", db_index=True)
    purpose = fields.CharField(max_length=10, description="activate | password | email")
    email = fields.CharField(max_length=254, null=True, description="the new address, for purpose email")
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "one_time_link"


class SecondFactor(Model):
    """An authenticator app of an agent (TOTP, RFC 6238)."""

    id = fields.CharField(primary_key=True, max_length=40, description="the account: it has one at most")
    account = fields.ForeignKeyField("portail.Account", related_name="second_factors", db_index=True)
    secret = fields.CharField(max_length=64, description="base32")
    confirmed_at = fields.BigIntField(null=True)
    last_step = fields.BigIntField(default=0, description="the time step of the last code taken: no code is taken twice")

    class Meta:
        table = "second_factor"


class Passkey(Model):
    """The public half of a key that lives in somebody's telephone, computer or key ring (WebAuthn)."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the credential id")
    account = fields.ForeignKeyField("portail.Account", related_name="passkeys", db_index=True)
    credential = fields.TextField(description="the credential id, base64url")
    public_key = fields.TextField(description="COSE, base64url")
    sign_count = fields.BigIntField(description="a lower one than the last was made by a copy of the key")
    name = fields.CharField(max_length=60)
    created_at = fields.BigIntField()
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "passkey"


class PasskeyChallenge(Model):
    """A question that waits for the signature of a passkey, once, for five minutes."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the challenge")
    purpose = fields.CharField(max_length=10, description="sign_in | add | factor")
    session = fields.CharField(max_length=64, null=True, description="whose answer counts, null: anybody who signs in")
    expires_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "passkey_challenge"
