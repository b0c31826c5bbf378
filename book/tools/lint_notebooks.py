"""Check the form of the chapters: executed in order, short, tagged from a vocabulary, readable without sight.

Each rule is a function from a notebook to the faults it found; RULES lists them.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tomllib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

import install_cell
from make_editions import BEGIN, CHECKED, END, is_solution, without_solution

TOOLS = Path(__file__).resolve().parent
BOOK = TOOLS.parent
ALLOW_LIST = TOOLS / "comparison_off.toml"

MAX_CODE_CELLS = 25
MAX_CELL_LINES = 25
MAX_MEDIAN_LINES = 6
MAX_WORDS = 2500

TAGS = {
    *("hide-input", "hide-output", "hide-cell"),
    *("remove-input", "remove-output", "remove-cell"),
    *("full-width", "margin", "output_scroll", "raises-exception"),
}
# Each needs an entry in the allow-list.
COMPARISON_OFF = {"nbval-ignore-output", "nbval-skip", "skip-execution"}
# Pages that are no chapters: they have no exercises.
UNCHECKED = {
    "draw_a_digit.ipynb",
    "explore.ipynb",
}
# The same switches as comments, where nobody would look for them.
COMPARISON_OFF_COMMENT = re.compile(r"#\s*(NBVAL|PYTEST_VALIDATE)_(?!CHECK)\w+")

CODE_FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
WORD = re.compile(r"[^\W\d_][\w'’-]*")
HEADING = re.compile(r"^(#{1,6}) +\S", re.MULTILINE)
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|mnt|opt|private|root|srv|tmp|usr|Users|var|work)/\w"
    r"|\b[A-Za-z]:\\\w|file://|site-packages|ipykernel_\d"
)

Faults = Iterator[str]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Code cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def prose(notebook: NotebookNode) -> str:
    """All Markdown cells, without code blocks."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return CODE_FENCE.sub("", text)


def name(cell: NotebookNode) -> str:
    """Name a cell so that a person finds it."""
    first = cell.source.strip().split("\n")[0]
    return f"cell {cell.get('id', '?')} ({first[:50]})"


