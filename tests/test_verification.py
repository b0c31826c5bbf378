"""The verification page: what it counts, what it calls different, and what it says of a build."""

import re
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import verification
from verification import Chapter, Counts, calls, counts, different, rows, summary


def printed(text: str, name: str = "stdout"):
    return new_output("stream", name=name, text=text)


def image(data: str):
    return new_output("display_data", data={"image/png": data, "text/plain": "<Figure>"})


def cell(source: str, *outputs, name: str = "a", tags=()):
    return new_code_cell(source, outputs=list(outputs), id=name, metadata={"tags": list(tags)})


def notebook(*cells):
    return new_notebook(cells=[new_markdown_cell("# A title: and more", id="title"), *cells])


def test_counts() -> None:
    chapter = notebook(
        cell("for f in (a, b):\n    print(ag.gradcheck(f, x))\nag.gradcheck.report(f, x)"),
        cell("as_png(figure)", image("AAAA"), name="b"),
        cell("%pip list\nt", name="c", tags=["nbval-ignore-output"]),
        cell('### BEGIN SOLUTION\nf = 1\n### END SOLUTION\ncheck("matmul.vjp", f)', name="solution"),
        cell("", name="empty"),
    )
    assert counts(chapter) == Counts(
        "A title: and more", cells=4, compared=3, pixels=1, checks=2, exercises=1
    )


def test_calls_are_found_by_their_last_name() -> None:
    assert list(calls("ag.gradcheck.report(f(x))")) == ["report", "f"]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ([printed("1\n")], [printed("1\n")], True),
        ([printed("1\n")], [printed("2\n")], False),
        ([printed("1\n")], [], False),
        ([printed("1\n2\n")], [printed("1\n"), printed("2\n")], True),
        ([printed("1\n")], [printed("1\n", "stderr")], False),
        ([image("AAAA")], [image("BBBB")], True),
        ([printed("<f at 0x7f00aa11>\n")], [printed("<f at 0x7f00bb22>\n")], True),
    ],
)
def test_what_is_different(before, after, same) -> None:
    found = different(notebook(cell("f", *before)), notebook(cell("f", *after)))
    assert found == ([] if same else ["a"])


def test_uncompared_and_missing_cells() -> None:
    loose = cell("t", printed("1\n"), tags=["nbval-ignore-output"])
    assert different(notebook(loose), notebook(cell("t", printed("2\n")))) == []
    assert different(notebook(cell("t")), notebook()) == ["a"]


CHAPTER = Counts("Sums: and means", cells=20, compared=19, pixels=1, checks=7, exercises=3)


def test_a_build_that_executed() -> None:
    text = " ".join(summary([Chapter("book/a", CHAPTER, 90.0, ()), Chapter("book/b", CHAPTER, None, ())]))
    assert "executed 1 of 2 notebooks, 20 code cells in 1.5 minutes, and compared the outputs of 19" in text
    assert "They are the same" in text
    assert "in 14 places" in text
    assert "6 exercises" in text
    assert re.search(r"the 4\d operators with central differences in [89]\d\d cases", text)


def test_a_build_whose_outputs_differ() -> None:
    text = " ".join(summary([Chapter("book/a", CHAPTER, 90.0, ("verify",))]))
    assert "These differ: a (verify)." in text
    assert "the same" not in text


def test_a_build_that_executed_nothing() -> None:
    text = " ".join(summary([Chapter("book/a", CHAPTER, None, ())]))
    assert "executed no notebook: its 1 show the outputs that are committed" in text
    assert rows([Chapter("book/a", CHAPTER, None, ())]) == [("20", "–", "1", "7", "3", "–")]
    assert rows([Chapter("book/a", CHAPTER, 90.0, ())]) == [("20", "19", "1", "7", "3", "90.0")]


def test_time_of_a_reproducible_build(monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert verification.built_at() == "1 January 1970, 00:00 UTC"


def test_versions_name_what_outputs_depend_on() -> None:
    found = dict(verification.versions())
    assert {"Python", "numpy", "Sphinx", "matrix products"} <= found.keys()
    assert not any("/" in value for value in found.values())


def test_chapters_of_a_build(tmp_path) -> None:
    """In the order of the book; outputs from the notebooks that the build has written."""
    (tmp_path / "book").mkdir()
    (tmp_path / "ran/book").mkdir(parents=True)
    for name, now in (("one", "1\n"), ("two", "2\n")):
        nbformat.write(notebook(cell("print(1)", printed("1\n"))), tmp_path / f"book/{name}.ipynb")
        nbformat.write(notebook(cell("print(1)", printed(now))), tmp_path / f"ran/book/{name}.ipynb")
    env = SimpleNamespace(
        config=SimpleNamespace(root_doc="book/index"),
        toctree_includes={"book/index": ["book/two", "book/one"]},
        doc2path=lambda page: str(tmp_path / f"{page}{'.md' if page.endswith('index') else '.ipynb'}"),
        nb_metadata={"book/two": {"exec_data": {"runtime": 3.0}}},
    )
    two, one = verification.chapters(env, tmp_path / "ran")
    assert (two.page, two.seconds, two.differs) == ("book/two", 3.0, ("a",))
    assert (one.page, one.seconds, one.differs) == ("book/one", None, ())


def test_table_has_a_head_and_a_cell_for_each_word() -> None:
    body = [[verification.nodes.Text(word) for word in row] for row in [("a", "b"), ("c", "d")]]
    table = verification.table(("x", "y"), body)
    assert [entry.astext() for entry in table.findall(verification.nodes.entry)] == list("xyabcd")
    assert len(list(table.findall(verification.nodes.thead))) == 1
