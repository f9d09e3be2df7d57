"""How the régie invoices: the town's settings, ``[billing]`` of its town.toml."""

from typing import Annotated, Literal

import msgspec


class BillingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unticked: Literal["booked", "blocks"] = "booked"
    """A booked day that nobody ticked counts as booked, or blocks the month."""
    late_quotient: Literal["from_reading", "next_month", "unbilled", "credit"] = "from_reading"
    """A quotient that comes late counts from the day it was read, from the month after, for all that is not invoiced yet since its
    own month, or also, by credit note, for what is."""
    debit_notice_days: Annotated[int, msgspec.Meta(ge=2, le=60)] = 14
    """So many days before a direct debit the family reads of it; less than 14 must stand in the mandate."""
    agreed: Literal["ceiling", "follows"] = "ceiling"
    """What was agreed when booking is never exceeded, or the price follows the tariff and the quotient of the day."""
