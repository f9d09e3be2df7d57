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


# The core of OWASP's ASVS 5.0.0 for a family portal.
CORE = [
    "1.2.1", "1.2.3", "1.2.4", "1.5.1", "2.2.1", "2.2.2", "2.3.1", "2.3.3", "2.3.4", "2.4.1", "3.2.1", "3.2.2", "3.3.1", "3.3.2",
    "3.3.3", "3.3.4", "3.4.1", "3.4.3", "3.4.6", "3.5.1", "3.5.3", "4.1.1", "5.2.1", "5.2.2", "5.3.2", "6.1.1", "6.2.1", "6.2.4",
    "6.2.5", "6.3.1", "6.4.1", "6.4.2", "6.8.1", "6.8.2", "7.2.3", "7.2.4", "7.3.1", "7.3.2", "7.4.1", "7.4.2", "7.5.1", "8.1.1",
    "8.2.1", "8.2.2", "8.3.1", "9.1.1", "9.1.2", "9.2.1", "9.2.3", "10.1.2", "10.2.1", "10.5.1", "10.5.2", "10.5.4", "14.2.1", "14.3.1",
    "14.3.2", "14.3.3", "15.3.1", "16.3.1", "16.5.2",
]  # fmt: skip


def test_each_core_requirement_of_security_has_an_answer_and_its_tests_exist() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| ([0-9., ]+) \| (met|not applicable|deviation) \| (.+) \|$", text, re.MULTILINE)
    answered = {id for ids, _, _ in rows for id in ids.split(", ")}
    assert len(CORE) == 61
    assert [id for id in CORE if id not in answered] == []
    tests = {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}
    assert sorted(set(re.findall(r"`(test_\w+)`", text)) - tests) == []
    untested = {ids for ids, state, how in rows if state == "met" and not re.search(r"`(test_\w+|tests/\S+)`", how)}
    assert untested <= {"6.1.1"}, "only what is a matter of documents names no test"


def said(text: str, word: str) -> bool:
    """Whether a paragraph or a section begins with the word as its title."""
    return re.search(rf"^(## {word}|\*\*{word}\b)", text, re.MULTILINE) is not None
