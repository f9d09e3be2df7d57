"""A town whose régie takes cards by a bank's own gateway: chosen by configuration, and nothing but its signature is believed."""

import base64
import html
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import eopayment
import pytest
from Cryptodome.Hash import SHA
from Cryptodome.PublicKey import RSA
from Cryptodome.Signature import PKCS1_v1_5
from eopayment import paybox
from quart import Quart

from server.app import create_app
from server.config import Config, ConfigError
from server.config import read as read_config
from server.database import Database
from server.gateways.banks import bank_of
from tests.cast import PASSWORD, Client
from tests.conftest import Clock

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
INVOICE = "inv_benali_2026-10"
LYRA = 'vads_site_id = "12345678"\nsecret_test = "122333"\nsignature_algo = "hmac_sha256"\n'
OPTIONS = {
    "payzen": LYRA,
    "systempayv2": LYRA,
    "sips2": "",
    "ogone": 'pspid = "ville"\nsha_in = "mystery"\nsha_out = "mystery2"\n',
    "paybox": 'site = "1999888"\nrang = "032"\nidentifiant = "110647233"\nshared_secret = "00112233"\n',
}
CROSS_SITE = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://bank.example", "Sec-Fetch-Site": "cross-site"}
Fields = dict[str, str]
KEY = RSA.generate(1024)


def lyra(kind: str) -> Callable[[Fields, str, int], str]:
    def signed(form: Fields, result: str, cents: int) -> str:
        code = {"paid": "00", "refused": "05"}[result]
        said = {name: value for name, value in form.items() if name.startswith("vads_")}
        said |= {"vads_amount": str(cents), "vads_result": code, "vads_auth_result": code, "vads_trans_status": "AUTHORISED"}
        said |= {"vads_auth_number": "123456", "vads_operation_type": "DEBIT"}
        bank = eopayment.get_backend(kind)({"secret_test": "122333", "signature_algo": "hmac_sha256"})
        return urlencode({**said, "signature": bank.signature(said)})

    return signed


def sips(form: Fields, result: str, cents: int) -> str:
    bank = eopayment.get_backend("sips2")({})
    asked = bank.decode_data(form["Data"])
    code = {"paid": "00", "refused": "05"}[result]
    said = {"amount": str(cents), "merchantId": asked["merchantId"], "responseCode": code}
    said |= {"transactionReference": asked["transactionReference"], "authorisationId": "12345"}
    return urlencode({"Data": bank.encode_data(said), "Seal": bank.seal_data(said), "InterfaceVersion": "HP_2.3"})


def ogone(form: Fields, result: str, cents: int) -> str:
    bank = eopayment.get_backend("ogone")({"sha_in": "mystery", "sha_out": "mystery2"})
    said = {"ORDERID": form["ORDERID"], "COMPLUS": form["COMPLUS"], "AMOUNT": f"{cents / 100:.2f}", "PAYID": "32100123", "NCERROR": "0"}
    said |= {"STATUS": {"paid": "9", "refused": "2"}[result], "CURRENCY": "EUR"}
    return urlencode({**said, "SHASIGN": bank.sha_sign_out(said)})


def verifone(form: Fields, result: str, cents: int) -> str:
    said = {"montant": str(cents), "reference": form["PBX_CMD"], "code_autorisation": "A"}
    said |= {"erreur": {"paid": "00000", "refused": "00105"}[result], "numero_appel": "1", "numero_transaction": "2"}
    text = "&".join(f"{name}={quote(value)}" for name, value in said.items())
    signature = PKCS1_v1_5.new(KEY).sign(SHA.new(text.encode()))
    return f"{text}&signature={quote(base64.b64encode(signature).decode())}"


SAYS: dict[str, Callable[[Fields, str, int], str]] = {
    "payzen": lyra("payzen"), "systempayv2": lyra("systempayv2"), "sips2": sips, "ogone": ogone, "paybox": verifone,
}  # fmt: skip


@pytest.fixture(params=sorted(OPTIONS))
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    # The bank's own key is not ours to sign with.
    monkeypatch.setattr(paybox.verify, "__defaults__", (KEY.public_key().export_key().decode(),))
    return str(request.param)


@pytest.fixture
async def app(config: Config, kind: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Quart]:
    file = tmp_path / "bank.toml"
    file.write_text(OPTIONS[kind])
    app = create_app(replace(config, bank=kind, bank_file=str(file)), now=clock)
    async with app.test_app():
        yield app


