"""The same graph in the languages of other drawing tools: Graphviz's DOT and Mermaid."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_lab.viz.text import format_shape
from autograd_lab.viz.trace import Trace, Vertex

__all__ = ["to_dot", "to_mermaid"]


def to_dot(trace: Trace) -> str:
    """Return the graph in the DOT language, with one node a variable and one an operator."""
    lines = ["digraph {", "  rankdir=LR;", '  node [fontname="Helvetica"];']
    styles = {
        "leaf": "shape=box, penwidth=2",
        "constant": "shape=box, style=dashed",
        "result": "shape=box, style=rounded",
    }
    for index, vertex in enumerate(trace.vertices):
        label = "\\n".join(_dot_text(line) for line in _lines(vertex))
        ring = ", peripheries=2" if index == len(trace.vertices) - 1 else ""
        lines.append(f'  v{index} [label="{label}", {styles[vertex.kind]}{ring}];')
        if vertex.kind == "result":
            lines.append(f'  f{index} [label="{_dot_text(_operator(vertex))}", shape=ellipse];')
            lines += [f"  v{source} -> f{index};" for source in vertex.inputs]
            lines.append(f"  f{index} -> v{index};")
    return "\n".join([*lines, "}"])


def to_mermaid(trace: Trace) -> str:
    """Return the graph as a Mermaid flow chart, which GitHub and many wikis draw."""
    lines = ["flowchart LR"]
    for index, vertex in enumerate(trace.vertices):
        label = "<br/>".join(_mermaid_text(line) for line in _lines(vertex))
        opening, closing = ("(", ")") if vertex.kind == "result" else ("[", "]")
        lines.append(f'  v{index}{opening}"{label}"{closing}')
        if vertex.kind == "constant":
            lines.append(f"  style v{index} stroke-dasharray: 4 3")
        if vertex.kind == "result":
            lines.append(f'  f{index}(("{_mermaid_text(_operator(vertex))}"))')
            lines += [f"  v{source} --> f{index}" for source in vertex.inputs]
            lines.append(f"  f{index} --> v{index}")
    return "\n".join(lines)


def _operator(vertex: Vertex) -> str:
    return f"{vertex.symbol} {vertex.details}".strip()


def _lines(vertex: Vertex) -> Iterator[str]:
    shape = format_shape(vertex.shape) if vertex.shape else ""
    if vertex.label or shape:
        yield f"{vertex.label} {shape}".strip()
    yield from (line.strip() for line in vertex.value)
    if vertex.grad:
        yield f"{vertex.grad_word} {' '.join(line.strip() for line in vertex.grad)}"


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _mermaid_text(text: str) -> str:
    # Mermaid reads HTML entities without the ampersand, between # and ;
    for char, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(char, entity)
    return text
