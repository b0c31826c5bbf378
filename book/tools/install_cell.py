"""Put a cell at the head of each chapter that installs the package where it is missing, as in Colab.

At home the package is there, and the cell does nothing; the built pages leave it out. It needs the address of
the repository, which stands in ``_config.yml``. After a change of it: this script, then ``make notebooks``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

BOOK = Path(__file__).resolve().parents[1]
CONFIG = BOOK.parent / "_config.yml"

ID = "install"
MISSING = """\
import importlib.util

if importlib.util.find_spec("autograd_lab") is None:  # not at home, but in Colab for example
    """
INSTALL = '%pip install --quiet "autograd-lab[chapters] @ git+{address}"'
NO_ADDRESS = 'raise ModuleNotFoundError("autograd_lab is missing; the page Set up says how to install it")'


def address(config: Path = CONFIG) -> str:
    """Return the address of the repository, or "" if it has none yet."""
    settings: Any = yaml.safe_load(config.read_text(encoding="utf-8"))
    return str(settings.get("repository", {}).get("url") or "")


def source(url: str) -> str:
    """Return the code of the cell for a repository at an address."""
    return MISSING + (INSTALL.format(address=url) if url else NO_ADDRESS)


def has_cell(notebook: NotebookNode, url: str) -> bool:
    """Whether the cell stands where it should, right after the title, and says what it should."""
    cell = notebook.cells[1] if len(notebook.cells) > 1 else {}
    right = cell.get("source") == source(url) and cell.get("metadata", {}).get("tags") == ["remove-cell"]
    return cell.get("id") == ID and right


def put_cell(notebook: NotebookNode, url: str) -> None:
    """Put the cell after the title, or mend the one that is there; what follows is counted on."""
    cells = [cell for cell in notebook.cells if cell.get("id") != ID]
    new = len(cells) == len(notebook.cells)
    for cell in cells if new else []:
        if cell.cell_type == "code" and cell.execution_count is not None:
            cell.execution_count += 1
            for output in cell.outputs:
                if output.get("execution_count") is not None:
                    output.execution_count += 1
    head = new_code_cell(source(url), id=ID, execution_count=1, metadata={"tags": ["remove-cell"]})
    notebook.cells = [*cells[:1], head, *cells[1:]]


def main() -> int:
    """Parse the command line, write, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every chapter of the book")
    args = parser.parse_args()
    url = address()
    changed = []
    for path in args.notebooks or sorted(BOOK.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if not has_cell(notebook, url):
            put_cell(notebook, url)
            nbformat.validate(notebook)
            nbformat.write(notebook, path)
            changed.append(path.name)
    where = url or "an empty address"
    print(f"{len(changed)} chapters changed for {where}{': ' * bool(changed)}{', '.join(changed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
