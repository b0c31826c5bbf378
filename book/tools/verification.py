"""A Sphinx extension: what was executed, compared and checked while the book was built.

The directive ``{verification}`` becomes tables of what this very build has done. Counts come from the
committed notebooks, times and outputs from those that the build has executed, the operators from the
catalogue. Nothing of it is typed, and nothing is committed.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

import autograd_lab
from autograd_lab.ops import PRIMITIVES
from lint_notebooks import COMPARISON_OFF, code_cells, tags
from make_editions import exercises
from operator_catalogue import cases

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("numpy", "matplotlib", "ipywidgets", "jupyter-book", "Sphinx", "myst-nb", "nbclient", "ipykernel")

# Calls that compare a derivative with values of the function itself; `report` is gradcheck's.
CHECKS = {"gradcheck", "report", "gradcheck_report", "numerical_gradient", "numerical_slope"}
# What strict nbval leaves out of its comparison, by media type.
PIXELS = {"image/png", "image/jpeg"}
WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


# --- what a notebook holds --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """What there is to execute, compare and check in a chapter."""

    title: str
    cells: int
    compared: int
    pixels: int
    checks: int
    exercises: int


def counts(notebook: NotebookNode) -> Counts:
    """Count the cells of a chapter, its pictures that are pixels, its numerical checks and its exercises."""
    cells = code_cells(notebook)
    heading = re.search(r"^# +(.+)$", notebook.cells[0].source if notebook.cells else "", re.MULTILINE)
    return Counts(
        title=heading[1] if heading else "",
        cells=len(cells),
        compared=sum(not tags(cell) & COMPARISON_OFF for cell in cells),
        pixels=sum(bool(PIXELS & output.get("data", {}).keys()) for cell in cells for output in cell.outputs),
        checks=sum(name in CHECKS for cell in cells for name in calls(cell.source)),
        exercises=len(exercises(notebook)),
    )


def calls(source: str) -> Iterator[str]:
    """Yield the last name of every call in a cell: ``report`` for ``ag.gradcheck.report(...)``."""
    for node in ast.walk(ast.parse(MAGIC.sub(r"\1pass", source))):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr
            elif isinstance(node.func, ast.Name):
                yield node.func.id


def shown(cell: NotebookNode) -> list[tuple[str, str]]:
    """What a cell printed and displayed, in the form in which it is compared: streams joined, no pixels.

    Glued values are left out: they stand in the text, and myst-nb takes them out of the cell.
    """
    parts: list[tuple[str, str]] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            before = parts.pop()[1] if parts and parts[-1][0] == output.name else ""
            parts.append((output.name, before + output.text))
        elif output.output_type == "error":
            parts.append(("error", f"{output.ename}: {output.evalue}"))
        elif "scrapbook" not in output.get("metadata", {}):
            for kind, data in sorted(output.data.items()):
                if kind not in PIXELS and kind != WIDGET:
                    parts.append((kind, data if isinstance(data, str) else json.dumps(data, sort_keys=True)))
    # myst-nb trims the end of a stream.
    return [(kind, ADDRESS.sub("0x", text.rstrip())) for kind, text in parts]


def different(committed: NotebookNode, executed: NotebookNode) -> list[str]:
    """The ids of the cells whose outputs differ, but for those that are not compared."""
    before = {cell.get("id", "?"): cell for cell in code_cells(committed)}
    after = {cell.get("id", "?"): cell for cell in code_cells(executed)}
    return [
        name
        for name, cell in before.items()
        if not tags(cell) & COMPARISON_OFF and (name not in after or shown(cell) != shown(after[name]))
    ]


# --- what the build did -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chapter:
    """A chapter and what this build has done with it; no seconds if it was not executed."""

    page: str
    counts: Counts
    seconds: float | None
    differs: tuple[str, ...]


def chapters(env: BuildEnvironment, executed: Path) -> list[Chapter]:
    """All notebooks of the book in its order."""
    found = []
    for page in in_order(env):
        path = Path(env.doc2path(page))
        if path.suffix != ".ipynb":
            continue
        committed = nbformat.read(path, as_version=4)
        data = getattr(env, "nb_metadata", {}).get(page, {}).get("exec_data") or {}
        seconds = data.get("runtime")
        ran = executed / f"{page}.ipynb"
        differs = (
            different(committed, nbformat.read(ran, as_version=4))
            if seconds is not None and ran.exists()
            else []
        )
        found.append(Chapter(page, counts(committed), seconds, tuple(differs)))
    return found


def in_order(env: BuildEnvironment) -> list[str]:
    """The pages as the table of contents has them."""
    pages, waiting = [], [env.config.root_doc]
    while waiting:
        page = waiting.pop(0)
        if page not in pages:
            pages.append(page)
            waiting = [*env.toctree_includes.get(page, []), *waiting]
    return pages


def versions() -> list[tuple[str, str]]:
    """What the outputs depend on: Python, the machine, and the packages."""
    rows = [
        ("Autograd Lab", f"{autograd_lab.__version__}{commit()}"),
        ("Python", platform.python_version()),
        ("system", f"{platform.system()}, {platform.machine()}"),
        ("matrix products", blas()),
    ]
    for name in PACKAGES:
        try:
            rows.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return rows


def commit() -> str:
    """The commit that is being built, and whether there is more than it; nothing outside a repository."""
    git = ("git", "-C", str(ROOT))
    try:
        name = subprocess.check_output(
            [*git, "rev-parse", "--short", "HEAD"], text=True, stderr=subprocess.DEVNULL
        )
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD"], check=False).returncode
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f", commit {name.strip()}" + (" with changes" if changed else "")


def blas() -> str:
    """The library behind NumPy's matrix products, and the number of its threads if that is set."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    threads = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
    text = f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()
    return text + (f", {threads} thread{'s' * (threads != '1')}" if threads else "")


