"""Write two editions of the chapters: students get exercises without solutions, instructors get notes.

A solution is what stands between ``### BEGIN SOLUTION`` and ``### END SOLUTION`` in a folded cell. These are
nbgrader's markers, and it is not needed. Its cell metadata is left out: that serves a gradebook, and `check`
gives no points. With ``ClearSolutions.enforce_metadata = False`` nbgrader reads the chapters as they are.

Notes stand in ``book/instructor/<chapter>.md``: a heading ``# <cell id>``, then what to say after that cell.
"""

from __future__ import annotations

import argparse
import copy
import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograd_lab.selfcheck import EXERCISES

BOOK = Path(__file__).resolve().parents[1]
DIST = BOOK.parent / "dist"

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = ("# your code here", "raise NotImplementedError()")
CHECKED = re.compile(r"""\bcheck\(\s*["']([\w.]+)["']""")
NOTE = "instructor"  # the tag of a cell that only instructors get


def is_solution(cell: NotebookNode) -> bool:
    """Whether a cell shows how an exercise is solved: it has the markers, or its fold is named so."""
    prompt = cell.metadata.get("mystnb", {}).get("code_prompt_show", "")
    folded = "hide-cell" in cell.metadata.get("tags", [])
    named = "solution" in prompt.lower() or cell.get("id", "").startswith("solution")
    return cell.cell_type == "code" and (BEGIN in cell.source or (folded and named))


def without_solution(source: str) -> str:
    """Put a stub where a solution stands, as far in as its first marker; without markers, all is solution.

    Raises
    ------
    ValueError
        If a marker has no partner.
    """
    if BEGIN not in source and END not in source:
        return "\n".join(STUB)
    kept, inside = [], False
    for line in source.split("\n"):
        marker = line.strip()
        if marker == (END if inside else BEGIN):
            inside = not inside
            if inside:
                kept += [line[: line.index("#")] + part for part in STUB]
        elif marker in (BEGIN, END):
            raise ValueError(f"{marker!r} without a partner")
        elif not inside:
            kept.append(line)
    if inside:
        raise ValueError(f"{BEGIN!r} without a partner")
    return "\n".join(kept)


def exercises(notebook: NotebookNode) -> list[str]:
    """Return the names of the exercises that a chapter's solutions check."""
    solutions = [cell for cell in notebook.cells if is_solution(cell)]
    return list(dict.fromkeys(name for cell in solutions for name in checked(cell)))


def checked(cell: NotebookNode) -> list[str]:
    """Return the names of the exercises that a cell checks, each once."""
    return list(dict.fromkeys(CHECKED.findall(cell.source)))


def student(chapter: NotebookNode, notes: dict[str, str]) -> NotebookNode:
    """Take the solutions out, unfold their cells, and end with the score.

    Cells whose output is folded lose it too: a question comes before its answer, and JupyterLab unfolds all.
    """
    notebook = copy.deepcopy(chapter)
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if solution := is_solution(cell):
            cell.source = without_solution(cell.source)
            cell.metadata.pop("mystnb", None)
            cell.metadata["tags"] = sorted(tags - {"hide-cell", "hide-input", "hide-output"})
        if solution or (cell.cell_type == "code" and tags & {"hide-output", "hide-cell"}):
            cell.outputs, cell.execution_count = [], None
    if names := exercises(chapter):
        listed = ",\n    ".join(f'"{name}"' for name in names)
        source = f"from autograd_lab.selfcheck import score\n\nprint(score(\n    {listed},\n))"
        notebook.cells.append(new_code_cell(source, id="score"))
    return notebook


def instructor(chapter: NotebookNode, notes: dict[str, str]) -> NotebookNode:
    """Keep everything; add the notes, and after each solution the mistakes that `check` knows.

    Raises
    ------
    ValueError
        If a note belongs to no cell.
    """
    notebook = copy.deepcopy(chapter)
    if lost := notes.keys() - {cell.id for cell in notebook.cells}:
        raise ValueError(f"notes for cells that do not exist: {', '.join(sorted(lost))}")
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        texts = [f"**For instructors.** {notes[cell.id]}"] if cell.id in notes else []
        if is_solution(cell):
            texts += [known_mistakes(name) for name in checked(cell)]
        if texts:
            note = new_markdown_cell("\n\n".join(texts), id=f"{cell.id}-note", metadata={"tags": [NOTE]})
            cells.append(note)
    notebook.cells = cells
    return notebook


def known_mistakes(name: str) -> str:
    """List what `check` says to the mistakes that it knows by name."""
    if name not in EXERCISES:
        raise ValueError(f"there is no exercise {name!r}")
    says = "\n".join(f"- {text}" for text in EXERCISES[name].mistakes)
    return f'**Mistakes that `check("{name}", ...)` calls by name:**\n\n{says}'


def read_notes(path: Path) -> dict[str, str]:
    """Read a chapter's notes, by the id of the cell that each belongs to; none if there is no such file."""
    if not path.exists():
        return {}
    parts = re.split(r"^# (\S+)[ \t]*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {cell: text.strip() for cell, text in zip(parts[1::2], parts[2::2], strict=True)}


EDITIONS: dict[str, Callable[[NotebookNode, dict[str, str]], NotebookNode]] = {
    "student": student,
    "instructor": instructor,
}


def write(edition: str, paths: list[Path], target: Path) -> None:
    """Write one edition of some chapters to a folder."""
    target.mkdir(parents=True, exist_ok=True)
    for path in paths:
        chapter = nbformat.read(path, as_version=4)
        notes = read_notes(path.parent / "instructor" / f"{path.stem}.md")
        try:
            made = EDITIONS[edition](chapter, notes)
        except ValueError as error:
            raise SystemExit(f"{path.name}: {error}") from error
        nbformat.validate(made)
        nbformat.write(made, target / path.name)


def main() -> int:
    """Parse the command line and write."""
    parser = argparse.ArgumentParser(
        description="Write the students' or the instructors' edition of the chapters."
    )
    parser.add_argument("edition", choices=EDITIONS)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every chapter of the book")
    parser.add_argument("--to", type=Path, help="folder to write to; default: dist/<edition>")
    args = parser.parse_args()
    paths = args.notebooks or sorted(BOOK.glob("*.ipynb"))
    target = args.to or DIST / args.edition
    write(args.edition, paths, target)
    print(f"{len(paths)} chapter{'s' * (len(paths) != 1)} in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
