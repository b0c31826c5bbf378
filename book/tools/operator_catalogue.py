"""A Sphinx extension: a card for each operator of the package, made from the package while the book is built.

The directive ``{operators} elementwise`` becomes the cards of ``autograd_lab/ops/elementwise.py``. Nothing on
a card is written a second time: the words are the docstring's, the code is the source, the drawing is that of
the docstring's example, and the check goes through the rows of ``tests/op_cases.py``. A check that fails is a
warning, and with ``-W`` the end of the build.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import autograd_lab as ag
from autograd_lab.ops import PRIMITIVES, Primitive
from autograd_lab.viz import GraphDrawing, draw_graph

ROOT = Path(__file__).resolve().parents[2]
LABELS = ("Shapes", "Dtypes", "Raises")
# How Python writes the methods with underscores.
SYMBOLS = {
    "__add__": "x + y", "__sub__": "x - y", "__mul__": "x * y", "__truediv__": "x / y", "__pow__": "x ** y",
    "__matmul__": "x @ y", "__neg__": "-x", "__abs__": "abs(x)", "__getitem__": "x[index]",
}  # fmt: skip
# Operators whose example calls the formula and no Tensor, and the call to draw in its place.
DRAWN = {"scatter_add": "scatter_add(ag.tensor([1.0, 10.0]), [1, 1], (3,))"}
# Written by the engine under another name, which no function of the package has.
HIDDEN = {"scatter_add"}
WIDEST = 520.0  # CSS pixels: a drawing that is wider runs down, for a narrow page

logger = logging.getLogger(__name__)


# --- the words --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """What a docstring says of an operator: the parts of a card."""

    value: str
    gradients: tuple[str, ...]
    notes: tuple[str, ...]
    claims: dict[str, str]
    example: str


def words(op: Primitive) -> Words:
    """Take the docstring of an operator apart.

    Raises
    ------
    ValueError
        If a part is missing.
    """
    head, *rest = (inspect.getdoc(op.fn) or "").split("\n\n")
    value, gradients = [], []
    for line in head.split("\n"):
        parts = re.split(r"\s{4,}|; ", line) if line.startswith("∂") else []
        gradients += [part if part.startswith("∂") else f"∂{part}" for part in parts]
        value += [] if parts else [line]
    notes, claims, example = [], {}, ""
    for paragraph in rest:
        if paragraph.startswith("Shapes: "):
            for line in paragraph.replace("\n  ", " ").split("\n"):
                label, _, claim = line.partition(": ")
                claims[label] = claim
        elif paragraph.startswith(">>> "):
            example = paragraph
        else:
            notes.append(paragraph.replace("\n", " "))
    if not (gradients and tuple(claims) == LABELS and example):
        raise ValueError(f"{op.name}: its docstring needs gradients, {', '.join(LABELS)} and an example")
    return Words(" ".join(value), tuple(gradients), tuple(notes), claims, example)


def markdown(text: str) -> str:
    """Turn a docstring's reStructuredText into Markdown: code, names of operators, and no accidents."""
    parts = re.split(r"(:\w+:`[^`]*`|``.*?``)", text)
    for place, part in enumerate(parts):
        if part.startswith("``"):
            parts[place] = part[1:-1]
        elif found := re.fullmatch(r":\w+:`~?([\w.]+)`", part):
            name = found[1].rpartition(".")[2]
            parts[place] = f"[`{name}`](#{label(name)})" if name in PRIMITIVES else f"`{name}`"
        else:
            parts[place] = re.sub(r"([\\*_`\[\]<$])", r"\\\1", part)
    return "".join(parts)


def label(name: str) -> str:
    """The name by which other pages link to a card."""
    return f"op-{name.replace('_', '-')}"


def calls(op: Primitive) -> list[str]:
    """How to write the operator: as a function of the package, and with Python's symbols."""
    if op.name in HIDDEN:
        return [f"ops.{op.name}{_letters(op.fn)}"]
    function = getattr(ag, op.name)
    same = [name for name, value in vars(ag.Tensor).items() if value is function]
    return [f"ag.{op.name}{_letters(function)}", *(SYMBOLS[name] for name in same if name in SYMBOLS)]


