"""Draw the computation graph of real Tensors: ``draw_graph(loss)`` at the end of a cell is a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from autograd_lab.tensor import Tensor
from autograd_lab.viz import export
from autograd_lab.viz.replay import reachable
from autograd_lab.viz.summary import summarise
from autograd_lab.viz.svg import Drawing, draw, least_width
from autograd_lab.viz.trace import Grads, Trace, trace

__all__ = ["GraphDrawing", "draw_graph"]

# What fits in the text column of a book page; a drawing that is wider is better turned to run down.
_COLUMN = 760.0


class GraphDrawing:
    """The drawing of a graph, made by :func:`draw_graph`. A notebook shows it as inline SVG.

    Attributes
    ----------
    trace : Trace
        What the drawing says, as data.
    name : str
        The drawing's accessible name.
    description : str
        The whole graph in words, for a reader who can't see it.
    svg : str
        The SVG element.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> drawing = draw_graph(ag.tensor(3.0, requires_grad=True, name="x") * 2)
    >>> print(drawing.name)
    Computation graph of v1 = x × 2
    """

    # Only HTML, not `image/svg+xml` beside it: Jupyter Book turns the latter into an <img>, which neither
    # follows the page's theme nor tells a screen reader what it shows, and nbval would compare every
    # drawing twice.

    def __init__(
        self,
        trace: Trace,
        direction: Literal["right", "down"],
        title: str | None,
        note: Sequence[str] = (),
    ) -> None:
        self.trace = trace
        self.direction = direction
        output = trace.output
        formula = f" = {trace.formula(output)}" if output.op else ""
        # A name that makes sense on its own, since screen readers can list the figures of a page.
        what = "Summary of the computation graph" if trace.whole else "Computation graph"
        self.name = title or f"{what} of {output.label or 'a constant'}{formula}"
        self.description = " ".join(
            [f"{trace.summary().capitalize()}.", *note[1:], *trace.module_sentences(), *trace.sentences()]
        )
        self._drawing: Drawing = draw(
            trace, direction=direction, name=self.name, description=self.description, title=title, note=note
        )

    @property
    def svg(self) -> str:
        """The SVG element as text.

        >>> import autograd_lab as ag
        >>> draw_graph(ag.tensor(3.0)).svg[:4]
        '<svg'
        """
        return self._drawing.markup

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing in CSS pixels.

        >>> import autograd_lab as ag
        >>> width, height = draw_graph(ag.tensor(3.0, requires_grad=True) * 2).size
        >>> width > height
        True
        """
        return self._drawing.width, self._drawing.height

    def __repr__(self) -> str:
        return f"<GraphDrawing of {self.trace.output.label or 'a constant'}: {self.trace.summary()}>"

    def _repr_html_(self) -> str:
        return (
            f'<div class="ag-graph-frame" style="overflow-x:auto;margin:1em 0"'
            f"{self._drawing.frame_attributes(self.name)}>\n{self.svg}\n</div>"
        )

    def to_dot(self) -> str:
        """Return the graph in Graphviz's DOT language.

        >>> import autograd_lab as ag
        >>> print(draw_graph(ag.tensor(3.0)).to_dot())
        digraph {
          rankdir=LR;
          node [fontname="Helvetica"];
          v0 [label="3", shape=box, style=dashed, peripheries=2];
        }
        """
        return export.to_dot(self.trace)

    def to_mermaid(self) -> str:
        """Return the graph as a Mermaid flow chart.

        >>> import autograd_lab as ag
        >>> print(draw_graph(ag.tensor(3.0, requires_grad=True, name="x").exp()).to_mermaid())
        flowchart LR
          v0["x<br/>3"]
          v1("v1<br/>20.09")
          f1(("exp"))
          v0 --> f1
          f1 --> v1
        """
        return export.to_mermaid(self.trace)

    def save(self, path: str | Path) -> Path:
        """Write the drawing to a file that a browser opens on its own.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg``, ``.dot`` or ``.mmd``; the ending chooses the format.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            If the ending is another one.

        Examples
        --------
        >>> import tempfile
        >>> import autograd_lab as ag
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_graph(ag.tensor(3.0)).save(Path(folder, "three.svg")).name
        'three.svg'
        """
        path = Path(path)
        writers = {".svg": lambda: self.svg, ".dot": self.to_dot, ".mmd": self.to_mermaid}
        if path.suffix not in writers:
            raise ValueError(f"a drawing is saved as .svg, .dot or .mmd, not as {path.name!r}")
        path.write_text(writers[path.suffix]() + "\n", encoding="utf-8")
        return path


