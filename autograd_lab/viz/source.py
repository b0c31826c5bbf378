"""Show code as it stands in the package: what a chapter prints is what runs, so they can't drift apart."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from autograd_lab.ops import Primitive

__all__ = ["SourceView", "show_source"]


class SourceView:
    """A piece of source, made by :func:`show_source`. A notebook shows it as highlighted code.

    Parameters
    ----------
    code : str

    Examples
    --------
    >>> SourceView("y = x * x")
    y = x * x
    """

    def __init__(self, code: str) -> None:
        self.code = code

    def __repr__(self) -> str:
        return self.code

    def _repr_markdown_(self) -> str:
        # A fence longer than any in the code, which may itself hold one in a string.
        fence = "```"
        while fence in self.code:
            fence += "`"
        return f"{fence}python\n{self.code}\n{fence}"


def show_source(*things: Callable[..., Any] | Primitive | type, docstring: bool = False) -> SourceView:
    """Show the source of functions, operators or classes, each docstring cut to its first paragraph.

    An operator such as ``ag.mul`` is shown as the formula that it was made of, with its decorator.

    Parameters
    ----------
    *things : function, operator, method or class
        Shown one below the other.
    docstring : bool
        Keep whole docstrings.

    Returns
    -------
    SourceView

    Raises
    ------
    TypeError
        If something has no Python source, a built-in function for example.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> show_source(ag.mul)
    @primitive
    def mul(x: Any, y: Any) -> Any:
        \"\"\"Product of x and y (report, eq. 2).
        ∂L/∂x = g·y    ∂L/∂y = g·x\"\"\"
        return x * y, lambda g: g * y, lambda g: g * x
    """
    if not things:
        raise TypeError("show_source needs at least one function or class")
    pieces = [_source_of(thing) for thing in things]
    return SourceView("\n\n\n".join(pieces if docstring else map(_shorten, pieces)))


def _source_of(thing: Any) -> str:
    target = thing.fn if isinstance(thing, Primitive) else inspect.unwrap(thing) if callable(thing) else thing
    try:
        return textwrap.dedent(inspect.getsource(target)).rstrip()
    except (TypeError, OSError) as error:
        raise TypeError(f"no Python source for {thing!r}: give a function, an operator or a class") from error


def _shorten(code: str) -> str:
    """Cut every docstring to its first paragraph; all else stays as it was written, comments included."""
    lines = code.split("\n")
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.walk(ast.parse(code))
    found = [node.body[0] for node in tree if isinstance(node, nodes) and _has_docstring(node)]
    # From the end, so that the line numbers before stay true.
    for statement in sorted(found, key=lambda s: s.lineno, reverse=True):
        first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
        if first == last:
            continue
        opening = lines[first].rstrip()
        quotes = '"""' if '"""' in opening else "'''"
        if opening.endswith(quotes) and opening.count(quotes) == 1:
            # The text starts on the line after the quotes.
            lines[first : first + 2] = [opening + lines[first + 1].strip()]
            last -= 1
        end = next((i for i in range(first, last + 1) if not lines[i].strip()), last + 1)
        if end > last:
            continue  # a single paragraph stays whole
        lines[end - 1] = lines[end - 1].rstrip() + quotes
        del lines[end : last + 1]
        if end < len(lines) and not lines[end].strip():
            del lines[end]  # the blank line that set a long docstring apart
    return "\n".join(lines)


def _has_docstring(node: ast.AST) -> bool:
    body = getattr(node, "body", [])
    return bool(body) and (
        isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Constant)
        and isinstance(body[0].value.value, str)
    )
