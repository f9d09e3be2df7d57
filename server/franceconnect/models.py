"""What must outlive one request of a sign-in through FranceConnect, and who is linked."""

from tortoise import fields
from tortoise.models import Model


class FranceConnectFlow(Model):
    """One trip to FranceConnect and back. Read once: the return takes it away."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the state")
    browser = fields.CharField(max_length=64, description="SHA-256 of the cookie of the browser that left")
    nonce = fields.CharField(max_length=80)
    verifier = fields.CharField(max_length=128, description="PKCE")
    purpose = fields.CharField(max_length=10, description="sign_in | link | quotient")
    account = fields.CharField(max_length=40, null=True, description="who was signed in when it began")
    family = fields.CharField(max_length=40, null=True)
    expires_at = fields.BigIntField()

    class Meta:
        table = "franceconnect_flow"


class FranceConnectLink(Model):
    """One person at FranceConnect is one account here, never two. Keyed by issuer and subject, never by e-mail."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of issuer and subject")
    account = fields.OneToOneField("portail.Account", related_name="franceconnect")
    issuer = fields.CharField(max_length=200)
    subject = fields.CharField(max_length=100)
    linked_at = fields.BigIntField()

    class Meta:
        table = "franceconnect_link"


class FranceConnectVisit(Model):
    """Somebody FranceConnect knows and the portal does not know yet, or whose session there can still be ended."""

    id = fields.CharField(primary_key=True, max_length=64, description="SHA-256 of the cookie of the browser")
    issuer = fields.CharField(max_length=200)
    subject = fields.CharField(max_length=100)
    given_name = fields.CharField(max_length=200)
    family_name = fields.CharField(max_length=200)
    email = fields.CharField(max_length=254, null=True)
    id_token = fields.TextField(description="raw, to end the session at FranceConnect")
    signed_in = fields.BooleanField(description="false: waits to be linked to a file")
    expires_at = fields.BigIntField()

    class Meta:
        table = "franceconnect_visit"
