"""How many mails a mailbox got lately."""

from tortoise import fields
from tortoise.models import Model

from server.database import Transaction


class MailSent(Model):
    """One mail handed over. The mailbox is a hash: this table tells nobody whom we write to."""

    id = fields.BigIntField(primary_key=True)
    mailbox = fields.CharField(max_length=64, description="SHA-256 of the address", db_index=True)
    at = fields.BigIntField()

    class Meta:
        table = "mail_sent"


async def note(tx: Transaction, mailbox: str, now: int, keep_since: int, count_since: int) -> int:
    """Notes one mail and returns how many this mailbox got since `count_since`, this one included."""
    if tx.dialect == "postgresql":
        # Mails to one mailbox leave side by side: each must see the others counted.
        await tx.run("SELECT pg_advisory_xact_lock(hashtext(?))", f"mailbox {mailbox}")
    await tx.run("DELETE FROM mail_sent WHERE at < ?", keep_since)
    await tx.run("INSERT INTO mail_sent (mailbox, at) VALUES (?, ?)", mailbox, now)
    found = await tx.one("SELECT COUNT(*) AS n FROM mail_sent WHERE mailbox = ? AND at > ?", mailbox, count_since)
    assert found is not None
    return int(found["n"])
