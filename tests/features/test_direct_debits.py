"""Direct debits: a mandate is checked and sealed, a run goes to the bank as a valid file, what the bank gives back is due again."""

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.fernet import Fernet
from lxml import etree
from quart import Quart

from server.config import ConfigError, read
from server.database import Database
from server.gateways.pes import first_key, second_key
from server.gateways.sepa import compact, is_bank_day, is_bic, is_creditor, is_iban, rejections
from server.invoices.service import check_balances
from tests.cast import Client
from tests.conftest import Clock, NewPhone, SignIn

IBAN = "FR76 3000 6000 0112 3456 7890 189"
PAIN = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.008.001.02"}
REJECTED = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><OrgnlPmtInfAndSts><TxInfAndSts>
<OrgnlEndToEndId>{debit}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>
</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""


@pytest.fixture
async def marc(sign_in: SignIn, clock: Clock, app: Quart) -> Client:
    clock.set("2026-11-23T09:00")
    here = app.extensions["portail"]
    here.config = replace(
        here.config, sepa_creditor="FR72ZZZ123456", sepa_iban=compact(IBAN), sepa_bic="AGRIFRPP", sepa_key=Fernet.generate_key().decode()
    )
    return await sign_in("marc")


async def mandate(client: Client, iban: str = IBAN) -> tuple[int, Any]:
    asked = {"file": "104217", "holder": "Nadia Bénali", "iban": iban, "bic": "AGRIFRPP", "signed_on": "2026-09-01"}
    response = await client.post("/api/agents/mandates", json=asked)
    return response.status_code, await response.get_json()


async def run(client: Client, on: str = "2026-12-10") -> Any:
    response = await client.post("/api/agents/debits", json={"collect_on": on})
    return await response.get_json()


async def invoices(phone: Any) -> dict[str, Any]:
    return {key[8:]: row for key, row in (await phone.rows())["f:fam_benali"].items() if key.startswith("invoice/")}


async def test_a_mandate_is_checked_and_shown_by_its_ends_only(marc: Client, database: Database) -> None:
    for wrong in ("FR76 3000 6000 0112 3456 7890 180", "FR76 3000 6000 0112", "not an account"):
        assert (await mandate(marc, wrong))[0] in (400, 409)
    status, told = await mandate(marc)
    assert status == 200 and told["reference"].startswith("104217-")
    found = await (await marc.get("/api/agents/debits")).get_data()
    assert b"FR76 " in found and b"0189" in found and b"30006000" not in found.replace(b" ", b"")
    held = await database.one("SELECT * FROM mandate")
    assert held is not None
    assert compact(IBAN) not in str(dict(held))
    await mandate(marc)
    (active,) = [one for one in (await (await marc.get("/api/agents/debits")).get_json())["mandates"] if one["active"]]
    assert (await marc.delete(f"/api/agents/mandates/{active['id']}")).status_code == 204
    assert (await marc.delete(f"/api/agents/mandates/{active['id']}")).status_code == 404


async def test_a_run_is_sent_paid_and_given_back(
    marc: Client, as_nadia: Client, database: Database, new_phone: NewPhone, clock: Clock
) -> None:
    nadia = await new_phone("nadia")
    await mandate(marc)
    before = await (await marc.get("/api/agents/debits")).get_json()
    owed = sum(one["cents"] for one in before["waiting"])
    assert (before["first_day"], owed > 0) == ("2026-12-07", True)
    for wrong in ("2026-11-30", "2026-12-12", "2026-12-25"):
        assert (await run(marc, wrong))["error"]["code"] == "not_possible", "too early, a Saturday, a day of no bank"
    made = (await run(marc))["run"]
    assert (await run(marc))["error"]["code"] == "not_possible", "nothing is debited twice"
    waiting = {id: one for id, one in (await invoices(nadia)).items() if "debit" in one}
    assert sum(one["debit"]["cents"] for one in waiting.values()) == owed

    file = await (await marc.get(f"/api/agents/debits/{made}/file")).get_data()
    tree = etree.parse(io.BytesIO(file))
    amounts = [int(one.text.replace(".", "")) for one in tree.iterfind(".//p:InstdAmt", PAIN)]
    assert (sum(amounts), len(amounts)) == (owed, len(waiting))
    assert tree.findtext(".//p:SeqTp", namespaces=PAIN) == "FRST"
    assert {one.text for one in tree.iterfind(".//p:DbtrAcct/p:Id/p:IBAN", PAIN)} == {compact(IBAN)}
    assert tree.findtext(".//p:MsgId", namespaces=PAIN) == made

    assert (await marc.post(f"/api/agents/debits/{made}/settlement")).status_code == 409, "its day has not come"
    clock.set("2026-12-10T18:00")
    assert await (await marc.post(f"/api/agents/debits/{made}/settlement")).get_json() == {"paid": len(waiting)}
    assert await (await marc.post(f"/api/agents/debits/{made}/settlement")).get_json() == {"paid": 0}, "once"
    held = await invoices(nadia)
    assert all(held[id]["paid_cents"] == held[id]["total_cents"] and "debit" not in held[id] for id in waiting)

    debits = (await (await marc.get("/api/agents/debits")).get_json())["runs"][0]["debits"]
    text = REJECTED.format(debit=debits[0]["debit"])
    for expected in ({"rejected": 1, "unknown": 0}, {"rejected": 0, "unknown": 0}):
        told = await (await marc.post("/api/agents/debits/rejections-file", json={"content": text})).get_json()
        assert told == expected, "the same file twice gives nothing back twice"
    reopened = [one for one in (await invoices(nadia)).values() if one["number"] == debits[0]["number"]]
    assert (reopened[0]["paid_cents"], reopened[0]["paid_on"]) == (0, None)
    assert (await check_balances(database, clock())).wrong == 0
    by_hand = await marc.post("/api/agents/debits/rejections", json={"debit": "nothing", "reason": "AC04"})
    assert await by_hand.get_json() == {"rejected": 0, "unknown": 1}
    journal = (await (await marc.get("/api/agents/journal.csv?date=2026-12-10")).get_data()).decode()
    assert "prélèvement" in journal and "rejet AM04" in journal


