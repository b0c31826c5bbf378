"""Execute chapters from a fresh kernel and save their outputs, the same bytes each time.

A chapter whose cell fails is not written: the file on disk stays as it was, and the failing cell is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

BOOK = Path(__file__).resolve().parents[1]

# No version of Python or of a kernel: a chapter executed on another machine gives the same file.
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
# Cell metadata that says how or when somebody looked at a cell, not what it is.
TRANSIENT = {"collapsed", "ExecuteTime", "execution", "jupyter", "scrolled", "trusted"}

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def normalise(notebook: NotebookNode) -> None:
    """Drop what differs between two runs or two editors."""
    notebook.metadata.update(kernelspec=KERNELSPEC, language_info=LANGUAGE_INFO)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{number}")
        for key in TRANSIENT & cell.metadata.keys():
            del cell.metadata[key]


def name_widgets(notebook: NotebookNode) -> NotebookNode:
    """Number the widgets in the order of their creation: Jupyter names them at random.

    What a widget has at None it has by default; without it the page is lighter.
    """
    saved = notebook.metadata.get("widgets", {}).get(WIDGET_STATE)
    if saved is None:
        return notebook
    for widget in saved["state"].values():
        widget["state"] = {key: value for key, value in widget["state"].items() if value is not None}
    text = json.dumps(notebook)
    for number, name in enumerate(saved["state"]):
        text = text.replace(name, f"widget-{number:04d}")
    named: NotebookNode = nbformat.from_dict(json.loads(text))
    return named


def execute(path: Path, timeout: int) -> int:
    """Execute one chapter in its own folder, write it, and return the number of code cells."""
    notebook = nbformat.read(path, as_version=4)
    normalise(notebook)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # how a stream is cut into messages depends on timing
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    normalise(notebook)  # the kernel has told its version
    notebook = name_widgets(notebook)
    nbformat.validate(notebook)
    draft = path.with_suffix(".tmp")
    nbformat.write(notebook, draft)
    os.replace(draft, path)
    return sum(cell.cell_type == "code" for cell in notebook.cells)


def main() -> int:
    """Parse the command line, execute, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every chapter of the book")
    parser.add_argument("--timeout", type=int, default=900, help="seconds for one cell")
    args = parser.parse_args()

    paths = args.notebooks or sorted(BOOK.glob("*.ipynb"))
    if not paths:
        parser.error(f"there is no chapter in {BOOK}")
    failed = []
    for number, path in enumerate(paths, start=1):
        print(f"[{number}/{len(paths)}] {path.name} ... ", end="", flush=True)
        start = time.perf_counter()
        try:
            cells = execute(path, args.timeout)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failed.append(path.name)
            print("FAILED, the file is unchanged")
            print(str(error) if sys.stdout.isatty() else ANSI.sub("", str(error)))
        else:
            print(f"{cells} code cells in {time.perf_counter() - start:.1f} s", flush=True)
    if failed:
        print(f"{len(failed)} of {len(paths)} chapters failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
