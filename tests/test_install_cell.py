"""The cell that installs the package where a chapter is opened without it."""

import ast
import importlib.util
import re
import sys
import tomllib
from types import SimpleNamespace

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import install_cell
import lint_notebooks
from install_cell import address, has_cell, put_cell, source

ADDRESS = "https://github.com/ada/lab"
ROOT = install_cell.BOOK.parent
# What each requirement of the chapters is imported as; their own requirements come with them.
IMPORTED = {"matplotlib": "matplotlib", "ipywidgets": "ipywidgets", "myst-nb": "myst_nb", "numpy": "numpy"}
HERE = {"autograd_lab", "IPython", *IMPORTED.values()}


def chapter():
    shown = new_output("execute_result", data={"text/plain": "2"}, execution_count=1)
    cells = [new_code_cell("1 + 1", execution_count=1, outputs=[shown], id="a"), new_code_cell("x", id="b")]
    return new_notebook(cells=[new_markdown_cell("# A title", id="title"), *cells])


def test_the_cell_stands_below_the_title_and_moves_the_counts() -> None:
    notebook = chapter()
    assert not has_cell(notebook, ADDRESS)
    put_cell(notebook, ADDRESS)
    assert has_cell(notebook, ADDRESS)
    assert [cell.id for cell in notebook.cells] == ["title", "install", "a", "b"]
    assert [cell.execution_count for cell in notebook.cells[1:]] == [1, 2, None]
    assert notebook.cells[2].outputs[0].execution_count == 2
    nbformat.validate(notebook)


def test_a_new_address_replaces_the_old_one() -> None:
    notebook = chapter()
    put_cell(notebook, "")
    put_cell(notebook, ADDRESS)
    assert has_cell(notebook, ADDRESS)
    assert not has_cell(notebook, "")
    assert [cell.execution_count for cell in notebook.cells[1:]] == [1, 2, None]


def test_at_home_it_does_nothing() -> None:
    exec(source(""), {})


def test_elsewhere_it_installs_the_package(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="Set up"):
        exec(source(""), {})
    ran = []
    shell = SimpleNamespace(run_line_magic=lambda *magic: ran.append(magic))
    exec(TransformerManager().transform_cell(source(ADDRESS)), {"get_ipython": lambda: shell})
    assert ran == [("pip", f'install --quiet "autograd-lab[chapters] @ git+{ADDRESS}"')]


def test_the_script_writes_once(tmp_path, monkeypatch, capsys) -> None:
    path = tmp_path / "chapter.ipynb"
    nbformat.write(chapter(), path)
    monkeypatch.setattr(sys, "argv", ["install_cell.py", str(path)])
    assert install_cell.main() == 0
    assert "1 chapters changed" in capsys.readouterr().out
    first = path.read_bytes()
    install_cell.main()
    assert "0 chapters changed" in capsys.readouterr().out
    assert path.read_bytes() == first
    assert has_cell(nbformat.read(path, as_version=4), address())


def test_the_address_is_read_from_the_configuration(tmp_path) -> None:
    config = tmp_path / "_config.yml"
    for text, expected in [
        ("title: x", ""),
        ('repository:\n  url: ""', ""),
        (f"repository:\n  url: {ADDRESS}", ADDRESS),
    ]:
        config.write_text(text, encoding="utf-8")
        assert address(config) == expected


def test_lint_asks_for_the_cell_and_does_not_count_it() -> None:
    notebook = chapter()
    (fault,) = lint_notebooks.uninstalled(notebook, "")
    assert "run book/tools/install_cell.py" in fault
    notebook.cells += [new_code_cell("x", execution_count=n, id=f"c{n}") for n in range(2, 25)]
    put_cell(notebook, "")
    assert list(lint_notebooks.uninstalled(notebook, "")) == []
    assert len(lint_notebooks.code_cells(notebook)) == lint_notebooks.MAX_CODE_CELLS + 1
    assert list(lint_notebooks.short_code(notebook)) == []


def test_the_extra_brings_what_the_chapters_import() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [*extras["dependencies"], *extras["optional-dependencies"]["viz"]]
    named += extras["optional-dependencies"]["chapters"]
    assert {re.split(r"[\[<>=]", name)[0] for name in named} - {"autograd-lab"} == set(IMPORTED)
    for path in sorted(install_cell.BOOK.glob("*.ipynb")):
        for cell in lint_notebooks.code_cells(nbformat.read(path, as_version=4)):
            imported = {name.partition(".")[0] for name in imports(cell.source)}
            assert imported - set(sys.stdlib_module_names) <= HERE, path.name


def imports(code: str):
    """Yield the modules that a cell imports."""
    for node in ast.walk(ast.parse(re.sub(r"^(\s*)%.*$", r"\1pass", code, flags=re.MULTILINE))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
