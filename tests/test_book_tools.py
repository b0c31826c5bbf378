"""The scripts behind `make notebooks`, `make book` and `make assets`."""

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import copy_assets
import execute_notebooks
import report_accuracy


@pytest.fixture
def notebook(tmp_path: Path):
    def write(*sources: str) -> Path:
        path = tmp_path / "chapter.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
        return path

    return write


def run(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["execute_notebooks.py", str(path)])
    return execute_notebooks.main()


def test_execution_gives_the_same_bytes_twice(notebook, monkeypatch) -> None:
    path = notebook("print(1)\nprint(2)", "6 * 7")
    assert run(path, monkeypatch) == 0
    first = path.read_bytes()
    assert run(path, monkeypatch) == 0
    assert path.read_bytes() == first
    saved = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in saved.cells] == [1, 2]
    assert saved.cells[0].outputs[0].text == "1\n2\n"
    assert saved.metadata.kernelspec.name == "python3"
    assert "version" not in saved.metadata.language_info
    assert not re.search(rb"iopub|version_info|mimetype.*version", first)


def test_widgets_get_the_same_names_twice(notebook, monkeypatch) -> None:
    pytest.importorskip("ipywidgets")
    path = notebook("import ipywidgets as w", "w.VBox([w.IntSlider(3, description='n'), w.HTML('n')])")
    assert run(path, monkeypatch) == 0
    first = path.read_bytes()
    assert run(path, monkeypatch) == 0
    assert path.read_bytes() == first
    saved = nbformat.read(path, as_version=4)
    state = saved.metadata.widgets[execute_notebooks.WIDGET_STATE]["state"]
    assert list(state) == [f"widget-{number:04d}" for number in range(len(state))]
    shown = saved.cells[1].outputs[0].data["application/vnd.jupyter.widget-view+json"].model_id
    assert state[shown]["model_name"] == "VBoxModel"
    children = [child.removeprefix("IPY_MODEL_") for child in state[shown]["state"]["children"]]
    assert [state[child]["model_name"] for child in children] == ["IntSliderModel", "HTMLModel"]
    assert not re.search(rb"[0-9a-f]{32}", first)


def test_failing_cell_leaves_the_file(notebook, monkeypatch, capsys) -> None:
    path = notebook("x = 1", "raise ValueError('not today')")
    before = path.read_bytes()
    assert run(path, monkeypatch) == 1
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    shown = capsys.readouterr().out
    assert "raise ValueError('not today')" in shown
    assert "the file is unchanged" in shown


@pytest.mark.parametrize("text", ["0.9812", "np.float64(0.9812)", "'98.12'", "'98.12 %'", "98.12"])
def test_accuracy_is_read_in_every_form(text: str) -> None:
    assert report_accuracy.as_fraction(text) == pytest.approx(0.9812)


@pytest.fixture
def built(tmp_path: Path):
    """Make a built book; the chapter exists if something is glued."""

    def build(glued: dict[str, str] | None) -> Path:
        pages, ran = tmp_path / "_build/html", tmp_path / "_build/jupyter_execute/book"
        for folder in (pages, ran, tmp_path / "book"):
            folder.mkdir(parents=True)
        (pages / "index.html").touch()
        if glued is not None:
            (tmp_path / "book/mnist.ipynb").touch()
            values = {name: {"data": {"text/plain": text}} for name, text in glued.items()}
            (ran / "mnist.glue.json").write_text(json.dumps(values))
        return tmp_path

    return build


@pytest.mark.parametrize(
    ("glued", "status", "message"),
    [
        (None, 0, "does not exist yet"),
        ({}, 1, "glued no value"),
        ({"test_accuracy": "0.9812"}, 0, "98.12%"),
        ({"test_accuracy": "0.9"}, 1, "below the 97.5%"),
        ({"test_accuracy": "nan"}, 1, "below the 97.5%"),
    ],
)
def test_report(built, glued, status: int, message: str) -> None:
    found, lines = report_accuracy.report(built(glued), 0.975)
    assert found == status
    assert message in lines


def test_report_without_a_book(tmp_path: Path) -> None:
    assert report_accuracy.report(tmp_path, 0.975)[0] == 1


def test_missing_browser_code_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make assets"):
        copy_assets.copy_assets(tmp_path / "node_modules", tmp_path / "vendor")


def test_lock_file_names_no_host() -> None:
    lock = (copy_assets.TOOLS / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