def draw_graph(
    tensor: Tensor,
    *,
    values: bool = True,
    grads: Grads = True,
    gradient: Any = None,
    names: Mapping[str, Any] | None = None,
    direction: Literal["auto", "right", "down"] = "auto",
    title: str | None = None,
    detail: Literal["auto", "full", "modules"] = "auto",
    max_nodes: int = 300,
) -> GraphDrawing:
    """Draw the computation graph that ends in `tensor`, before or after ``backward()``.

    Squares are variables: leaves with a heavy frame, constants with a dashed one, computed values with
    round corners and the output with a double one. Circles are operators. Arrows lead forwards; the
    gradients in the coloured strips flow against them. What a module's call has computed stands in a frame
    with the module's name.

    A graph of more than `max_nodes` nodes becomes a summary, and says so: each module's call is one box (or a
    frame with the modules inside it, where there is room), and so is each run of operators outside modules.

    Parameters
    ----------
    tensor : Tensor
        The output of the computation.
    values : bool
        Show small values (scalars, up to four rows and columns); of larger arrays only the shape is shown.
    grads : bool or "replay"
        True shows what there is: the ``.grad`` that leaves hold and, once a backward pass has run, the
        cotangents ``g`` of everything between. ``"replay"`` shows the cotangents of all of them without a
        backward pass.
    gradient : array_like, optional
        The cotangent to start from where `tensor` is not a scalar. Without it such a graph has no
        cotangents to show.
    names : mapping of str to Tensor or ndarray, optional
        Names for this drawing alone. A constant remembers no name of its own: ``names={"x": x}`` labels it.
    direction : {"auto", "right", "down"}
        Where forward leads. "auto" is right if that fits in a page's column, else whichever is narrower.
    title : str, optional
        A heading in the drawing; it is the accessible name too.
    detail : {"auto", "full", "modules"}
        "full" draws every operator and "modules" a summary by modules, also of a small graph. "auto" is
        full for up to `max_nodes` nodes.
    max_nodes : int
        The most nodes (leaves and operators) that are drawn one by one.

    Returns
    -------
    GraphDrawing

    Raises
    ------
    ValueError
        If ``detail="full"`` is asked of a graph that is too large to be read; the message says how large.
    TypeError
        If `tensor` is not a Tensor.

    Notes
    -----
    Values and cotangents are computed anew from the leaves as they are now (see :func:`replay`), so that
    nothing has to be saved for a drawing. Cotangents below the rounding error of the largest one are shown
    as 0. A summary computes nothing: it shows what the leaves and the output hold.

    A pointer that rests on an operator is told its formula, and of what was recorded under
    :func:`autograd_lab.debug.detect_anomaly` the line of the program.

    An array that a module reads may be what it was given, which the graph doesn't tell: it is drawn outside
    the frame, unless the module has another input and is itself part of one.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> a = ag.tensor(2.0, requires_grad=True, name="a")
    >>> b = ag.tensor(-3.0, requires_grad=True, name="b")
    >>> y = a * b + a
    >>> drawing = draw_graph(y)
    >>> drawing
    <GraphDrawing of v2: 2 leaves, 2 operators>
    >>> print(drawing.description)
    2 leaves, 2 operators. Leaf a = 2. Leaf b = −3. v1 = a × b = −6. v2 = v1 + a = −4.
    >>> y.backward()
    >>> print(draw_graph(y, values=False).description)
    2 leaves, 2 operators. Leaf a (grad −2). Leaf b (grad 2). v1 = a × b (g 1). v2 = v1 + a (g 1).
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"draw_graph draws a Tensor, not {type(tensor).__name__}")
    if direction not in ("auto", "right", "down"):
        raise ValueError(f"direction must be 'auto', 'right' or 'down', not {direction!r}")
    if grads not in (True, False, "replay"):
        raise ValueError(f"grads must be True, False or 'replay', not {grads!r}")
    if detail not in ("auto", "full", "modules"):
        raise ValueError(f"detail must be 'auto', 'full' or 'modules', not {detail!r}")
    size = len(reachable(tensor.node)) if tensor.node is not None and tensor.node.op is not None else 0
    note: tuple[str, ...] = ()
    if size > max_nodes and detail == "auto":
        note = (f"Summary of {size:,} nodes.", f"To draw them all: draw_graph(…, max_nodes={size}).")
    if size and (note or detail == "modules"):
        picture = summarise(tensor, values=values, grads=grads, names=names)
    else:
        picture = trace(
            tensor, values=values, grads=grads, gradient=gradient, names=names, max_nodes=max_nodes
        )
    if direction != "auto":
        return GraphDrawing(picture, direction, title, note)
    least = least_width(picture)  # a layout is work; often one is enough to know
    if least > _COLUMN:
        down = GraphDrawing(picture, "down", title, note)
        if down.size[0] < least:
            return down
    across = GraphDrawing(picture, "right", title, note)
    if across.size[0] <= _COLUMN:
        return across
    down = GraphDrawing(picture, "down", title, note)
    return down if down.size[0] < across.size[0] else across
