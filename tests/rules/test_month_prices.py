"""The days of a month, priced: each with the tariff and the quotient of its day, the siblings who were there, packages and limits."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.invoices.rules import BillingRules, Charge, Known, drafts, quotient_on
from server.invoices.service.pricing import PENALTY, Book, Day, charges_of
from server.tariffs.rules import Tariff, Terms
from server.tariffs.service import Household, UnitTariff

BRACKETS = {"method": "brackets", "brackets": [
    {"label": "A", "from": 0, "to": 500, "cents": 100}, {"label": "B", "from": 500, "cents": 200},
]}  # fmt: skip
BASE = {"grids": [{"amount": BRACKETS}]}
HOME = Household(True, 800, frozenset(), {"eldest": frozenset(), "second": frozenset()}, {"care": ("eldest", "second")})


def unit(terms: dict[str, Any], since: str = "2026-09-01", until: str | None = None, version: int = 1) -> UnitTariff:
    tariff = Tariff("t", version, since, until, "Délibération", msgspec.convert(terms, Terms))
    return UnitTariff("u", "care", 60, tariff)


def book(*versions: UnitTariff, period: str = "2026-11", ends: tuple[str, ...] = ("2026-11-01", "2027-01-03"), **rules: Any) -> Book:
    return Book(period, {"u": list(versions)}, {"u": ("Matin", "care")}, BillingRules(**rules), list(ends))


def priced(of: Book, *days: Day, history: tuple[Known, ...] = (), paid: dict[tuple[str, str], str] | None = None) -> list[Charge]:
    return charges_of(of, "f", HOME, history, days, paid or {})


def cents(*found: Any, **more: Any) -> list[int]:
    return [one.cents for one in priced(*found, **more)]


def day(date: str, agreed: int | None = 200, child: str = "eldest", **more: Any) -> Day:
    return Day(child, "u", f"2026-11-{date}", agreed, **more)


KNOWN = (Known(800, "0001-01-01", "0001-01-01"), Known(400, "2026-11-16", "2026-10-01"))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("from_reading", [200, 200, 100, 100]), ("next_month", [200, 200, 200, 200]), ("unbilled", [100] * 4), ("credit", [100] * 4)],
)
def test_a_late_quotient_counts_as_the_town_decides(policy: str, expected: list[int]) -> None:
    of = book(unit(BASE), late_quotient=policy)
    assert cents(of, *(day(at) for at in ("02", "13", "16", "30")), history=KNOWN) == expected
    assert quotient_on(KNOWN, "2026-12-01", BillingRules(late_quotient="next_month")) == 400


def test_a_quotient_that_ends_never_costs_more_than_what_was_agreed_unless_the_town_says_so() -> None:
    ended = (Known(400, "0001-01-01", "0001-01-01"), Known(None, "2026-11-10", "2026-11-10"))
    days = (day("09", 100), day("12", 100))
    assert cents(book(unit(BASE), late_quotient="unbilled"), *days, history=ended) == [100, 100]
    assert priced(book(unit(BASE)), *days, history=ended)[1].why["kind"] == "agreed"
    assert cents(book(unit(BASE), agreed="follows"), *days, history=ended) == [100, 200]


def test_each_day_has_the_tariff_of_its_day() -> None:
    dearer = {"grids": [{"amount": {"method": "flat", "cents": 300}}]}
    cheaper = {"grids": [{"amount": {"method": "flat", "cents": 150}}]}
    days = (day("13"), day("16"))
    of = (unit(BASE, until="2026-11-15"), unit(dearer, "2026-11-16", version=2))
    assert cents(book(*of), *days) == [200, 200], "what was agreed stands"
    assert cents(book(*of, agreed="follows"), *days) == [200, 300]
    assert cents(book(unit(BASE, until="2026-11-15"), unit(cheaper, "2026-11-16", version=2)), *days) == [200, 150]


def test_absences_follow_the_tariff_and_the_first_days_of_an_illness_may_be_due() -> None:
    of = book(unit({**BASE, "outcomes": {"excused": 0, "unexcused": 150, "unexcused_cents": 50, "unbooked": 200, "waiting_days": 1}}))
    ill = {"outcome": "excused"}
    assert cents(of, day("02", **ill), day("03", **ill), day("04"), day("05", **ill), day("06", **ill)) == [200, 0, 200, 200, 0]
    assert cents(of, day("02", outcome="unexcused"), day("03", None, outcome="unbooked")) == [350, 400]
    assert cents(of, day("02", 120, outcome="unexcused")) == [230], "150 % of what was agreed, and 50 cents"
    assert cents(of, day("02", late_cents=60)) == [260]
    assert cents(of, day("02", 90, outcome="cancelled")) == [90]


def test_the_rank_among_the_siblings_who_were_there() -> None:
    of = book(unit({**BASE, "ranks_among": "present", "changes": [{"label": "Deuxième", "percent": -50, "when": {"ranks": [2]}}]}))
    both = [day("02"), day("02", child="second"), day("03", child="second"), day("04", outcome="excused"), day("04", child="second")]
    by_day = {(one.child, one.date[8:]): one.cents for one in priced(of, *both)}
    assert by_day == {("eldest", "02"): 200, ("second", "02"): 100, ("second", "03"): 200, ("eldest", "04"): 0, ("second", "04"): 200}


def test_packages_are_due_once_and_follow_the_number_of_days() -> None:
    amount = lambda cents: {"method": "flat", "cents": cents}  # noqa: E731
    grids = [{"when": {"days": [1, 2]}, "amount": amount(900)}, {"when": {"days": [3]}, "amount": amount(1500)}]
    monthly = book(unit({"grids": grids, "per": "month"}))
    (two,) = drafts(priced(monthly, day("02", 0), day("03", 0), day("04", 0, outcome="excused")))
    (three,) = drafts(priced(monthly, day("02", 0), day("03", 0), day("04", 0), history=KNOWN))
    assert (two.total_cents, three.total_cents) == (900, 1500)
    assert three.lines[0]["days"] == ["2026-11-02", "2026-11-03", "2026-11-04"]
    yearly = book(unit({"grids": [{"amount": amount(1000)}], "per": "year"}))
    assert drafts(priced(yearly, day("02", 0), day("03", 0)))[0].total_cents == 1000
    assert priced(yearly, day("02", 0), paid={("eldest", "u"): "2026-09-08"}) == []
    period = book(unit({"grids": [{"amount": amount(700)}], "per": "period"}))
    assert priced(period, day("09", 0), paid={("eldest", "u"): "2026-10-12"}), "another period since the holidays"
    assert priced(period, day("09", 0), paid={("eldest", "u"): "2026-11-05"}), "of this month: not invoiced yet"
    assert period.window("period", "2027-01-04") == "2027-01-03"


def test_a_limit_a_month_and_a_late_pickup() -> None:
    of = book(unit({**BASE, "most_cents_a_month": 500, "overrun": {"step": 15, "cents": 300}}))
    (made,) = drafts(priced(of, *(day(at) for at in ("02", "03", "04", "05"))))
    assert made.total_cents == 500
    late = priced(of, day("02", late_minutes=20), day("03", late_minutes=20, outcome="excused"))
    assert [(one.category, one.cents) for one in late] == [("care", 200), (PENALTY, 600), ("care", 0)]


outcomes = st.sampled_from(["present", "excused", "unexcused"])
some_days = st.lists(
    st.builds(
        day, st.integers(1, 28).map("{:02}".format), st.integers(0, 400), child=st.sampled_from(["eldest", "second"]), outcome=outcomes
    ),
    unique_by=lambda one: (one.child, one.date),
)


@given(some_days, st.integers(0, 2000))
def test_nobody_pays_more_than_what_was_agreed_nor_than_the_limit(days: list[Day], most: int) -> None:
    found = priced(book(unit({**BASE, "most_cents_a_month": most})), *days)
    for child in ("eldest", "second"):
        total = sum(one.cents for one in found if one.child == child)
        assert 0 <= total <= min(most, sum(one.agreed or 0 for one in days if one.child == child))
    assert sum(draft.total_cents for draft in drafts(found)) == sum(one.cents for one in found)
