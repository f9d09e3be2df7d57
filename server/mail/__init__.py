"""Mails to people: written in the transaction that decides, sent by the outbox."""
