"""The documents say what is so: every setting, every command, every link and picture."""

import re
from pathlib import Path

from server.config import SETTINGS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "sync").glob("*.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_every_setting_is_in_the_deployment_guide() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    assert [variable for variable, _, _ in SETTINGS.values() if f"`{variable}`" not in guide] == []


def test_the_deployment_guide_names_no_setting_that_does_not_exist() -> None:
    known = {variable for variable, _, _ in SETTINGS.values()}
    named = set(re.findall(r"`(PORTAIL_[A-Z_]+)`", (ROOT / "docs" / "deploy.md").read_text()))
    assert named - known == set()


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in DOCUMENTS
        for target in LINK.findall(document.read_text())
        if not re.match(r"https?:|mailto:|#", target) and not (document.parent / target.split("#")[0]).exists()
    ]
    assert len(DOCUMENTS) > 8
    assert broken == []


def test_the_commands_of_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for document in DOCUMENTS for name in re.findall(r"`?\bmake ([a-z]+)\b`", document.read_text())}
    assert {"run", "test"} <= named
    assert named - targets == set()


def test_the_readme_shows_the_app() -> None:
    pictures = [target for target in LINK.findall((ROOT / "README.md").read_text()) if target.endswith(".png")]
    assert len(pictures) >= 3
    assert [name for name in pictures if (ROOT / name).stat().st_size > 200_000] == []


def test_every_decision_gives_its_reason_and_its_doubt() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert len(decisions) >= 5
    wanting = [f"{path.name}: {word}" for path in decisions for word in ("Why", "Doubt") if not said(path.read_text(), word)]
    assert wanting == []


def said(text: str, word: str) -> bool:
    """Whether a paragraph or a section begins with the word as its title."""
    return re.search(rf"^(## {word}|\*\*{word}\b)", text, re.MULTILINE) is not None
