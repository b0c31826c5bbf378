"""The form of the chapters, and that each rule catches the fault it is there for."""

import tomllib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import lint_notebooks
import make_editions

CHAPTERS = sorted(lint_notebooks.BOOK.glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.name)
def test_chapter_has_the_form(path: Path) -> None:
    assert lint_notebooks.lint(path, lint_notebooks.read_allow_list()) == []


def test_number_of_uncompared_cells() -> None:
    """A cell that nbval does not compare can silently go wrong: raise this number knowingly."""
    entries = tomllib.loads(lint_notebooks.ALLOW_LIST.read_text(encoding="utf-8")).get("cell", [])
    assert len(entries) == 1
    assert {entry["notebook"] for entry in entries} <= {path.name for path in CHAPTERS}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.name)
def test_chapter_has_three_exercises_that_answer_back(path: Path) -> None:
    names = make_editions.exercises(nbformat.read(path, as_version=4))
    assert len(names) >= 3 or path.name in lint_notebooks.UNCHECKED


def code(source="x = 1", count=1, outputs=(), tags=(), **metadata):
    metadata = nbformat.from_dict({"tags": list(tags), **metadata})
    return new_code_cell(
        source, execution_count=count, outputs=list(outputs), metadata=metadata, id=f"c{count}"
    )


def shown(**data):
    return new_output("display_data", data={key.replace("_", "/"): value for key, value in data.items()})


PRINTED = new_output("stream", name="stdout", text="1\n")
PNG = new_output("display_data", data={"image/png": "AAAA"})
CHECK, BEGIN, END = 'check("matmul.vjp", f)', make_editions.BEGIN, make_editions.END
SOLUTION = {"code_prompt_show": "Show the solution"}
IMAGE = {"alt": "A falling line"}
FIGURE = {"caption": "The loss falls.", "name": "fig-loss"}
ALT = {"mystnb": {"image": IMAGE, "figure": FIGURE}}


def chapter(*cells, title="# A title"):
    """Make a faultless chapter around some cells."""
    first = code("print(1)", 1, [PRINTED])
    notebook = new_notebook(cells=[new_markdown_cell(title, id="title"), first, *cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return notebook


def faults(notebook, tmp_path, allowed=frozenset()) -> list[str]:
    path = tmp_path / "chapter.ipynb"
    nbformat.write(notebook, path)
    return lint_notebooks.lint(path, set(allowed))


def test_faultless_chapter(tmp_path) -> None:
    assert faults(chapter(code("y", 2, [PNG], **ALT)), tmp_path) == []


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([code(count=3)], "not executed in order"),
        ([code(count=None)], "not executed in order"),
        ([code(count=i) for i in range(2, 27)], "26 code cells"),
        ([code("x = 1\n" * 26, 2), code(count=3)], "26 lines, at most 25"),
        ([code("x = 1\n" * 20, 2), code("x = 1\n" * 20, 3)], "the median code cell has 20 lines"),
        ([new_markdown_cell("word " * 2501)], "2503 words"),
        ([code(count=2, tags=["hide_input"])], "unknown tag 'hide_input'"),
        ([code(count=2, tags=["nbval-ignore-output"])], "needs an entry"),
        ([code("# NBVAL_IGNORE_OUTPUT\nx", 2)], "switches the comparison off"),
        ([code("# PYTEST_VALIDATE_IGNORE_OUTPUT", 2)], "switches the comparison off"),
        ([code(count=2, outputs=[PNG], mystnb={"figure": FIGURE})], "image without alt text"),
        (
            [code(count=2, outputs=[PNG], mystnb={"image": {"alt": " "}, "figure": FIGURE})],
            "image without alt text",
        ),
        (
            [code(count=2, outputs=[PNG], mystnb={"image": IMAGE, "figure": {"name": "fig-loss"}})],
            "image without caption",
        ),
        (
            [code(count=2, outputs=[PNG], mystnb={"image": IMAGE, "figure": {"caption": "It falls."}})],
            "image without name",
        ),
        ([code(count=2, outputs=[PNG, PNG], **ALT)], "2 images share one alt text"),
        ([code(count=2, outputs=[shown(text_html="<svg><rect/></svg>")])], "inline SVG without <title>"),
        ([code(count=2, outputs=[shown(text_html="<img src='a.png'>")])], "HTML image without alt text"),
        ([new_markdown_cell("![](figure.png)")], "Markdown image without alt text"),
        ([code("open('/home/ada/x.csv')", 2)], "machine path"),
        ([code(count=2, outputs=[shown(text_plain="C:\\Users\\ada")])], "machine path"),
        (
            [code(count=2, outputs=[new_output("error", ename="ValueError", evalue="no")])],
            "ValueError in the output",
        ),
        ([code(count=2, outputs=[new_output("stream", name="stderr", text="warn")])], "text on stderr"),
        ([new_markdown_cell("# Another title")], "2 titles"),
        ([code(f"{CHECK}\n{END}", 2, tags=["hide-cell"])], "without a partner"),
        ([code(f"{BEGIN}\n{CHECK}", 2, tags=["hide-cell"])], "without a partner"),
        ([code(f"{BEGIN}\n{END}\n{CHECK}", 2)], "belong in a code cell tagged hide-cell"),
        ([new_markdown_cell(f"    {BEGIN}\n    {END}")], "belong in a code cell tagged hide-cell"),
        ([code(f"{BEGIN}\n1\n{END}", 2, tags=["hide-cell"])], "needs its markers and its check"),
        ([code(CHECK, 2, tags=["hide-cell"], mystnb=SOLUTION)], "needs its markers and its check"),
        ([new_markdown_cell("### Too deep")], "a heading of level 3 follows one of level 1"),
    ],
)
def test_each_rule_catches_its_fault(cells, message, tmp_path) -> None:
    found = faults(chapter(*cells), tmp_path)
    assert len(found) == 1
    assert message in found[0]


