"""What a password must be, and what an address or a dossier's name may look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts.rules import AGENT_LENGTH, password_faults
from server.accounts.rules.common_words import COMMON_WORDS
from server.accounts.rules.passwords import bits
from server.mail.rules import address_of
from server.registration.rules import same, username_of


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("un petit tour de manège", []),
        ("cheval soleil camion rouge", []),
        ("xk7vqplmzrtw", []),
        ("abcdefghijkl", ["too_common"]),
        ("motdepasse2026", ["too_common"]),
        ("M0tD3P@sse!!!!", ["too_common"]),
        ("AzertyAzerty12", ["too_common"]),
        ("soleil-doudou-2019", ["too_common"]),
        ("ababababababab", ["too_simple"]),
        ("192837465019", ["too_common", "too_simple"]),
        ("Benali.Nadia.1987", ["about_you"]),
        ("x" * 129, ["too_long"]),
    ],
)
def test_what_is_refused_and_why(password: str, faults: list[str]) -> None:
    assert password_faults(password, ["Nadia", "Benali"]) == faults


def test_the_blocklist_stands_for_more_than_three_thousand_passwords_of_the_allowed_length() -> None:
    tried = [f"{word}{number}" for word in sorted(COMMON_WORDS) for number in range(1950, 2030) if len(f"{word}{number}") >= 12]
    assert len(tried) > 3000
    assert [password for password in tried[::7] if not password_faults(password)] == []


def test_no_kind_of_sign_is_prescribed() -> None:
    for password in ("qui sait nager le soir", "QUISAITNAGERLESOIR", "71940582663017394", "été à la mer 😀 demain"):
        assert "too_simple" not in password_faults(password)


def test_agents_need_more_signs() -> None:
    assert password_faults("xk7vqplmzrtw", least=AGENT_LENGTH) == ["too_short"]


@given(st.text(max_size=140), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_gets_an_answer(password: str, about: list[str]) -> None:
    faults = password_faults(password, about)
    assert set(faults) <= {"too_short", "too_long", "about_you", "too_common", "too_simple"}
    if len(password) < 12:
        assert faults
    assert bits(password) >= 0


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz-' É", min_size=1, max_size=30))
def test_a_dossiers_name_is_the_same_in_capitals_without_accents_and_spaces(name: str) -> None:
    assert same(name) == same(name.upper()) == same(f" {name} ".replace("É", "E")) == same(name.replace(" ", "-"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Nadia.Benali@Example.FR ", "Nadia.Benali@example.fr"),
        ("nadia@exemple", None),
        ("nadia", None),
        ("a@b.fr\r\nBcc: c@d.fr", None),
        ("a b@c.fr", None),
        ("é@c.fr", None),
        ("a..b@c.fr", None),
    ],
)
def test_addresses(typed: str, kept: str | None) -> None:
    assert address_of(typed) == kept


def test_user_names() -> None:
    assert username_of(" Claire.M ") == "claire.m"
    assert [username_of(bad) for bad in ("ab", "a b c", "<b>x", "é-è-à", "x" * 41)] == [None] * 5
