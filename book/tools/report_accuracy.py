"""Say where the built book is and which MNIST test accuracy its run reached.

The number is the value that the chapter glued as `test_accuracy` while the build executed it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "book/mnist.ipynb"
NAME = "test_accuracy"


def glued(path: Path, name: str) -> str | None:
    """Return the text of the value glued as `name`, from the file that myst-nb writes for a notebook."""
    if not path.exists():
        return None
    output = json.loads(path.read_text(encoding="utf-8")).get(name)
    return None if output is None else str(output["data"]["text/plain"])


def as_fraction(text: str) -> float:
    """Read `0.9812`, `np.float64(0.9812)`, `'98.12'` or `'98.12 %'` as 0.9812."""
    number = float(text.rpartition("(")[2].strip(" )'\"%"))
    return number / 100 if number > 1 else number


def report(root: Path, at_least: float) -> tuple[int, str]:
    """Return the exit status and the lines to print."""
    index, values = root / "_build/html/index.html", root / "_build/jupyter_execute" / CHAPTER
    if not index.exists():
        return 1, f"No built book: {index.relative_to(root)} is missing."
    book = f"The book: {index}"
    if not (root / CHAPTER).exists():
        return 0, f"{book}\nMNIST test accuracy: none, {CHAPTER} does not exist yet."
    text = glued(values.with_suffix(".glue.json"), NAME)
    if text is None:
        return 1, f'{book}\n{CHAPTER} ran, but glued no value: glue("{NAME}", ...) is missing in it.'
    accuracy = as_fraction(text)
    book += f"\nMNIST test accuracy reached by this build: {accuracy:.2%}"
    if not accuracy >= at_least:
        return 1, f"{book}, below the {at_least:.1%} that this network reaches when everything is right."
    return 0, book


def main() -> int:
    """Parse the command line, print the report, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's top folder")
    parser.add_argument("--at-least", type=float, default=0.975, help="fail below this fraction")
    args = parser.parse_args()
    status, lines = report(args.root, args.at_least)
    print(f"\n{lines}", file=sys.stderr if status else sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main())
