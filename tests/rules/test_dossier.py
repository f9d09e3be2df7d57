"""What may stand in a field of the dossier, until when a quotient counts, how FranceConnect's identities read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.families import rules
from server.franceconnect.rules import username_of
from server.quotient import rules as quotient


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0612345678", "06 12 34 56 78"), ("06.12.34.56.78", "06 12 34 56 78"), ("+33 6 12 34 56 78", "06 12 34 56 78"),
        ("0033612345678", "06 12 34 56 78"), ("+32 470 12 34 56", "+32470123456"), ("12", None), ("06 12 34 56 7", None), ("bonjour", None),
        ("0012345678", None), ("+33 123", None),
    ],
)  # fmt: skip
def test_a_telephone_is_read_however_it_is_written(typed: str, kept: str | None) -> None:
    assert rules.phone_of(typed) == kept


@given(st.text(max_size=40))
def test_a_telephone_read_again_is_the_same(typed: str) -> None:
    once = rules.phone_of(typed)
    assert once is None or rules.phone_of(once) == once


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("address", "  12,  rue des  Lilas ", "12, rue des Lilas"), ("address", "", None), ("phone_work", "", None),
        ("caf_number", "1234567 a", "1234567A"), ("email_invoices", "yes", True), ("email_invoices", "no", False),
        ("diet", "no_pork", "no_pork"), ("diet", "vegetarian", "vegetarian"),
    ],
)  # fmt: skip
def test_a_field_keeps_what_it_can_hold(field: str, typed: str, kept: object) -> None:
    assert rules.value_of(field, typed) == kept


@pytest.mark.parametrize(
    ("field", "typed"),
    [("address", "ici"), ("caf_number", "AB"), ("email_invoices", "peut-être"), ("diet", "halal"), ("diet", ""), ("phone_home", "1")],
)
def test_a_field_refuses_the_rest(field: str, typed: str) -> None:
    with pytest.raises(rules.Unfit):
        rules.value_of(field, typed)


@pytest.mark.parametrize("day", ["1999-12-31", "2027-02-30", "2099-01-01"])
def test_a_paper_cannot_be_valid_until_any_day(day: str) -> None:
    with pytest.raises(rules.Unfit):
        rules.proof_day(day, "2026-11-23")
    assert rules.proof_day("2027-08-31", "2026-11-23") == "2027-08-31"


@pytest.mark.parametrize(
    ("read_on", "until"),
    [("2026-09-03", "2027-02-28"), ("2027-01-15", "2027-02-28"), ("2027-02-01", "2028-02-29"), ("2026-12-31", "2027-02-28")],
)
def test_a_quotient_counts_until_the_end_of_a_february(read_on: str, until: str) -> None:
    assert quotient.valid_until(read_on) == until


@pytest.mark.parametrize(
    ("month", "fits"), [("2026-11", True), ("2026-12", False), ("2024-01", True), ("2023-12", False), ("2026-13", False), ("hier", False)]
)
def test_a_quotient_is_of_a_month_that_was(month: str, fits: bool) -> None:
    assert quotient.is_month(month, "2026-11-23") is fits


@pytest.mark.parametrize(
    ("text", "parts"),
    [("1992-11-14", (1992, 11, 14)), ("1992-11-00", (1992, 11, None)), ("1992-00-00", (1992, None, None)), ("1977-00-03", (1977, None, 3)),
     ("", (None, None, None)), ("14/11/1992", (None, None, None))],
)  # fmt: skip
def test_a_date_of_birth_may_be_partly_unknown(text: str, parts: tuple[int | None, int | None, int | None]) -> None:
    assert quotient.birth_parts(text) == parts


@pytest.mark.parametrize(
    ("text", "code"), [("75107", "75107"), ("2A004", "2A004"), ("", None), ("Alger", None), (None, None), ("90900", "90900")]
)
def test_a_town_of_birth_is_a_code_or_nothing(text: str | None, code: str | None) -> None:
    assert quotient.birth_town(text) == code


def test_a_name_for_an_account_that_nobody_types() -> None:
    assert username_of("Angela Claire Louise", "D’ARTAGNAN-LÉON", "a1b2c3") == "angela-dartagnanleon-a1b2c3"
    assert username_of("", "", "a1b2c3") == "a1b2c3"
