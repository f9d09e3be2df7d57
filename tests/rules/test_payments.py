"""Card payments: whatever is lost, doubled or late, the state follows what the bank says, and only that."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.invoices.rules import Asked, Charge, Finding, after, drafts, due_date, next_check, split
from server.invoices.rules.paying import DAY, GIVEN_UP_AFTER, MINUTE, OPEN_FOR, State

ASKED = Asked("2026abcdef", 4210, "090909")


def said(outcome: str, **more: object) -> Finding:
    return Finding(outcome, **({"refdet": ASKED.refdet, "cents": ASKED.cents, "client": ASKED.client} | more))  # type: ignore[arg-type]


PAID, REFUSED, GIVEN_UP = said("paid"), said("refused"), said("cancelled")
WAITING, UNKNOWN = Finding("waiting"), Finding("unknown")


@pytest.mark.parametrize(
    ("finding", "age", "expected"),
    [(PAID, 0, "paid"), (REFUSED, 0, "refused"), (WAITING, MINUTE, "live"), (WAITING, GIVEN_UP_AFTER, "expired"),
     (GIVEN_UP, MINUTE, "live"), (GIVEN_UP, OPEN_FOR, "cancelled"), (UNKNOWN, 0, "expired"), (Finding("unreadable"), 0, "dispute"),
     (said("paid", cents=1), 0, "dispute"), (said("paid", refdet="other"), 0, "dispute"), (said("refused", client="1"), 0, "dispute")],
)  # fmt: skip
def test_what_the_bank_says_decides(finding: Finding, age: int, expected: State) -> None:
    assert after("live", ASKED, finding, age) == expected


@pytest.mark.parametrize("final", [PAID, REFUSED])
def test_any_order_of_redirect_notifications_and_polls_ends_alike(final: Finding) -> None:
    """Before the outcome the bank says « not known yet », from it on the outcome: replayed in every order."""
    ends = set()
    for order in permutations([WAITING, GIVEN_UP, final, final, UNKNOWN][:4]):
        state: State = "live"
        for at, finding in enumerate(order):
            state = after(state, ASKED, finding, at * MINUTE)
        state = after(state, ASKED, final, 30 * MINUTE)  # the poller comes last, and again
        ends.add(after(state, ASKED, final, DAY))
    assert ends == {"paid" if final is PAID else "refused"}


def test_a_late_result_counts_even_after_we_gave_up() -> None:
    assert after("expired", ASKED, PAID, DAY) == "paid"
    assert after("cancelled", ASKED, PAID, DAY) == "paid"


@given(st.lists(st.sampled_from([PAID, REFUSED, GIVEN_UP, WAITING, UNKNOWN]), max_size=8), st.integers(0, 2 * DAY))
def test_paid_is_for_ever(findings: list[Finding], age: int) -> None:
    state: State = "paid"
    for finding in findings:
        state = after(state, ASKED, finding, age)
    assert state == "paid"


def test_the_bank_is_asked_again_until_it_has_forgotten() -> None:
    ages, age = [], 0
    while (then := next_check("live", WAITING, age)) is not None and len(ages) < 100:
        assert then > age
        ages.append(then)
        age = then
    assert ages[:4] == [2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 21 * MINUTE]
    assert 50 < len(ages) < 70
    assert next_check("paid", PAID, MINUTE) is None
    assert next_check("expired", UNKNOWN, MINUTE) is None


@given(st.integers(0, 10**6), st.integers(-(10**6), 10**6))
def test_no_payment_goes_above_its_invoice(cents: int, due: int) -> None:
    taken, left = split(cents, due)
    assert taken + left == cents
    assert 0 <= taken <= max(due, 0)


charges = st.builds(
    Charge, family=st.sampled_from(["f1", "f2"]), child=st.sampled_from(["a", "b"]), unit=st.just("u"),
    label=st.sampled_from(["Matin", "Soir"]), category=st.just("care"), date=st.dates().map(str), cents=st.integers(0, 2000),
    why=st.just({"kind": "flat"}), package=st.just(False),
)  # fmt: skip


@given(st.lists(charges, max_size=40))
def test_an_invoice_is_the_sum_of_its_days(some: list[Charge]) -> None:
    made = drafts(some)
    assert sum(draft.total_cents for draft in made) == sum(charge.cents for charge in some)
    for draft in made:
        assert draft.total_cents == sum(line["amount_cents"] for line in draft.lines)
        assert all(line["quantity"] == len(line["days"]) for line in draft.lines)


def test_an_invoice_leaves_time_to_pay() -> None:
    assert due_date("2026-12-05") == "2026-12-31"
    assert due_date("2026-12-28") == "2027-01-22"
