"""Check the spelling of what people read: pages, chapters, docstrings, comments, messages. British, -ise.

The prose is written to a temporary folder, line under line as in its file and with blanks for all that is
none: code, formulas, roles, addresses. There cspell reads it. A right word that cspell does not know belongs
in ``words.txt``, sorted; a wrong one is mended where it stands.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parents[1]
CSPELL = TOOLS / "node_modules/cspell/bin.mjs"
CONFIG = TOOLS / "cspell.json"
SUFFIX = ".txt"  # plain text to cspell, whatever it was

PAGES = [
    "*.md",
    "book/*.md",
    "book/instructor/*.md",
    "book/*.ipynb",
    "autograd_lab/**/*.md",
    "autograd_lab/**/*.py",
    "book/tools/*.py",
]

# Directives with prose in them; what stands in any other one is code.
PROSE = {
    *("admonition", "attention", "caution", "danger", "dropdown", "figure", "glossary", "hint", "important"),
    *("margin", "note", "seealso", "sidebar", "tip", "topic", "warning"),
}
FENCE = re.compile(r"^\s*(?P<fence>`{3,}|~{3,}|:{3,})(?:\{(?P<directive>[\w:-]+)\})?(?P<rest>[^`]*)$")

NO_PROSE = [
    re.compile(pattern, re.MULTILINE | re.DOTALL)
    for pattern in (
        r"\A---\n.*?^---$",  # a page's settings
        r"<!--.*?-->",
        r"^[ \t]*>>> [^\n]*(?:\n[ \t]*\S[^\n]*)*",  # an example in a docstring, with what it prints
        r"(?:\{[\w:+-]+\}|:[\w:]+:)?(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)",  # code, and roles
        r"\$\$.+?\$\$(?: *\([\w-]+\))?",  # a formula and its label
        r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}",
        r"(?<![\\\w$])\$(?!\s)(?:[^$\n]|\n(?!\s*\n))+?(?<!\s)\$(?!\d)",
        r"\]\([^)\s]*\)|^\[[^\]]+\]:.*?$",  # targets of links
        r"^\([\w-]+\)=\s*$",  # labels
        r"</?[a-z][\w-]*(?:\s[^<>]*)?/?>|&\w+;",  # HTML
        r"<?\bhttps?://[^\s)>]+>?",
        r"^:[\w-]+:[^\n]*$",  # options of a directive
    )
]
# Names of code and of files, and formulas, written without marks.
CODE_WORD = re.compile(
    r"[A-Z]\w*(?:Error|Warning)\b"
    r"|\w+\([^()\n]*\)|\w+=[^\s,;)]*"  # a call, a keyword and its value
    r"|(?<![\w-])--?[a-z][\w-]*"  # an option
    r"|[\w./-]*(?:_|\w\.\w|\w/\w*\.)[\w./-]*|(?<!\w)\.[a-z]+\b"  # a name with _, a file
    r"|\\[a-z]+"  # TeX
    r"|\w*[ᵀᵢⱼₖ]\w*"
)

# cspell's dictionary has both spellings; these words have a z in either.
OXFORD = re.compile(
    r"\b(?!(?:re|over|under|down)?siz|priz|seiz|capsiz)[a-z]+iz(?:e[drs]?|ers|ing|able|ations?)\b",
    re.IGNORECASE,
)

# In Python also these, before all others.
NO_COMMENT = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"# (?:noqa: [A-Z0-9, ]+|type: ignore\S*|fmt: \w+)",
        r"(?<!\{)\{[^{}\n]*\}(?!\})",  # what an f-string puts in
        r"^ +\*{0,2}\w+(?:, \*{0,2}\w+)*(?: : .*)?$",  # parameters, a type
        r"\bautograd-lab\S*(?: \S+)*",  # a command
    )
]
PLAIN_STRING = re.compile(r"[A-Za-z]{2,}[,:]? [a-z]+ [a-z]+")  # three words: no HTML


def blank(match: re.Match[str]) -> str:
    """Replace all but line ends by blanks."""
    return re.sub(r"[^\n]", " ", match.group())


def without(text: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """Blank what matches one of the patterns, in their order."""
    for pattern in patterns:
        text = pattern.sub(blank, text)
    return text


def without_blocks(text: str) -> str:
    """Blank blocks of code and the heads of directives."""
    lines = []
    open_fences: list[tuple[str, bool]] = []  # and whether prose is inside
    for line in text.split("\n"):
        match = FENCE.match(line)
        inside_code = bool(open_fences) and not open_fences[-1][1]
        if match and open_fences and line.strip() == open_fences[-1][0]:
            open_fences.pop()
            line = ""
        elif inside_code:
            line = ""
        elif match:
            prose = match["directive"] in PROSE
            open_fences.append((match["fence"], prose))
            line = match["rest"] if prose else ""
        lines.append(line)
    return "\n".join(lines)


def markdown(text: str) -> str:
    """Return the prose of Markdown, each word in its line."""
    return without(without_blocks(text), [*NO_PROSE, CODE_WORD])


def comments_and_strings(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the start and end of each comment and string, and whether a line of Python begins with it."""
    starts = [0, 0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    before, opened = "NEWLINE", []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        start, end = (starts[row] + column for row, column in (token.start, token.end))
        if kind == "FSTRING_START":  # from Python 3.12 on an f-string comes in pieces
            opened.append(start)
        elif kind == "FSTRING_END":
            start, kind = opened.pop(), "STRING"
        if kind in {"COMMENT", "STRING"} and not opened:
            yield start, end, before in {"NEWLINE", "INDENT", "DEDENT"}
        if kind not in {"COMMENT", "NL"}:
            before = kind


def python(text: str) -> str:
    """Return docstrings, comments, and the strings that are sentences, each word in its line."""
    found = list(re.sub(r"[^\n]", " ", text))
    for start, end, begins in comments_and_strings(text):
        part = text[start:end]
        sheet = "\n" in part and not begins  # HTML or CSS, no docstring
        if part.startswith("#") or (PLAIN_STRING.search(part) and not sheet):
            found[start:end] = part
    return without("".join(found), [*NO_COMMENT, *NO_PROSE, CODE_WORD])


def passages(notebook: NotebookNode) -> Iterator[str]:
    """Yield what a chapter says in words: its Markdown cells, and the captions and alt texts of figures."""
    for cell in notebook.cells:
        settings = cell.metadata.get("mystnb", {})
        yield settings.get("figure", {}).get("caption", "")
        yield settings.get("image", {}).get("alt", "")
        if cell.cell_type == "markdown":
            yield cell.source


def chapter(text: str) -> str:
    """Return the prose of a notebook, each word in its line of the file."""
    raw = text.split("\n")
    found = [""] * len(raw)
    last = 0
    for passage in passages(nbformat.reads(text, as_version=4)):
        for line, words in zip(passage.split("\n"), markdown(passage).split("\n"), strict=True):
            if words.strip():
                written = tuple(json.dumps(line + end, ensure_ascii=False) for end in ("", "\n"))
                places = [*range(last, len(raw)), *range(last)]
                last = next((n for n in places if raw[n].rstrip(",").endswith(written)), last)
                found[last] += " " + words
    return "\n".join(found)


def notes(text: str) -> str:
    """Return the prose of an instructor's notes, whose headings are the names of cells."""
    return markdown(re.sub(r"^# .*$", "", text, flags=re.MULTILINE))


READERS = {".md": markdown, ".py": python, ".ipynb": chapter}


def oxford(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and word of each -ize, which cspell's dictionary has beside -ise."""
    for number, line in enumerate(text.split("\n"), start=1):
        for word in OXFORD.findall(line):
            yield number, word


def cspell(folder: Path) -> list[str]:
    """Let cspell read the texts in a folder; return its faults as ``file:line: word (suggestions)``."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None or not CSPELL.exists():
        raise SystemExit(f"node or {CSPELL.relative_to(ROOT)} is missing: run `make assets`.")
    settings = ["--config", str(CONFIG), "--no-config-search", "--no-default-configuration"]
    form = ["--issue-template", "$filename:$row: $text ($suggestions)", "--show-suggestions"]
    quiet = ["--no-progress", "--no-summary", "--no-color"]
    ran = subprocess.run(
        [node, str(CSPELL), "lint", *settings, *form, *quiet, "**"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    found = ran.stdout.replace(f"{SUFFIX}:", ":").splitlines()
    if ran.stderr.strip() or bool(ran.returncode) != bool(found):
        raise SystemExit(f"cspell failed:\n{ran.stdout}{ran.stderr}")
    return found


def check(paths: Iterable[Path], root: Path) -> list[str]:
    """Return the faults of all files as ``file:line: word (suggestions)``."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            name = path.resolve().relative_to(root).as_posix()
            read = notes if path.parent.name == "instructor" else READERS[path.suffix]
            text = read(path.read_text(encoding="utf-8"))
            faults += [f"{name}:{line}: {word} ({word.replace('z', 's')})" for line, word in oxford(text)]
            target = Path(folder, name + SUFFIX)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        faults += cspell(Path(folder))
    return sorted(faults, key=lambda fault: (fault.split(":")[0], int(fault.split(":")[1])))


def main() -> int:
    """Parse the command line, print the faults, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="default: everything that people read")
    args = parser.parse_args()
    paths = args.files or sorted({path for pattern in PAGES for path in ROOT.glob(pattern)})
    faults = check(paths, ROOT)
    if not faults:
        print(f"{len(paths)} files, no fault in their spelling")
        return 0
    print("\n".join(faults))
    print("A right word belongs in book/tools/words.txt, a name of code between backticks.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
