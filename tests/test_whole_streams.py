"""A printed line that the kernel sends in two pieces is one line of the page."""

import jupyter_cache.executors.utils as executors
from nbformat.v4 import new_code_cell, new_notebook

import whole_streams

PIECES = "import time\nprint('a:', end='', flush=True)\ntime.sleep(0.3)\nprint(' b', flush=True)"


def test_pieces_are_joined(monkeypatch) -> None:
    monkeypatch.setattr(executors, "executenb", executors.executenb)  # put back afterwards
    whole_streams.setup(None)
    notebook = new_notebook(cells=[new_code_cell(PIECES, id="a")])
    result = executors.single_nb_execution(notebook, cwd=None, timeout=60, allow_errors=False)
    assert [output.text for output in result.nb.cells[0].outputs] == ["a: b\n"]