def _letters(function: Any) -> str:
    """A signature without the types: a card says them in words."""
    own = inspect.signature(function, follow_wrapped=False)
    signature = inspect.signature(function) if "args" in own.parameters else own
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(inspect.Signature(plain)).replace("self", "x")


# --- the code ---------------------------------------------------------------------------------------------


def formula(op: Primitive) -> tuple[str, list[int]]:
    """The source of an operator without its docstring, and the lines of it that are VJPs, counted from 1."""
    code = textwrap.dedent(inspect.getsource(op.fn)).rstrip()
    function = ast.parse(code).body[0]
    assert isinstance(function, ast.FunctionDef)
    lines = code.split("\n")
    doc = function.body[0]
    del lines[doc.lineno - 1 : doc.end_lineno]
    code = "\n".join(lines)
    marked: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        named = isinstance(node, ast.FunctionDef) and node.name.startswith("vjp")
        if isinstance(node, ast.Lambda | ast.FunctionDef) and (named or isinstance(node, ast.Lambda)):
            marked |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return code, sorted(marked)


# --- the drawing ------------------------------------------------------------------------------------------


def drawing(op: Primitive) -> GraphDrawing:
    """Draw the docstring's example, with the cotangent 1, 2, 3, … at its output.

    Every Tensor of the example becomes a leaf, and so does a float: its gradient is worth seeing.
    """
    call = DRAWN.get(op.name)
    if call is None:
        last = [line for line in words(op).example.split("\n") if line.startswith(">>> ")][-1]
        call = last.removeprefix(">>> ")
    leaves: list[ag.Tensor] = []
    letters = [*op.inputs] or [f"{op.variadic}"]

    def leaf(data: Any, **kwargs: Any) -> ag.Tensor:
        leaves.append(ag.tensor(data, requires_grad=True, **kwargs))
        return leaves[-1]

    def apply(*args: Any, **kwargs: Any) -> ag.Tensor:
        given = [leaf(a) if isinstance(a, float) else a for a in args]
        for place, a in enumerate(given):
            if isinstance(a, ag.Tensor) and place < len(op.inputs):
                a.name = letters[place]
        function = ag.primitive(op.fn) if op.name in HIDDEN else getattr(ag, op.name)
        result: ag.Tensor = function(*given, **kwargs)
        return result

    package = SimpleNamespace(**vars(ag) | {"tensor": leaf, op.name: apply})
    out = eval(call, {"ag": package, "np": np, op.name: apply})
    if op.variadic:
        for number, each in enumerate((t for t in leaves if t.name is None), 1):
            each.name = f"{op.variadic.removesuffix('s')}{number}"
    out.name = "out"
    cotangent = np.arange(1.0, out.size + 1).reshape(out.shape)
    across = draw_graph(out, grads="replay", gradient=cotangent, direction="right")
    if across.size[0] <= WIDEST:
        return across
    return draw_graph(out, grads="replay", gradient=cotangent, direction="down")


# --- the check --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """What the gradient check says of one operator."""

    rows: int
    failed: tuple[str, ...]
    report: str


def checked(op: Primitive) -> Checked:
    """Compare the operator with central differences in all rows of the tests' table."""
    failed, report = [], ""
    rows = cases(op.name)
    for case in rows:
        found = ag.gradcheck.report(lambda *xs, c=case: c.call(c.operator(), *xs), case.inputs())  # type: ignore[attr-defined]
        if not found.passed:
            failed.append(f"{case}: {found}")
        if not report and all(x.size for x in case.inputs()) and max(x.size for x in case.inputs()) > 1:
            report = f"{found}"
    return Checked(len(rows), tuple(failed), report)


@cache
def _table() -> tuple[Any, ...]:
    if str(ROOT / "tests") not in sys.path:
        sys.path.append(str(ROOT / "tests"))
    return tuple(importlib.import_module("op_cases").CASES)


def cases(name: str) -> list[Any]:
    """The rows of one operator in the table of the tests."""
    return [case for case in _table() if case.op == name]


# --- the card ---------------------------------------------------------------------------------------------


