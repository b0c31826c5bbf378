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
        "group": "shape=component",
    }
    later: list[str] = []
    for what, index, depth in _outline(trace):
        indent = "  " * (depth + 1)
        if what == "close":
            lines.append(indent + "}")
            continue
        if what == "open":
            kind = _dot_text(trace.modules[index].kind)
            lines += [f"{indent}subgraph cluster_{index} {{", f'{indent}  label="{kind}";']
            continue
        vertex = trace.vertices[index]
        label = "\\n".join(_dot_text(line) for line in _lines(vertex))
        ring = ", peripheries=2" if vertex is trace.output else ""
        lines.append(f'{indent}v{index} [label="{label}", {styles[vertex.kind]}{ring}];')
        edges = [f"  v{source} -> {'f' if vertex.op else 'v'}{index};" for source in vertex.inputs]
        if vertex.op:
            hover = f', tooltip="{_dot_text(vertex.line)}"' if vertex.line else ""
            lines.append(f'{indent}f{index} [label="{_dot_text(_operator(vertex))}", shape=ellipse{hover}];')
            edges.append(f"  f{index} -> v{index};")
        (later if trace.modules else lines).extend(edges)  # an edge in a cluster would draw its ends into it
    return "\n".join([*lines, *later, "}"])


def to_mermaid(trace: Trace) -> str:
    """Return the graph as a Mermaid flow chart, which GitHub and many wikis draw."""
    lines = ["flowchart LR"]
    later: list[str] = []
    brackets = {"result": ("(", ")"), "group": ("[[", "]]")}
    for what, index, depth in _outline(trace):
        indent = "  " * (depth + 1)
        if what == "close":
            lines.append(indent + "end")
            continue
        if what == "open":
            lines.append(f'{indent}subgraph m{index}["{_mermaid_text(trace.modules[index].kind)}"]')
            continue
        vertex = trace.vertices[index]
        label = "<br/>".join(_mermaid_text(line) for line in _lines(vertex))
        opening, closing = brackets.get(vertex.kind, ("[", "]"))
        lines.append(f'{indent}v{index}{opening}"{label}"{closing}')
        if vertex.kind == "constant":
            lines.append(f"{indent}style v{index} stroke-dasharray: 4 3")
        edges = [f"  v{source} --> {'f' if vertex.op else 'v'}{index}" for source in vertex.inputs]
        if vertex.op:
            lines.append(f'{indent}f{index}(("{_mermaid_text(_operator(vertex))}"))')
            edges.append(f"  f{index} --> v{index}")
        (later if trace.modules else lines).extend(edges)
    return "\n".join([*lines, *later])


def _outline(trace: Trace) -> Iterator[tuple[str, int, int]]:
    """Yield in turn whether to open or close a module's block or to set a vertex, which, and how deep.

    Outer modules come before those inside them, so that a stack of those that are open is enough.
    """
    inside: dict[int, list[int]] = {}
    for index in range(len(trace.vertices)):
        inside.setdefault(trace.owners[index] if trace.owners else -1, []).append(index)
    around: list[int] = []
    yield from (("vertex", index, 0) for index in inside.get(-1, ()))
    for number, module in enumerate(trace.modules):
        while around and around[-1] != module.parent:
            yield "close", around.pop(), len(around)
        yield "open", number, len(around)
        around.append(number)
        yield from (("vertex", index, len(around)) for index in inside.get(number, ()))
    while around:
        yield "close", around.pop(), len(around)


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
