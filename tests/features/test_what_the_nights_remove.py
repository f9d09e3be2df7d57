"""Everything is kept for a time that parents can read, and the nights hold to it."""

import json

from server.database import Database
from server.privacy import rules
from server.privacy.service import apply_retention, keeping
from tests.cast import Client, Phone
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.booking import send
from tests.features.mails import mails

THREAD = {
    "thread": "th_an_old_question_0001", "message": "m_an_old_question_00001", "service": "enfance-education", "subject": "Sortie",
    "body": "Où ?",
}  # fmt: skip


async def report(database: Database, day: str) -> dict[str, int]:
    row = await database.one("SELECT lines FROM retention_report WHERE id = ?", day)
    assert row is not None
    return dict(json.loads(row["lines"]))


async def test_a_closed_conversation_goes_after_a_year_from_devices_too(
    nadias_phone: Phone, as_sylvie: Client, database: Database, clock: Clock
) -> None:
    assert (await send(nadias_phone, "message.send@1", THREAD))["outcome"] == "accepted"
    held = f"thread/{THREAD['thread']}"
    async with database.transaction() as tx:
        await tx.run("UPDATE thread SET updated_at = updated_at - ? WHERE id = ?", rules.THREADS_KEPT, THREAD["thread"])
    clock.set("2026-11-24T03:00")
    await apply_retention(database, clock(), PARIS)
    assert held in (await nadias_phone.rows())["f:fam_benali"], "an open one is not touched"
    assert (await send(nadias_phone, "thread.close@1", {"thread": THREAD["thread"]}))["outcome"] == "accepted"
    clock.set("2026-11-25T03:00")
    await apply_retention(database, clock(), PARIS)
    assert (await report(database, "2026-11-25"))["threads"] >= 1
    assert held not in (await nadias_phone.rows())["f:fam_benali"]
    assert await database.all("SELECT id FROM message WHERE thread_id = ?", THREAD["thread"]) == []


async def test_who_does_not_come_for_two_years_is_told_twice_and_then_leaves(database: Database, clock: Clock, new_phone: NewPhone) -> None:
    visits: dict[str, list[str]] = {}
    for day in ("2028-09-01", "2028-09-25", "2028-11-10", "2028-11-24", "2028-12-05"):
        clock.set(f"{day}T03:00")
        await apply_retention(database, clock(), PARIS)
        lines = await report(database, day)
        visits[day] = [lines["warned"], lines["inactive"]]  # type: ignore[list-item]
        if day == "2028-09-25":
            await new_phone("aminata")  # she came back: she keeps her account
    assert visits["2028-09-01"] == [0, 0]
    told = [(mail["to"], mail["subject"]) for mail in await mails(database) if "sera fermé" in mail["subject"]]
    assert [subject for to, subject in told if to == "nadia@demo.example"] == [
        "Votre compte sera fermé dans 60 jours", "Votre compte sera fermé dans 7 jours"
    ]  # fmt: skip
    assert [subject for to, subject in told if to == "aminata@demo.example"] == ["Votre compte sera fermé dans 60 jours"]
    names = {row["id"]: row["name"] for row in await database.all("SELECT id, name FROM account")}
    assert (names["acc_nadia"], names["acc_sylvie"]) == (rules.ERASED, "Sylvie Laurent")
    assert names["acc_aminata"] != rules.ERASED
    assert visits["2028-12-05"][1] >= 1
    assert await database.all("SELECT id FROM family WHERE id = 'fam_benali'"), "the file stays the town's"


async def test_a_file_without_enrolment_for_a_school_year_forgets_how_to_reach_the_family(database: Database, clock: Clock) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE enrolment SET until = '2025-11-01' WHERE child_id IN ('chd_ibrahim', 'chd_fatou', 'chd_moussa')")
        await tx.run("DELETE FROM invoice_line WHERE invoice_id IN (SELECT id FROM invoice WHERE family_id = 'fam_diallo')")
        await tx.run("DELETE FROM ledger_entry WHERE family_id = 'fam_diallo'")
        await tx.run("DELETE FROM invoice WHERE family_id = 'fam_diallo'")
    await apply_retention(database, clock(), PARIS)
    assert (await report(database, "2026-11-23"))["left"] == 1
    found = await database.one("SELECT address, phone_mobile, quotient FROM family WHERE id = 'fam_diallo'")
    assert found is not None
    assert set(found.values()) == {None}
    kept = await database.one("SELECT address FROM family WHERE id = 'fam_benali'")
    assert kept is not None
    assert kept["address"]


async def test_nobody_has_a_pai_in_september_that_was_said_for_the_year_before(database: Database, clock: Clock) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE child SET care_protocol = ? WHERE id = 'chd_lea'", True)
    for day, expected in (("2027-08-14", 1), ("2027-08-16", 0)):
        clock.set(f"{day}T03:00")
        await apply_retention(database, clock(), PARIS)
        assert len(await database.all("SELECT id FROM child WHERE care_protocol IS NOT NULL AND id = 'chd_lea'")) == expected
    async with database.transaction() as tx:
        await tx.run("UPDATE child SET care_protocol = ? WHERE id = 'chd_lea'", True)  # said again for the new year
    clock.set("2027-08-20T03:00")
    await apply_retention(database, clock(), PARIS)
    assert len(await database.all("SELECT id FROM child WHERE care_protocol IS NOT NULL AND id = 'chd_lea'")) == 1


def test_an_inactive_account_leaves_each_notice_its_time() -> None:
    day, two_years = rules.DAY, rules.INACTIVE_AFTER
    assert rules.inactive_step(0, None, None, two_years - 61 * day) is None
    assert rules.inactive_step(0, None, None, two_years - 60 * day) == "first"
    assert rules.inactive_step(0, two_years, None, two_years + 52 * day) is None
    assert rules.inactive_step(0, two_years, None, two_years + 53 * day) == "second"
    assert rules.inactive_step(0, two_years, two_years + 53 * day, two_years + 59 * day) is None
    assert rules.inactive_step(0, two_years, two_years + 53 * day, two_years + 60 * day) == "close"
    assert rules.inactive_step(3 * day, 2 * day, None, two_years) == "first", "a notice from before the last visit does not count"


def test_the_table_that_parents_read_says_what_the_night_does() -> None:
    told = {line["what"] for line in keeping()}
    silent = {rule.what for rule in rules.RETENTION if not rule.told}
    assert {rule.what for rule in rules.RETENTION} - silent <= told
    assert {what for _, what, _ in rules.STEPS} <= told
    assert len(told) >= 14
