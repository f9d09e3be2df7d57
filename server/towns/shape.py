"""The shape of a town's files, as written by a town: see server/towns/vigneux/ for an example with comments."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.activities.rules import RulePair
from server.invoices.rules import BillingRules
from server.tariffs.rules import Terms

Code = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=30)]
Text = Annotated[str, Meta(min_length=1)]
Colour = Annotated[str, Meta(pattern="^#[0-9a-f]{6}$")]
Hour = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Cents = Annotated[int, Meta(ge=0, le=100_000)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Grade = Literal["PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A misspelt key is refused, never ignored."""


class Colours(Part, frozen=True):
    brand: Colour
    accent: Colour
    ground: Colour


class Texts(Part, frozen=True):
    tagline: Text
    demo_banner: Text
    contact: Text
    meals: Text


class Period(Part, frozen=True, rename={"starts_on": "from", "ends_on": "to"}):
    kind: Literal["school_holiday", "public_holiday", "bridge"]
    name: Text
    starts_on: Day
    ends_on: Day


class Year(Part, frozen=True):
    year: Annotated[int, Meta(ge=2020, le=2100)]
    starts_on: Day
    ends_on: Day
    school_zone: Literal["A", "B", "C"]
    periods: list[Period] = []


class Identity(Part, frozen=True):
    """town.toml"""

    code: Code
    name: Text
    short: Text
    postcode: Annotated[str, Meta(pattern=r"^\d{5}$")]
    crest: Annotated[str, Meta(min_length=1, max_length=3)]
    time_zone: str
    demo: bool
    colours: Colours
    texts: Texts
    year: Year
    billing: BillingRules = BillingRules()


class LegalSection(Part, frozen=True):
    title: Text
    paragraphs: Annotated[list[Text], Meta(min_length=1)]


class LegalText(Part, frozen=True):
    version: Annotated[str, Meta(pattern="^[0-9a-z.-]{1,20}$")]
    title: Text
    accept: Text
    sections: Annotated[list[LegalSection], Meta(min_length=1)]


class Legal(Part, frozen=True):
    """legal.toml: what somebody accepts who makes an account."""

    terms: LegalText
    privacy: LegalText


class Service(Part, frozen=True):
    code: Code
    name: Text
    phones: list[tuple[str, str]]
    hours: Text
    address: str | None = None


class Place(Part, frozen=True):
    code: Code
    name: Text
    kind: Literal["school", "centre", "studio", "gym"]
    address: str | None = None
    grades: list[Grade] = []
    centre: Code | None = None
    """The leisure centre that takes the pupils of this school."""


class Directory(Part, frozen=True):
    """services.toml"""

    services: list[Service]
    places: list[Place]


class Activity(Part, frozen=True):
    code: Code
    service: Code
    name: Text
    category: Literal["care", "homework", "leisure", "holiday", "culture", "sport", "meal"]
    text: Text
    bookable: bool = True


class Pool(Part, frozen=True):
    code: Code
    capacity: dict[Code, Annotated[int, Meta(ge=1)] | Literal["unlimited"]]


class Unit(Part, frozen=True):
    code: Code
    activity: Code
    name: Text
    places: Annotated[list[Code], Meta(min_length=1)]
    during: Literal["school", "holidays", "any"]
    days: list[Weekday]
    starts: Hour
    ends: Hour
    pools: Annotated[list[Code], Meta(min_length=1)]
    tariff: Code
    deadline: Code | None = None
    grades: list[Grade] = []
    excludes: list[Code] = []
    requires: list[Code] = []
    """Units of the same places of which the child must have one that day: a lunch with a half-day."""
    dates: list[Day] = []
    """Days besides those of the week: an outing has these alone."""
    skipped: list[Day] = []
    """Days on which it does not open all the same."""


class Offer(Part, frozen=True):
    """activities.toml"""

    deadlines: list[RulePair]
    activities: list[Activity]
    pools: list[Pool]
    units: list[Unit]


class BracketStart(Part, frozen=True):
    label: Text
    lower: Annotated[int, Meta(ge=0)]


class Decision(Part, frozen=True):
    version: Annotated[int, Meta(ge=1)]
    since: Day
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    cents: dict[Code, list[Cents]] = {}
    """Amounts by code, one per bracket of the file."""
    outside: dict[Code, Cents] = {}
    terms: dict[Code, Terms] = {}
    """Prices that brackets alone cannot say: effort rates, ranks, packages… see server/tariffs/rules/terms.py."""
    until: Day | None = None


class Prices(Part, frozen=True):
    """tariffs.toml"""

    brackets: list[BracketStart]
    decisions: list[Decision]


class NewsItem(Part, frozen=True):
    id: Code
    days_ago: Annotated[int, Meta(ge=0, le=365)]
    title: Annotated[str, Meta(max_length=160)]
    summary: Annotated[str, Meta(max_length=400)]
    body: Text
    pinned: bool = False


class News(Part, frozen=True):
    """news.toml"""

    news: list[NewsItem]


Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$")]


class Paper(Part, frozen=True):
    code: Code
    label: Text
    needed: bool = True
    proof: Literal["insurance", "address", "vaccination"] | None = None
    """A proof of the file that stands for it, while it is valid."""


class Question(Part, frozen=True):
    code: Code
    label: Text
    kind: Literal["text", "yes_no", "choice"] = "text"
    choices: list[Text] = []
    needed: bool = True


class EnrolmentGroup(Part, frozen=True):
    name: Text
    units: Annotated[list[Code], Meta(min_length=1)]
    """Ids of units, ``<place>-<unit>``."""
    places: Annotated[int, Meta(ge=1)] | Literal["unlimited"]
    grades: list[Grade] = []
    ages: tuple[int, int] | None = None


class Round(Part, frozen=True):
    """One occasion to enrol."""

    code: Code
    activity: Code
    name: Text
    kind: Literal["annual", "period", "event"]
    text: Text
    since: Day
    until: Day
    opens: dict[Literal["residents", "renewals", "siblings", "everyone"], Moment]
    closes: Moment
    groups: Annotated[list[EnrolmentGroup], Meta(min_length=1)]
    decided: bool = True
    papers: list[Paper] = []
    questions: list[Question] = []


class Enrolling(Part, frozen=True):
    """enrolments.toml"""

    rounds: list[Round] = []
