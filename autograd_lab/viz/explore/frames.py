"""The mechanism of every explorable: a slider that turns the pages of a book of pictures.

All pictures are drawn beforehand, and the slider is linked to the stack of pictures in the browser. So it
moves in a notebook without a call to the kernel, and in a static page, where there is no kernel at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from autograd_lab.viz.explore.style import EXPLORE_CSS

__all__ = ["Frame", "computed", "explorable", "require_ipywidgets"]


@dataclass(frozen=True)
class Frame:
    """One position of a knob, and what is seen there.

    Attributes
    ----------
    label : str
        The position, as the slider says it.
    readout : str
        One or two sentences with the numbers; a screen reader reads them out when the knob is turned.
    panels : tuple of str
        Pictures, as SVG or HTML.
    values : dict
        The numbers that the pictures were drawn from.

    Examples
    --------
    >>> Frame("10⁻¹", "error 0.01", ("<svg></svg>",)).html
    '<p class="ag-readout">error 0.01</p><div class="ag-panels"><svg></svg></div>'
    """

    label: str
    readout: str
    panels: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def html(self) -> str:
        """The frame as HTML."""
        return (
            f'<p class="ag-readout">{escape(self.readout, quote=False)}</p>'
            f'<div class="ag-panels">{"".join(self.panels)}</div>'
        )


def require_ipywidgets() -> None:
    """Raise an ImportError that says how to get ipywidgets if it is not there."""
    try:
        import ipywidgets  # noqa: F401
    except ImportError as error:
        raise ImportError("this explorable needs ipywidgets: pip install 'autograd-lab[viz]'") from error


def explorable(
    frames: Sequence[Frame], *, knob: str, ask: str, start: int = 0, interval: int = 900, live: Any = None
) -> Any:
    """Put a question, a slider with a play button, and the pictures that they turn into one widget.

    Parameters
    ----------
    frames : sequence of Frame
        One for each position of the slider.
    knob : str
        What the slider is called.
    ask : str
        The question to answer before the knob is turned.
    start : int
        The position to begin with.
    interval : int
        Milliseconds between two pictures while playing.
    live : Widget, optional
        Controls that need a kernel, as :func:`computed` makes them; they stand below the rest.

    Returns
    -------
    ipywidgets.VBox
        The slider's ``index`` is linked to the play button's ``value`` and the stack's ``selected_index``.

    Raises
    ------
    ImportError
        If ipywidgets is not installed.

    Examples
    --------
    >>> box = explorable([Frame("one", "1", ()), Frame("two", "2", ())], knob="n", ask="Which?")
    >>> [type(child).__name__ for child in box.children]
    ['HTML', 'HBox', 'Stack']
    """
    require_ipywidgets()
    import ipywidgets as w

    ask = escape(ask, quote=False)
    question = w.HTML(
        f'<p class="ag-ask"><strong>Predict.</strong> {ask}</p><style>{EXPLORE_CSS}</style>',
        layout=w.Layout(width="100%", margin="0"),
    )
    # All pictures share its layout and its style: each would be a model of its own in the page.
    plain = {"layout": question.layout, "style": question.style}
    play = w.Play(min=0, max=len(frames) - 1, value=start, interval=interval, show_repeat=False)
    slider = w.SelectionSlider(
        options=[frame.label for frame in frames],
        index=start,
        description=knob,
        layout=w.Layout(width="auto", flex="1 1 240px", min_width="240px", max_width="420px"),
        style=w.SliderStyle(description_width="initial"),
    )
    stack = w.Stack([w.HTML(frame.html, **plain) for frame in frames], selected_index=start)
    stack.layout.width = "100%"
    stack.add_class("ag-stack")
    controls = w.HBox(
        [play, slider],
        layout=w.Layout(flex_flow="row wrap", align_items="center", margin="8px 0", width="100%"),
    )
    rows = [question, controls, stack, *([live] if live is not None else [])]
    box = w.VBox(rows, layout=w.Layout(width="100%", overflow="hidden"))
    box.add_class("ag-explore")
    # The links live in the browser. Widgets keep them alive in a page as long as somebody holds them here.
    box.links = (
        w.jslink((play, "value"), (slider, "index")),
        w.jslink((slider, "index"), (stack, "selected_index")),
    )
    return box


def computed(controls: Mapping[str, Any], draw: Callable[..., Frame]) -> Any:
    """Make controls whose values are computed with, anew at each change; they need a kernel.

    Parameters
    ----------
    controls : dict of Widget
        By the name of the argument of `draw` that takes the control's value.
    draw : function
        Returns the frame for these values; where it raises, the message is shown in its place.

    Returns
    -------
    ipywidgets.VBox

    Examples
    --------
    >>> import ipywidgets
    >>> n = ipywidgets.IntText(2, description="n")
    >>> box = computed({"n": n}, lambda n: Frame("", f"n² = {n * n}", ()))
    >>> n.value = 3
    >>> box.children[-1].value
    '<p class="ag-readout">n² = 9</p><div class="ag-panels"></div>'
    """
    require_ipywidgets()
    import ipywidgets as w

    shown = w.HTML(layout=w.Layout(width="100%"))

    def redraw(_: object = None) -> None:
        try:
            shown.value = draw(**{name: control.value for name, control in controls.items()}).html
        except (ArithmeticError, TypeError, ValueError) as error:
            shown.value = f'<p class="ag-readout ag-wrong" role="alert">{escape(str(error))}</p>'

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    heading = w.HTML('<p class="ag-ask"><strong>Your own numbers</strong>, computed by the kernel.</p>')
    row = w.HBox(list(controls.values()), layout=w.Layout(flex_flow="row wrap"))
    return w.VBox([heading, row, shown], layout=w.Layout(margin="16px 0 0"))
