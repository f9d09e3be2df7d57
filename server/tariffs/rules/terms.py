"""What a tariff says, as data: grids of amounts with their conditions, then what is added or taken off.

Amounts are whole cents; quotients are euros, with up to two decimals (a tax notice gives such ones). The same shape stands
in the town's files, in the database and in what an agent enters.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Label = Annotated[str, Meta(min_length=1, max_length=120)]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Cents = Annotated[int, Meta(ge=0, le=1_000_000)]
Euros = Annotated[float, Meta(ge=0, le=1_000_000)] | Annotated[int, Meta(ge=0, le=1_000_000)]
Rate = Annotated[str, Meta(pattern=r"^\d{1,3}(\.\d{1,6})?$")]
Percent = Annotated[int, Meta(ge=0, le=1000)]
Days = Annotated[tuple[Annotated[int, Meta(ge=1, le=31)], ...], Meta(min_length=1, max_length=2)]
Span = Annotated[tuple[Annotated[int, Meta(ge=1, le=12)], ...], Meta(min_length=1, max_length=2)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A misspelt key is refused, never ignored."""


class When(Part, frozen=True):
    """All that is said must hold; nothing said: always."""

    resident: bool | None = None
    ranks: Span | None = None
    """Of the child among its siblings, the eldest is 1: first and last rank; one number: that rank and further."""
    children: Span | None = None
    """How many children the file holds."""
    days: Days | None = None
    """How many days of the month the child is down for: packages by number of sessions."""
    traits: tuple[Code, ...] = ()
    """Of the child or the family: ``pai``, ``caf``, ``msa``, ``maternelle``, ``elementaire``…"""


class Bracket(Part, frozen=True, rename={"lower": "from", "upper": "to"}):
    """Quotients from ``lower`` (included) to ``upper`` (excluded; None: no end)."""

    label: Label
    lower: Euros
    cents: Cents
    upper: Euros | None = None


class Flat(Part, frozen=True, tag_field="method", tag="flat"):
    cents: Cents


class Brackets(Part, frozen=True, tag_field="method", tag="brackets"):
    brackets: tuple[Bracket, ...]


class Effort(Part, frozen=True, tag_field="method", tag="effort"):
    """A share of the quotient. ``rate_percent``: « 0.36 » means 0.36 %, so that 700 € pay 2.52 €."""

    rate_percent: Rate
    floor_cents: Cents = 0
    ceiling_cents: Cents | None = None


class Linear(Part, frozen=True, tag_field="method", tag="linear"):
    """Straight lines between points (quotient, cents); level before the first and after the last."""

    points: tuple[tuple[Euros, Cents], ...]


class Highest(Part, frozen=True, tag_field="method", tag="highest"):
    """The highest amount that a resident in the same situation could pay."""


Amount = Flat | Brackets | Effort | Linear | Highest


class Grid(Part, frozen=True):
    """The first grid whose condition holds gives the amount."""

    amount: Amount
    when: When = When()
    label: str = ""


class Supplement(Part, frozen=True):
    """Asked for besides: a snack, a breakfast, a lunch."""

    code: Code
    label: Label
    cents: Cents


class Change(Part, frozen=True):
    """A reduction or a surcharge: per cent of the price so far, or cents; then never below ``min_cents``."""

    label: Label
    percent: Annotated[int, Meta(ge=-100, le=1000)] = 0
    cents: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)] = 0
    min_cents: Cents = 0
    when: When = When()


class Subsidy(Part, frozen=True):
    """What a fund pays of each unit, for families that have the trait; never more than the price."""

    label: Label
    trait: Code
    cents: Cents


class Duration(Part, frozen=True):
    """The amounts are for ``minutes``; time is counted in begun steps."""

    minutes: Annotated[int, Meta(ge=1, le=1440)]
    step: Annotated[int, Meta(ge=1, le=1440)]
    least_minutes: Annotated[int, Meta(ge=0, le=1440)] = 0
    most_minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None


class Overrun(Part, frozen=True):
    """A child fetched late: ``cents`` for each begun ``step`` of minutes, once the grace is over."""

    step: Annotated[int, Meta(ge=1, le=120)]
    cents: Cents
    grace: Annotated[int, Meta(ge=0, le=120)] = 0


class Outcomes(Part, frozen=True):
    """Per cent of the price that is due when the child was not simply present, then what is added in cents."""

    excused: Percent = 0
    unexcused: Percent = 100
    unbooked: Percent = 100
    late: Percent = 100
    """Booked after the deadline, where a rule lets it."""
    unexcused_cents: Cents = 0
    unbooked_cents: Cents = 0
    waiting_days: Annotated[int, Meta(ge=0, le=10)] = 0
    """« Jours de carence »: so many first days of an excused absence are due as if the child had come."""


class Rounding(Part, frozen=True):
    """Once, at the end: ``half_up`` to the cent unless the council says otherwise."""

    mode: Literal["half_up", "up", "down"] = "half_up"
    to_cents: Annotated[int, Meta(ge=1, le=100)] = 1


class Terms(Part, frozen=True):
    """Everything that one council decision says about one price."""

    grids: Annotated[tuple[Grid, ...], Meta(min_length=1, max_length=60)]
    per: Literal["unit", "month", "period", "year"] = "unit"
    """``unit``: each booked day; else a package, due once for as many days as one likes."""
    ranks_among: Literal["enrolled", "family", "present"] = "enrolled"
    """Siblings in the same activity, all of the file's, or those who are there that very day."""
    duration: Duration | None = None
    supplements: tuple[Supplement, ...] = ()
    changes: tuple[Change, ...] = ()
    outcomes: Outcomes = Outcomes()
    subsidies: tuple[Subsidy, ...] = ()
    rounding: Rounding = Rounding()
    overrun: Overrun | None = None
    most_cents_a_month: Cents | None = None
    """What one child pays at most in a month for this price list."""
    unknown_cents: Cents | None = None
    """The amount without a quotient; None: the highest, as the guide says."""


def hundredths(euros: float) -> int:
    """A quotient in whole hundredths of a euro."""
    return round(euros * 100)


def traits_of(terms: Terms) -> list[str]:
    """The traits that its conditions ask about, in order."""
    said = [when.traits for when in _conditions(terms)]
    return sorted({trait for traits in said for trait in traits} | {one.trait for one in terms.subsidies})


def ranks_of(terms: Terms) -> range:
    """The ranks that its conditions tell apart: 1 … n, where n stands for « n-th and further »."""
    return range(1, _last(terms, "ranks") + 1)


def children_of(terms: Terms) -> range:
    return range(1, _last(terms, "children") + 1)


def day_steps(terms: Terms) -> list[int]:
    """The numbers of days from which a month is priced otherwise; [1] when days do not matter."""
    spans = [when.days for when in _conditions(terms) if when.days]
    return sorted({1, *(span[0] for span in spans), *(span[1] + 1 for span in spans if len(span) == 2 and span[1] < 31)})


def _conditions(terms: Terms) -> list[When]:
    return [*(grid.when for grid in terms.grids), *(change.when for change in terms.changes)]


def overrun_cents(terms: Terms, minutes: int) -> int:
    """What a child costs that was fetched so many minutes late."""
    if terms.overrun is None or minutes <= terms.overrun.grace:
        return 0
    return -(-minutes // terms.overrun.step) * terms.overrun.cents


def _last(terms: Terms, name: str) -> int:
    spans = [getattr(when, name) for when in _conditions(terms)]
    return max((span[0] if len(span) == 1 else span[1] + 1 for span in spans if span), default=1)
