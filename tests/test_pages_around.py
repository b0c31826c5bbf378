"""The pages before and after the chapters: numbers of chapters, terms and links that agree with the book."""

import re
from pathlib import Path

import pytest
import yaml
from test_docstrings import ROOMS

BOOK = Path(__file__).resolve().parents[1] / "book"
TOC = yaml.safe_load((BOOK.parent / "_toc.yml").read_text(encoding="utf-8"))
PAGES = sorted(BOOK.glob("*.md"))
INDEX = (BOOK / "index.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \| \[[^\]]+\]\((\w+)\.ipynb\)", re.MULTILINE)
NUMBERS = {name: int(number) for number, name in ROW.findall(INDEX)}
NUMBERED = re.compile(r"\[(?:[Cc]hapter )?(\d+)\]\((\w+)\.ipynb\)")


def chapters() -> list[str]:
    """The numbered chapters in the order of the table of contents."""
    parts = [part["chapters"] for part in TOC["parts"] if part.get("numbered")]
    return [chapter["file"].removeprefix("book/") for part in parts for chapter in part]


def test_start_here_lists_nineteen_chapters_in_order() -> None:
    assert list(NUMBERS.values()) == list(range(1, 20))
    assert [name for name in NUMBERS if name in chapters()] == chapters()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_chapter_is_called_by_its_number(path: Path) -> None:
    for number, name in NUMBERED.findall(path.read_text(encoding="utf-8")):
        assert NUMBERS[name] == int(number), f"{name} is chapter {NUMBERS[name]}, not {number}"


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = {chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]} | {TOC["root"]}
    pages = {f"book/{path.stem}" for path in PAGES} - {"book/LICENSE"}
    assert pages <= listed
    assert (BOOK.parent / "genindex.md").exists()  # Sphinx writes the index in its place


def test_each_term_has_a_definition_and_a_chapter() -> None:
    glossary = (BOOK / "glossary.md").read_text(encoding="utf-8")
    body = glossary.partition(":sorted:\n")[2].removesuffix("```\n")
    entries = [entry for entry in body.split("\n\n") if entry.strip()]
    assert len(entries) >= 45
    for entry in entries:
        assert re.search(r"\[[Cc]hapter \d+\]\(\w+\.ipynb\)", entry), entry
        assert len(re.findall(r"[.?!](?:\s|$)", entry)) <= 5, f"two sentences are enough: {entry}"


def test_the_instructors_guide_has_all_chapters() -> None:
    guide = (BOOK / "instructors.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### \d+\. \[[^\]]+\]\((\w+)\.ipynb\)", guide, re.MULTILINE)
    assert headings == list(NUMBERS)


# Rooms whose names another one hands on, under which the reference has them.
HANDED_ON = {
    "autograd_lab",
    "autograd_lab.nn.losses",
    "autograd_lab.selfcheck.trial",
    "autograd_lab.selfcheck.verdict",
}


def test_every_room_is_in_the_reference() -> None:
    reference = (BOOK / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\.\. automodule:: (\S+)$", reference, re.MULTILINE))
    assert set(ROOMS) - HANDED_ON <= listed