@pytest.fixture
async def nadia(app: Quart) -> Client:
    client = app.test_client()
    await client.post("/api/session", json={"username": "nadia", "password": PASSWORD})
    return client


async def opened(nadia: Client) -> tuple[str, Fields]:
    """A payment, and what the browser would post to the bank."""
    told = await (await nadia.post("/api/payments", json={"invoice": INVOICE})).get_json()
    page = await nadia.get(told["url"])
    text = (await page.get_data()).decode()
    (target,) = re.findall(r'action="(https://[^"]+)"', text)
    assert f"form-action {'/'.join(target.split('/')[:3])};" in page.headers["Content-Security-Policy"]
    assert "<script" not in text
    return told["payment"], {html.unescape(n): html.unescape(v) for n, v in re.findall(r'name="([^"]+)" value="([^"]*)"', text)}


async def state(nadia: Client, payment: str) -> Any:
    return (await (await nadia.get(f"/api/payments/{payment}")).get_json())["state"]


async def notify(app: Quart, message: str) -> int:
    return (await app.test_client().post("/api/public/payments/notify", data=message, headers=CROSS_SITE)).status_code


async def test_what_the_bank_signs_is_believed_once_and_nothing_else_is(app: Quart, nadia: Client, kind: str, database: Database) -> None:
    payment, form = await opened(nadia)
    row = await database.one("SELECT cents, refdet FROM card_payment WHERE id = ?", payment)
    assert row is not None
    says = SAYS[kind]
    message = says(form, "paid", row["cents"])
    forged = message.replace(str(row["cents"]), str(row["cents"] + 1)) if kind != "ogone" else message.replace("STATUS=9", "STATUS=95")
    assert forged != message
    assert await notify(app, forged) in (400, 404)
    assert await state(nadia, payment) == "live"
    for _ in range(3):
        assert await notify(app, message) == 204
    assert await state(nadia, payment) == "paid"
    entries = await database.all("SELECT cents, mode FROM ledger_entry WHERE reference = ?", row["refdet"])
    assert [tuple(entry.values()) for entry in entries] == [(row["cents"], "card")]
    back = await app.test_client().post("/api/public/payments/return", data=message, headers=CROSS_SITE)
    assert (back.status_code, back.headers["location"]) == (303, f"/factures?paiement={payment}")
    assert (await nadia.get(f"/api/payments/{payment}/form")).status_code == 404, "nothing to post any more"


async def test_a_refusal_frees_the_invoice_and_another_amount_is_a_dispute(
    app: Quart, nadia: Client, kind: str, database: Database
) -> None:
    payment, form = await opened(nadia)
    row = await database.one("SELECT cents FROM card_payment WHERE id = ?", payment)
    assert row is not None
    assert await notify(app, SAYS[kind](form, "refused", row["cents"])) == 204
    assert await state(nadia, payment) == "refused"
    again, form = await opened(nadia)
    assert again != payment
    assert await notify(app, SAYS[kind](form, "paid", row["cents"] - 100)) == 204
    assert await state(nadia, again) == "dispute"
    assert await database.all("SELECT id FROM ledger_entry WHERE mode = 'card'") == []


def test_a_configuration_that_cannot_work_is_refused_at_the_start(tmp_path: Path, dialect: str) -> None:
    file = tmp_path / "bank.toml"
    for text, fault in (("vads_site_id = '1'", "needs secret_test"), ("sekret = 'x'", "no option “sekret”"), ("= =", "as TOML")):
        file.write_text(text)
        with pytest.raises(ConfigError, match=fault):
            bank_of("payzen", str(file), "http://x/return", "http://x/notify")
    both = {"PORTAIL_BANK": "payzen", "PORTAIL_BANK_FILE": "f", "PORTAIL_PAYFIP_URL": "https://x/tpa", "PORTAIL_PAYFIP_CLIENT": "090909"}
    unknown = {"PORTAIL_BANK": "mine", "PORTAIL_BANK_FILE": "f"}
    for environment, fault in ((both, "not by both"), ({"PORTAIL_BANK": "payzen"}, "each needs"), (unknown, "sips2")):
        with pytest.raises(ConfigError, match=fault):
            read_config(environment)