async def test_what_the_bank_will_debit_is_not_paid_by_card(marc: Client, as_nadia: Client) -> None:
    await mandate(marc)
    await run(marc)
    response = await as_nadia.post("/api/payments", json={"invoice": "inv_benali_2026-10"})
    assert (await response.get_json())["error"]["code"] in ("debit_pending", "card_closed")


async def test_the_treasurys_file_is_made_and_says_that_it_is_not_validated(marc: Client, clock: Clock) -> None:
    clock.set("2026-12-20T09:00")
    response = await marc.get("/api/agents/orders.xml?collectivity=123&budget=00100&office=091012")
    assert "NON-VALIDE" in response.headers["Content-Disposition"]
    content = await response.get_data()
    assert content.startswith(b"<?xml version='1.0' encoding='ISO-8859-1'?>")
    tree = etree.fromstring(content)
    pieces = tree.findall(".//BlocPiece")
    total = sum(int(one.get("V").replace(".", "")) for one in tree.findall(".//MtHT"))
    assert len(pieces) == int(tree.find(".//NbrPce").get("V")) > 0
    assert total == int(tree.find(".//MtBordHt").get("V").replace(".", ""))
    assert all(one.get("V").isascii() for one in tree.findall(".//ObjPce"))
    assert first_key("123", "0000001", 2026, 0, 2026000123) == 9
    assert second_key(2026, 0, 2026000123) == "K"


async def test_where_the_town_has_no_account_nothing_is_debited(sign_in: SignIn) -> None:
    marc = await sign_in("marc")
    assert (await (await marc.get("/api/agents/debits")).get_json())["open"] is False
    assert (await mandate(marc))[0] == 404


def test_numbers_of_accounts_banks_and_creditors() -> None:
    assert is_iban(compact("DE89 3704 0044 0532 0130 00")) and is_iban(compact("GB29 NWBK 6016 1331 9268 19"))
    assert not is_iban(compact("DE89 3704 0044 0532 0130 01"))
    assert is_bic("AGRIFRPP") and is_bic("AGRIFRPP882") and not is_bic("AGRIFRPP8")
    assert is_creditor("FR72ZZZ123456") and not is_creditor("FR73ZZZ123456")
    days = [date.fromisoformat(day) for day in ("2026-12-24", "2026-12-25", "2026-12-26", "2027-03-26")]
    assert [is_bank_day(day) for day in days] == [True, False, False, False]
    for wrong in (b"<a/>", b"nonsense", b'<!DOCTYPE x [<!ENTITY e "f">]><x>&e;</x>'):
        with pytest.raises(ValueError, match=r"not (XML|a pain)"):
            rejections(wrong)


def test_half_a_setting_is_refused() -> None:
    with pytest.raises(ConfigError, match="PORTAIL_SEPA_IBAN"):
        read({"PORTAIL_SEPA_CREDITOR": "FR72ZZZ123456", "PORTAIL_SEPA_BIC": "AGRIFRPP", "PORTAIL_SEPA_KEY": Fernet.generate_key().decode()})
    whole = {"PORTAIL_SEPA_CREDITOR": "FR72ZZZ123456", "PORTAIL_SEPA_BIC": "AGRIFRPP", "PORTAIL_SEPA_IBAN": IBAN, "PORTAIL_SEPA_KEY": "x"}
    with pytest.raises(ConfigError, match="32 bytes"):
        read(whole)
