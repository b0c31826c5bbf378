"""The spelling check: what counts as prose, in which line a fault stands, and what is a fault."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import check_spelling

needs_cspell = pytest.mark.skipif(
    not check_spelling.CSPELL.exists(), reason="cspell comes with `make assets`"
)


@pytest.mark.parametrize(
    "text",
    [
        "`xq`",
        "``xq ` xq``",
        "{eq}`eq-xq`",
        "{cite:t}`xq2020`",
        "$xq$",
        "$$\nxq\n$$ (eq-xq)",
        "\\begin{align}\nxq\n\\end{align}",
        "```python\nxq\n```",
        "~~~\nxq\n~~~",
        "```{math}\nxq\n```",
        "````{eval-rst}\n```\nxq\n```\n````",
        "https://example.org/xq",
        "<https://example.org/xq>",
        '<span class="xq">',
        "<!-- xq\nxq -->",
        "(xq)=",
        "xq.py",
        "xq_xq",
        "xq(1)",
        "xq=1",
        "--xq",
        "\\xq",
    ],
)
def test_not_prose(text: str) -> None:
    found = check_spelling.markdown(f"before\n\n{text}\n\nafter")
    assert found.split() == ["before", "after"]
    assert len(found.split("\n")) == text.count("\n") + 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[two words](page.md)", "[two words"),
        ("Between `a` and `b` is prose.", "Between and is prose."),
        ("It costs $5, and $x$ is prose.", "It costs $5, and is prose."),
        ("```{glossary}\nterm\n  Its meaning.\n```\nAfter it.", "term Its meaning. After it."),
        (":::{note} A title\nA note.\n```\ncode\n```\nMore of it.\n:::", "A title A note. More of it."),
        ("Well-known words", "Well-known words"),
    ],
)
def test_prose(text: str, words: str) -> None:
    assert check_spelling.markdown(text).split() == words.split()


def test_python_is_read_where_people_read_it() -> None:
    source = (
        '"""What it does.\n'
        "\n"
        "    xq : array\n"
        "    >>> xq\n"
        "    xq\n"
        "\n"
        '    The end."""\n'
        "xq = 1  # a comment  # noqa: XQ1\n"
        'raise E("short", f"this is not {xq} message", f"""\n'
        "    xq: this is some css\n"
        '""")\n'
    )
    lines = check_spelling.python(source).split("\n")
    found = {number: line.split() for number, line in enumerate(lines, start=1) if line.strip()}
    assert found.pop(1) == ['"""What', "it", "does."]
    assert found.pop(7) == ["The", 'end."""']
    assert found.pop(8) == ["#", "a", "comment"]
    assert found.pop(9) == ['f"this', "is", "not", 'message"']
    assert found == {}


def test_a_word_of_a_chapter_stands_in_its_line(tmp_path: Path) -> None:
    figure = nbformat.from_dict(
        {"mystnb": {"image": {"alt": "Alternative."}, "figure": {"caption": 'A "caption", one line.'}}}
    )
    cells = [
        new_markdown_cell("# Title\n\nSame line\n\n```\ncode\n```"),
        new_code_cell("code = 1  # Same line", metadata=figure),
        new_markdown_cell("Same line\n$x\\ge 1$ größer"),
    ]
    path = tmp_path / "chapter.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    text = path.read_text(encoding="utf-8")
    raw, found = text.split("\n"), check_spelling.chapter(text).split("\n")
    assert len(raw) == len(found)
    words = [(line.split(), raw[number].strip()) for number, line in enumerate(found) if line.strip()]
    assert words == [
        (["#", "Title"], '"# Title\\n",'),
        (["Same", "line"], '"Same line\\n",'),
        (["A", '"caption",', "one", "line."], '"caption": "A \\"caption\\", one line."'),
        (["Alternative."], '"alt": "Alternative."'),
        (["Same", "line"], '"Same line\\n",'),
        (["größer"], '"$x\\\\ge 1$ größer"'),
    ]


def test_word_list_is_sorted_and_has_no_word_twice() -> None:
    words = check_spelling.TOOLS.joinpath("words.txt").read_text(encoding="utf-8").splitlines()
    assert words == sorted(set(words), key=lambda word: (word.casefold(), word))
    assert all(word.isalpha() for word in words)


@needs_cspell
def test_faults_are_found_in_their_lines(tmp_path: Path) -> None:
    page = tmp_path / "book/page.md"
    page.parent.mkdir()
    page.write_text(
        "Colours of NumPy's `color` are $gray$.\n\nTeh color,\nwe recieve numpy optimized in its center.\n",
        encoding="utf-8",
    )
    faults = check_spelling.check([page], tmp_path)
    assert [fault.split(" (")[0] for fault in faults] == [
        "book/page.md:3: Teh",
        "book/page.md:3: color",
        "book/page.md:4: optimized",
        "book/page.md:4: recieve",
        "book/page.md:4: numpy",
        "book/page.md:4: center",
    ]
    assert "colour" in faults[1]
    assert "optimised" in faults[2]
    assert "receive" in faults[3]


@needs_cspell
def test_each_of_many_faults_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("teh\n" * 150, encoding="utf-8")
    faults = check_spelling.check([page], tmp_path)
    assert [fault.split(":")[1] for fault in faults] == [str(line) for line in range(1, 151)]


@needs_cspell
def test_no_fault(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("The Jacobian's colour, `color`: NumPy and ReLU.\n", encoding="utf-8")
    assert check_spelling.check([page], tmp_path) == []


@pytest.mark.parametrize("faults", [[], ["page.md:1: color (colour)"]])
def test_status(faults: list[str], monkeypatch, capsys) -> None:
    monkeypatch.setattr(check_spelling, "check", lambda paths, root: faults)
    monkeypatch.setattr(sys, "argv", ["check_spelling.py"])
    assert check_spelling.main() == len(faults)
    shown = capsys.readouterr().out
    assert ("no fault" in shown) == (not faults)
    assert all(fault in shown for fault in faults)


def test_without_cspell_it_says_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(check_spelling, "CSPELL", check_spelling.TOOLS / "node_modules/no/bin.mjs")
    with pytest.raises(SystemExit, match="make assets"):
        check_spelling.check([], tmp_path)