def tags(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def strings(value: Any) -> Iterator[str]:
    """Yield every string below a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def executed_in_order(notebook: NotebookNode) -> Faults:
    """Execution counts are 1..n: one run, from a fresh kernel, from top to bottom."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"not executed in order from a fresh kernel (counts {counts}): run `make notebooks`"


def outputs_committed(notebook: NotebookNode) -> Faults:
    """A chapter with code shows what it printed."""
    cells = code_cells(notebook)
    if cells and not any(cell.outputs for cell in cells):
        yield "no cell has an output: run `make notebooks`"


def short_code(notebook: NotebookNode) -> Faults:
    """What is longer belongs in the package. The cell that installs it is not counted."""
    cells = [cell for cell in code_cells(notebook) if cell.get("id") != install_cell.ID]
    lines = [len(cell.source.strip().split("\n")) for cell in cells]
    if len(lines) > MAX_CODE_CELLS:
        yield f"{len(lines)} code cells, at most {MAX_CODE_CELLS}"
    for cell, count in zip(cells, lines, strict=True):
        if count > MAX_CELL_LINES:
            yield f"{name(cell)} has {count} lines, at most {MAX_CELL_LINES}"
    if lines and (median := statistics.median(lines)) > MAX_MEDIAN_LINES:
        yield f"the median code cell has {median} lines, at most {MAX_MEDIAN_LINES}"


def short_prose(notebook: NotebookNode) -> Faults:
    """A chapter is read in one sitting. Formulas and code blocks are not counted."""
    words = len(WORD.findall(MATH.sub("", prose(notebook))))
    if words > MAX_WORDS:
        yield f"{words} words, at most {MAX_WORDS}"


def known_tags(notebook: NotebookNode) -> Faults:
    """A mistyped tag does nothing, silently."""
    for cell in notebook.cells:
        for tag in sorted(tags(cell) - TAGS - COMPARISON_OFF):
            yield f"{name(cell)}: unknown tag {tag!r}"


def no_hidden_switches(notebook: NotebookNode) -> Faults:
    """Comparison is switched off by a tag, which the allow-list knows, never by a comment."""
    for cell in code_cells(notebook):
        if match := COMPARISON_OFF_COMMENT.search(cell.source):
            yield f"{name(cell)}: {match.group()!r} switches the comparison off; use a tag and the allow-list"


def alt_text(notebook: NotebookNode) -> Faults:
    """Every image says in words what it shows."""
    for cell in notebook.cells:
        images = 0
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                yield from (f"{name(cell)}: {fault}" for fault in html_faults(data["text/html"]))
            elif any(kind.startswith("image/") for kind in data):
                images += 1
        if images > 1:
            yield f"{name(cell)}: {images} images share one alt text; give each its own cell"
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if images and not alt.strip():
            yield f"{name(cell)}: image without alt text; set mystnb.image.alt in the cell's metadata"
        if cell.cell_type == "markdown" and re.search(r"!\[\s*\]\(", cell.source):
            yield f"{name(cell)}: Markdown image without alt text"


def captions(notebook: NotebookNode) -> Faults:
    """Every image has a caption, and a name to refer to it by."""
    for cell in code_cells(notebook):
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if any(kind.startswith("image/") for kind in kinds):
            for key in ("caption", "name"):
                if not str(figure.get(key, "")).strip():
                    yield f"{name(cell)}: image without {key}; set mystnb.figure.{key} in the cell's metadata"


def html_faults(html: str) -> Faults:
    """Inline pictures carry their own words: `alt` on `<img>`, `<title>` or `aria-label` in `<svg>`."""
    for tag in re.findall(r"<img\b[^>]*>", html):
        if not re.search(r"\balt=(['\"])\s*\S", tag):
            yield "HTML image without alt text"
    for svg in re.findall(r"<svg\b.*?</svg>", html, re.DOTALL):
        if not re.search(r"<title[ >]|\baria-label=|\baria-hidden=", svg):
            yield "inline SVG without <title>"


def no_machine_paths(notebook: NotebookNode) -> Faults:
    """Nothing tells where the chapter was executed, and nothing works only there."""
    for cell in notebook.cells:
        for text in strings([cell.source, cell.get("outputs", [])]):
            if match := MACHINE_PATH.search(text):
                found = text[max(0, match.start() - 10) : match.end() + 30]
                yield f"{name(cell)}: machine path in {found!r}"
                break


def no_errors(notebook: NotebookNode) -> Faults:
    """No traceback that the chapter did not ask for, and no warnings."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                yield f"{name(cell)}: {output.ename} in the output; a wanted one has the tag raises-exception"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"{name(cell)}: text on stderr: {output.text[:60]!r}"


def headings(notebook: NotebookNode) -> Faults:
    """One title, at the top, and no level skipped below it."""
    levels = [len(hashes) for hashes in HEADING.findall(prose(notebook))]
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not re.search(r"^# +\S", first.source, re.MULTILINE):
        yield "the first cell has no title (# ...)"
    if levels.count(1) != 1:
        yield f"{levels.count(1)} titles (# ...), exactly one is wanted"
    for upper, lower in pairwise(levels):
        if lower > upper + 1:
            yield f"a heading of level {lower} follows one of level {upper}"


def solution_markers(notebook: NotebookNode) -> Faults:
    """The markers come in pairs, in folded cells: what a student's edition leaves out is well defined."""
    for cell in notebook.cells:
        if BEGIN not in cell.source and END not in cell.source:
            continue
        if cell.cell_type != "code" or "hide-cell" not in tags(cell):
            yield f"{name(cell)}: solution markers belong in a code cell tagged hide-cell"
        try:
            without_solution(cell.source)
        except ValueError as error:
            yield f"{name(cell)}: {error}"


def plain_metadata(notebook: NotebookNode) -> Faults:
    """No version of Python and no kernel of somebody's own in the file."""
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3: run `make notebooks`"
    if "version" in notebook.metadata.get("language_info", {}):
        yield "the metadata names a version of Python: run `make notebooks`"


RULES: list[Callable[[NotebookNode], Faults]] = [
    executed_in_order,
    outputs_committed,
    short_code,
    short_prose,
    known_tags,
    no_hidden_switches,
    alt_text,
    captions,
    no_machine_paths,
    no_errors,
    headings,
    solution_markers,
    plain_metadata,
]


def read_allow_list(path: Path = ALLOW_LIST) -> set[tuple[str, str, str]]:
    """Read the cells that may go uncompared, as (notebook, cell id, tag); each must state its reason."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("cell", [])
    for entry in entries:
        if not str(entry.get("reason", "")).strip():
            raise SystemExit(f"{path.name}: an entry without a reason: {entry}")
    return {(entry["notebook"], entry["id"], entry["tag"]) for entry in entries}


def unchecked(notebook: NotebookNode, file: str) -> Faults:
    """Each solution has its markers and passes the check that its readers' answers must pass."""
    solutions = [cell for cell in notebook.cells if is_solution(cell)]
    wrong = [cell for cell in solutions if not CHECKED.search(cell.source) or BEGIN not in cell.source]
    if file not in UNCHECKED:
        yield from (f'{name(cell)}: a solution needs its markers and its check("...")' for cell in wrong)
    elif solutions and not wrong:
        yield f"its exercises are checked: take {file} off the list UNCHECKED"


def uninstalled(notebook: NotebookNode, address: str) -> Faults:
    """A chapter that is opened in Colab installs the package first."""
    if not install_cell.has_cell(notebook, address):
        yield "no cell below the title that installs the package: run book/tools/install_cell.py"


def uncompared(notebook: NotebookNode, file: str) -> set[tuple[str, str, str]]:
    """Return the cells that switch the comparison off, as (notebook, cell id, tag)."""
    return {
        (file, cell.get("id", "?"), tag) for cell in notebook.cells for tag in tags(cell) & COMPARISON_OFF
    }


def lint(path: Path, allowed: set[tuple[str, str, str]]) -> list[str]:
    """Return all faults of one chapter."""
    notebook = nbformat.read(path, as_version=4)
    faults = [fault for rule in RULES for fault in rule(notebook)]
    faults += unchecked(notebook, path.name)
    if path.resolve().parent == BOOK:
        faults += uninstalled(notebook, install_cell.address())
    found = uncompared(notebook, path.name)
    listed = {entry for entry in allowed if entry[0] == path.name}
    for _, cell, tag in sorted(found - listed):
        faults.append(f"cell {cell}: {tag} needs an entry in {ALLOW_LIST.name}")
    for _, cell, tag in sorted(listed - found):
        faults.append(f"{ALLOW_LIST.name} lists cell {cell} with {tag}: no such cell")
    return faults


def main() -> int:
    """Parse the command line, print the faults, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every chapter of the book")
    args = parser.parse_args()
    allowed = read_allow_list()
    paths = args.notebooks or sorted(BOOK.glob("*.ipynb"))
    faults = [f"{path.name}: {fault}" for path in paths for fault in lint(path, allowed)]
    print("\n".join(faults) if faults else f"{len(paths)} chapters, no fault in their form")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