def card(op: Primitive, found: Checked) -> str:
    """One operator as Markdown, under a heading of its own."""
    said = words(op)
    code, marked = formula(op)
    emphasis = f":emphasize-lines: {','.join(map(str, marked))}\n" if marked else ""
    picture = drawing(op)
    lines = [
        f"({label(op.name)})=",
        f"### {op.name}",
        f"```{{index}} {op.name} (operator)\n```",
        f"```{{index}} single: operator; {op.name}\n```",
        ", ".join(f"`{call}`" for call in calls(op)),
        markdown(said.value),
        "\n".join(f"- {markdown(gradient)}" for gradient in said.gradients),
        *(markdown(note) for note in said.notes),
        f"```{{code-block}} python\n{emphasis}\n{code}\n```",
        "\n".join(f"- **{name}.** {markdown(claim)}" for name, claim in said.claims.items()),
        f"```{{code-block}} pycon\n{said.example}\n```",
        f"```{{raw}} html\n{picture._repr_html_()}\n```",
        f"`gradcheck` passes in all {found.rows} rows of the tests' table, among them:"
        if not found.failed
        else f"**`gradcheck` fails in {len(found.failed)} of {found.rows} rows.**",
        f"```{{code-block}} text\n{found.failed[0] if found.failed else found.report}\n```",
    ]
    return "\n\n".join(lines)


def operators(room: str) -> Iterator[Primitive]:
    """The operators of one file of ``autograd_lab/ops``, in its order."""
    for op in PRIMITIVES.values():
        if op.fn.__module__ == f"autograd_lab.ops.{room}":
            yield op


class Operators(SphinxDirective):
    """The cards of one file of operators."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the cards as a part of the page."""
        found = {op.name: checked(op) for op in operators(self.arguments[0])}
        if not found:
            raise self.error(f"no operators in autograd_lab/ops/{self.arguments[0]}.py")
        for name, result in found.items():
            for fault in result.failed:
                logger.warning("gradcheck of %s fails: %s", name, fault, location=self.get_location())
        text = "\n\n".join(card(PRIMITIVES[name], result) for name, result in found.items())
        # One style serves all drawings of a page.
        head, style, rest = text.partition("</style>")
        text = head + style + re.sub(r"<style>.*?</style>\n?", "", rest)
        # The cards' sections go into the one in which the directive stands.
        lines = StringList(text.split("\n"), self.get_source_info()[0])
        section = cast(nodes.Element, self.state.inliner.parent)
        self.state.nested_parse(lines, self.content_offset, section, match_titles=True)
        python = cast(PythonDomain, self.env.get_domain("py"))
        for name in found:  # so that docstrings elsewhere can refer to operators
            python.note_object(f"autograd_lab.{name}", "function", label(name), location=self.get_location())
        return []


class OperatorList(SphinxDirective):
    """Links to all cards, a line for each file."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Parse the links as a part of the page."""
        rows = []
        for room in self.arguments[0].split():
            links = ", ".join(f"[{markdown(op.name)}](#{label(op.name)})" for op in operators(room))
            rows.append(f"- `ops/{room}.py`: {links}")
        text = "\n".join(rows)
        parent = nodes.Element()
        self.state.nested_parse(StringList(text.split("\n"), ""), self.content_offset, parent)
        return list(parent.children)


def skip_operators(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave the operators out of the reference of the class Tensor: the catalogue has them."""
    formula = getattr(thing, "__wrapped__", None)
    known = PRIMITIVES.get(getattr(formula, "__name__", ""))
    return True if known is not None and known.fn is formula else None


def literal_bars(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Let the bars of an absolute value be bars: reStructuredText takes them for a substitution."""
    example = False
    for place, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if not example:
            parts = re.split(r"(``.*?``)", line)
            parts[::2] = [re.sub(r"(?<!\\)\|", r"\\|", part) for part in parts[::2]]
            lines[place] = "".join(parts)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("operators", Operators)
    app.add_directive("operator-list", OperatorList)
    app.connect("autodoc-skip-member", skip_operators)
    app.connect("autodoc-process-docstring", literal_bars)
    return {"version": ag.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