def built_at() -> str:
    """The time of the build, or the one that a reproducible build is told."""
    seconds = float(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(seconds)).lstrip("0")


# --- the page ---------------------------------------------------------------------------------------------


def summary(found: list[Chapter]) -> list[str]:
    """Sentences on the whole book."""
    everything = [chapter.counts for chapter in found]
    ran = [chapter for chapter in found if chapter.seconds is not None]
    lines = [f"Built on {built_at()}."]
    if ran:
        cells, compared = (sum(getattr(c.counts, name) for c in ran) for name in ("cells", "compared"))
        minutes = sum(chapter.seconds or 0 for chapter in ran) / 60
        wrong = [f"{c.page.rpartition('/')[2]} ({', '.join(c.differs)})" for c in ran if c.differs]
        lines.append(
            f"This build executed {len(ran)} of {len(found)} notebooks, {cells:,} code cells in "
            f"{minutes:.1f} minutes, and compared the outputs of {compared:,} with those that are committed. "
            + (f"These differ: {'; '.join(wrong)}." if wrong else "They are the same, to the character.")
        )
    else:
        lines.append(
            f"This build executed no notebook: its {len(found)} show the outputs that are committed, which "
            "`make test` compares with those of a fresh run."
        )
    lines.append(
        f"The {sum(c.cells for c in everything):,} code cells compare derivatives with values of the "
        f"function in {sum(c.checks for c in everything)} places (one in a loop counts once), and hold "
        f"{sum(c.exercises for c in everything)} exercises, whose solutions are checked when they run."
    )
    lines.append(
        f"For the catalogue, `gradcheck` compared the {len(PRIMITIVES)} operators with central differences "
        f"in {sum(len(cases(name)) for name in PRIMITIVES):,} cases of shape, axis and domain. One that "
        "failed would have ended the build."
    )
    return lines


HEAD = ("chapter", "cells", "compared", "pixels", "checks", "exercises", "seconds")


def rows(found: list[Chapter]) -> list[tuple[str, ...]]:
    """The table of the chapters, without their titles."""
    return [
        (
            str(c.counts.cells),
            "–" if c.seconds is None else str(c.counts.compared),
            str(c.counts.pixels),
            str(c.counts.checks),
            str(c.counts.exercises),
            "–" if c.seconds is None else f"{c.seconds:.1f}",
        )
        for c in found
    ]


def table(head: tuple[str, ...], body: list[list[nodes.Node]]) -> nodes.table:
    """Return a table with a head."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    for part, lines in ((nodes.thead(), [[nodes.Text(word) for word in head]]), (nodes.tbody(), body)):
        for line in lines:
            part += nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in line))
        group += part
    return nodes.table("", group, classes=["colwidths-auto"])


class Placeholder(nodes.General, nodes.Element):  # type: ignore[misc]
    """Stands where the tables come, once all chapters have been read."""


class Verification(SphinxDirective):
    """The tables of the verification page."""

    def run(self) -> list[nodes.Node]:
        """Keep the place."""
        return [Placeholder()]


class FillIn(SphinxPostTransform):
    """Put the tables in their place: after the last chapter has run, before links are resolved."""

    default_priority = 8

    def run(self, **kwargs: Any) -> None:
        """Replace each placeholder."""
        for place in list(self.document.findall(Placeholder)):
            found = chapters(self.env, Path(self.app.outdir).parent / "jupyter_execute")
            links = [self.link(chapter) for chapter in found]
            body = [[link, *map(nodes.Text, row)] for link, row in zip(links, rows(found), strict=True)]
            words = [[nodes.Text(word) for word in row] for row in versions()]
            place.replace_self(
                [
                    *(nodes.paragraph("", "", *code(line)) for line in summary(found)),
                    table(HEAD, body),
                    nodes.paragraph("", "With these versions:"),
                    table(("what", "version"), words),
                ]
            )

    def link(self, chapter: Chapter) -> nodes.reference:
        """Link a chapter by its title."""
        uri = self.app.builder.get_relative_uri(self.env.docname, chapter.page)
        return nodes.reference("", chapter.counts.title.partition(": ")[0], internal=True, refuri=uri)


def code(text: str) -> list[nodes.Node]:
    """Text with `code` in it as nodes."""
    parts = re.split(r"`([^`]+)`", text)
    return [nodes.literal("", part) if place % 2 else nodes.Text(part) for place, part in enumerate(parts)]


def renew(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the page anew in every build."""
    return [page for page in env.found_docs if page.endswith("/verification")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_node(Placeholder)
    app.add_directive("verification", Verification)
    app.add_post_transform(FillIn)
    app.connect("env-updated", renew)
    return {"version": autograd_lab.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
