"""The configuration refuses to start when it is wrong, and says which setting and why."""

from pathlib import Path

import pytest

from server.config import SETTINGS, ConfigError, read


def test_nothing_set_is_a_town_on_this_computer(tmp_path: Path) -> None:
    found = read({}, data=str(tmp_path))
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.database_url == f"sqlite:///{tmp_path}/portail.db"
    assert not found.secure


def test_an_https_address_makes_the_cookies_secure() -> None:
    assert read({"PORTAIL_PUBLIC_URL": "https://famille.ville.fr/"}).secure


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "eighty", "PORT: a whole number"),
        ("PORT", "70000", "PORT: a whole number"),
        ("PORTAIL_PUBLIC_URL", "famille.ville.fr", "PORTAIL_PUBLIC_URL"),
        ("PORTAIL_DATABASE_URL", "mysql://x", "PORTAIL_DATABASE_URL"),
        ("PORTAIL_WORKERS", "2", "PostgreSQL"),
        ("PORTAIL_LOG_LEVEL", "chatty", "PORTAIL_LOG_LEVEL"),
        ("PORTAIL_FAREWELL", "maybe", "PORTAIL_FAREWELL"),
        ("PORTAIL_FILES_URL", "s3://bucket", "PORTAIL_FILES_URL: must look like s3://"),
        ("PORTAIL_DATEBASE_URL", "postgresql://x", "PORTAIL_DATEBASE_URL: no such setting"),
    ],
)
def test_a_wrong_value_is_named(variable: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read({variable: value})


def test_several_processes_are_fine_on_postgresql() -> None:
    assert read({"PORTAIL_WORKERS": "2", "PORTAIL_DATABASE_URL": "postgresql://localhost/portail"}).workers == 2


def test_every_setting_says_what_it_is_for() -> None:
    assert all(meaning for _, _, meaning in SETTINGS.values())