def test_title_comes_first(tmp_path) -> None:
    notebook = chapter(new_markdown_cell("# Late"), title="No title")
    assert faults(notebook, tmp_path) == ["the first cell has no title (# ...)"]


def test_outputs_are_committed(tmp_path) -> None:
    notebook = chapter()
    notebook.cells[1].outputs = []
    assert faults(notebook, tmp_path) == ["no cell has an output: run `make notebooks`"]


def test_metadata_names_no_version(tmp_path) -> None:
    notebook = chapter()
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    notebook.metadata["kernelspec"]["name"] = "my-env"
    assert len(faults(notebook, tmp_path)) == 2


def test_what_is_allowed(tmp_path) -> None:
    """Wanted exceptions, listed cells, `#` lines inside code blocks, formulas and code in the word count."""
    notebook = chapter(
        code("1 / 0", 2, [new_output("error", ename="ZeroDivisionError", evalue="")], ["raises-exception"]),
        code("t", 3, tags=["nbval-ignore-output"]),
        new_markdown_cell("```python\n# not a heading\n" + "word " * 3000 + "\n```\n\n$$ a b c $$"),
    )
    assert faults(notebook, tmp_path, {("chapter.ipynb", "c3", "nbval-ignore-output")}) == []


def test_checked_exercises_and_those_on_the_list(tmp_path, monkeypatch) -> None:
    checked = chapter(code(f"{BEGIN}\nf = 1\n{END}\n{CHECK}", 2, tags=["hide-cell"]))
    assert faults(checked, tmp_path) == []
    monkeypatch.setattr(lint_notebooks, "UNCHECKED", {"chapter.ipynb"})
    assert "take chapter.ipynb off the list" in faults(checked, tmp_path)[0]
    assert faults(chapter(code("f = 1", 2, tags=["hide-cell"], mystnb=SOLUTION)), tmp_path) == []


def test_stale_entry_of_the_allow_list(tmp_path) -> None:
    found = faults(chapter(), tmp_path, {("chapter.ipynb", "gone", "nbval-skip")})
    assert len(found) == 1
    assert "no such cell" in found[0]


def test_allow_list_wants_reasons(tmp_path) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[[cell]]\nnotebook = "a.ipynb"\nid = "c"\ntag = "nbval-skip"\nreason = " "\n')
    with pytest.raises(SystemExit, match="without a reason"):
        lint_notebooks.read_allow_list(path)
