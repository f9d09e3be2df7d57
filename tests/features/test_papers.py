"""Invoices, receipts and tax certificates as PDF: what stands on them, who may have them, and that they are accessible."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from server.database import Database
from server.invoices.service.papers import care_paid, young
from tests.cast import Client

INVOICE = "inv_benali_2026-10"


async def paper(client: Client, path: str) -> PdfReader:
    response = await client.get(path)
    assert (response.status_code, response.content_type) == (200, "application/pdf"), await response.get_data()
    return PdfReader(io.BytesIO(await response.get_data(as_text=False)))


def words(of: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in of.pages).replace("\u00a0", " ").replace("\u202f", " ").split())


async def test_an_invoice_says_all_that_the_law_asks_for(as_nadia: Client, database: Database) -> None:
    found = await paper(as_nadia, f"/api/invoices/{INVOICE}/pdf")
    invoice = await database.one("SELECT * FROM invoice WHERE id = ?", INVOICE)
    assert invoice is not None
    text = words(found)
    cents = f"{invoice['total_cents'] // 100},{invoice['total_cents'] % 100:02d} €"
    for word in (
        "Ville de Vigneux-sur-Seine", "Régie", invoice["number"], "5 novembre 2026", "octobre 2026", "104217", "BENALI", "Léa", "Noé",
        "Quantité", "Prix unitaire", cents, "TVA non applicable", "30 novembre 2026", "contester", "Page 1 sur",
    ):  # fmt: skip
        assert word in text, (word, text)


async def test_a_paper_is_tagged_and_declared(as_nadia: Client) -> None:
    found = await paper(as_nadia, f"/api/invoices/{INVOICE}/pdf")
    root: Any = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"].startswith("fr")
    said = root["/Metadata"].get_data().decode()
    assert "pdfuaid:part" in said
    assert "pdfaid:part>3" in said.replace(" ", "")
    assert found.metadata
    assert found.metadata.title.startswith("Facture F-2026-")


async def test_a_receipt_for_what_was_paid(as_nadia: Client, database: Database) -> None:
    entry = await database.one("SELECT id, invoice_id FROM ledger_entry WHERE family_id = 'fam_benali' ORDER BY paid_on DESC")
    assert entry is not None
    text = words(await paper(as_nadia, f"/api/invoices/{entry['invoice_id']}/receipts/{entry['id']}/pdf"))
    assert "Reçu la somme de" in text
    assert "virement" in text
    assert (await as_nadia.get(f"/api/invoices/{INVOICE}/receipts/{entry['id']}/pdf")).status_code == 404


async def test_a_certificate_counts_care_paid_for_children_under_six(as_nadia: Client, as_aminata: Client, database: Database) -> None:
    async with database.snapshot() as reader:
        ((name, born, cents),) = await care_paid(reader, "fam_benali", 2026)
    assert (name, born) == ("Noé Martin", "2023-06-03")
    text = words(await paper(as_nadia, "/api/tax-certificates/2026/pdf"))
    assert "Noé Martin" in text
    assert "Léa" not in text, "she is seven"
    assert f"{cents // 100},{cents % 100:02d} €" in text
    hers = words(await paper(as_aminata, "/api/tax-certificates/2026/pdf"))
    assert "Moussa" in hers, "five on 1 January 2026"
    assert not [name for name in ("Noé", "Fatou", "Ibrahim") if name in hers]
    assert (await as_nadia.get("/api/tax-certificates/2019/pdf")).status_code == 404


async def test_only_what_was_paid_in_the_year_counts(database: Database) -> None:
    async with database.snapshot() as reader:
        before = await care_paid(reader, "fam_benali", 2026)
    async with database.transaction() as tx:
        await tx.run("UPDATE ledger_entry SET paid_on = '2027-01-02' WHERE family_id = 'fam_benali'")
    async with database.snapshot() as reader:
        assert await care_paid(reader, "fam_benali", 2026) == []
        assert await care_paid(reader, "fam_benali", 2027) == before != []


@pytest.mark.parametrize(("born", "expected"), [("2020-01-01", False), ("2020-01-02", True), ("2019-12-31", False), ("2023-06-03", True)])
def test_under_six_on_the_first_of_january(born: str, expected: bool) -> None:
    assert young(born, 2026) is expected


async def test_nobody_reads_the_papers_of_others(as_aminata: Client, as_paul: Client) -> None:
    for other in (as_aminata, as_paul):
        response = await other.get(f"/api/invoices/{INVOICE}/pdf")
        assert (response.status_code, (await response.get_json())["error"]["code"]) == (404, "not_found")
