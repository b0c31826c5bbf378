"""A pad to draw on, and a network that answers in the page: ``digit_pad(model)`` at the end of a cell.

The pad is one piece of HTML with the network's weights in it. Its script makes of the drawing what MNIST
would have made of it, computes the probabilities and the gradient with respect to the pixels, and asks no
server and no kernel.
"""

from __future__ import annotations

import base64
import json
import re
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lab.data import Split
from autograd_lab.nn import Linear, Module, Sequential
from autograd_lab.viz.page import save_page, script
from autograd_lab.viz.theme import PAD_CSS
from autograd_lab.viz.weights import from_text, to_text

__all__ = ["DigitPad", "digit_pad", "read_network"]

PIXELS = 784
DIGITS = 10


class DigitPad:
    """A pad to draw on with the network that reads it, made by :func:`digit_pad`.

    Attributes
    ----------
    model : Sequential
        The network of the page: the one that was given, its weights rounded.
    title : str

    Examples
    --------
    >>> from autograd_lab import nn
    >>> pad = digit_pad(nn.Sequential(nn.Linear(784, 20, rng=0), nn.ReLU(), nn.Linear(20, 10, rng=1)))
    >>> pad
    <DigitPad of Sequential(Linear(784, 20), ReLU(), Linear(20, 10))>
    """

    def __init__(self, model: Module, examples: Split | None, title: str) -> None:
        self._layers = to_text(model)
        self.model: Sequential = from_text(self._layers)
        self.title = title
        self._examples = [] if examples is None else _examples(examples)

    def __repr__(self) -> str:
        return f"<DigitPad of {self.model!r}>"

    def _repr_html_(self) -> str:
        name = escape(self.title)
        data = json.dumps({"layers": self._layers, "examples": self._examples}, separators=(",", ":"))
        return (
            f'<div class="ag-pad" role="group" aria-label="{name}" data-lm-suppress-shortcuts="true">\n'
            f'<style>{PAD_CSS}</style>\n<p class="ag-heading">{name}</p>\n{_BOARD}\n'
            f'<script type="application/json">{data}</script>\n'
            f"<script>{script('digit_pad.js')}</script>\n</div>"
        )

    def save(self, path: str | Path) -> Path:
        """Write the pad to a page of its own, which a browser opens with no network.

        Parameters
        ----------
        path : str or Path
            Ends in ``.html``.

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
        >>> from autograd_lab import nn
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     digit_pad(nn.Sequential(nn.Linear(784, 10, rng=0))).save(f"{folder}/pad.html").name
        'pad.html'
        """
        return save_page(path, self.title, self._repr_html_(), "a pad")


def digit_pad(model: Module, examples: Split | None = None, *, title: str = "Draw a digit") -> DigitPad:
    """A pad to draw on, in the page, and what `model` makes of the drawing: by mouse, touch and keyboard.

    Beside the pad stand the ten probabilities, the 28 × 28 pixels that the network is given, and the gradient
    of log p with respect to each of them, for the digit that was answered or another one. Weights are rounded
    to twelve bits.

    Parameters
    ----------
    model : Sequential
        Of ``Linear`` and ``ReLU``, from 784 pixels (0 is paper, 1 is ink) to 10 scores.
    examples : Split, optional
        Some images, shape (N, 784), and their labels, for a button that shows them one after the other.
    title : str
        Stands above the pad.

    Returns
    -------
    DigitPad

    Raises
    ------
    TypeError
        If the model is made of other layers.
    ValueError
        If it does not map 784 pixels to 10 scores, has weights that are not finite, or the examples are no
        such images.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> pad = digit_pad(nn.Sequential(nn.Linear(784, 10, rng=0)))
    >>> pad.model[0].weight.shape
    (784, 10)
    """
    pad = DigitPad(model, examples, title)
    affine = [layer for layer in pad.model if isinstance(layer, Linear)]
    if not affine or (affine[0].in_features, affine[-1].out_features) != (PIXELS, DIGITS):
        raise ValueError(f"a pad needs a network from {PIXELS} pixels to {DIGITS} scores, not {model!r}")
    return pad


def read_network(page: str) -> Sequential:
    """The network of the first pad in a page: ``pad.model`` again, to the last bit.

    Parameters
    ----------
    page : str
        The HTML.

    Returns
    -------
    Sequential

    Raises
    ------
    ValueError
        If there is no pad in it.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> pad = digit_pad(nn.Sequential(nn.Linear(784, 10, rng=0)))
    >>> again = read_network(pad._repr_html_())
    >>> bool(np.all(again[0].weight.data == pad.model[0].weight.data))
    True
    """
    found = re.search(r'<script type="application/json">(\{"layers":.*?)</script>', page, re.DOTALL)
    if found is None:
        raise ValueError("there is no pad with a network in this page")
    return from_text(json.loads(found[1])["layers"])


def _examples(examples: Split) -> list[dict[str, Any]]:
    images, labels = (np.asarray(part) for part in examples)
    if images.ndim != 2 or images.shape[1] != PIXELS or labels.shape != images.shape[:1]:
        raise ValueError(
            f"examples are images of shape (N, {PIXELS}) with N labels, "
            f"not of shape {images.shape} with {labels.shape}"
        )
    if not ((images >= 0) & (images <= 1)).all():  # NaN too
        raise ValueError("the pixels of an example are from 0 (paper) to 1 (ink)")
    return [
        {"label": int(label), "pixels": _bytes_to_text(np.rint(image * 255))}
        for image, label in zip(images, labels, strict=True)
    ]


def _bytes_to_text(numbers: NDArray[Any]) -> str:
    return base64.b64encode(numbers.astype(np.uint8).tobytes()).decode("ascii")


_ROWS = "\n".join(
    f'<tr><th scope="row">{digit}</th><td><span class="ag-bar"><i></i></span><span class="ag-percent"></span>'
    "</td></tr>"
    for digit in range(DIGITS)
)
_CHOICES = "".join(f"<option>{digit}</option>" for digit in range(DIGITS))

# Without ids, so that a page may hold several pads. Hidden until the script has come.
_BOARD = f"""\
<p class="ag-static">The pad works where scripts run: in the pages of the book and in a notebook.</p>
<div class="ag-board" hidden="">
<p class="ag-verdict"></p>
<div class="ag-draw">
<div class="ag-sheet ag-paper"><canvas class="ag-canvas" width="280" height="280" tabindex="0" \
role="application" aria-roledescription="drawing pad" aria-label="Draw a digit. Arrow keys move the pen, \
Space puts it down or lifts it, Backspace takes the last stroke back, Delete clears the pad."></canvas>
<span class="ag-pen" aria-hidden="true"></span></div>
<div class="ag-buttons"><button type="button" class="ag-clear">Clear</button>
<button type="button" class="ag-undo">Undo</button>
<button type="button" class="ag-example">Test digit</button></div>
<label class="ag-check"><input type="checkbox" checked=""/> \
<span>centre and scale, as MNIST did</span></label>
<p class="ag-keys">Mouse or finger; or click the pad and use keys: <kbd>←</kbd> <kbd>↑</kbd> <kbd>→</kbd> \
<kbd>↓</kbd> move the pen (<kbd>Home</kbd>, <kbd>End</kbd>, <kbd>PgUp</kbd>, <kbd>PgDn</kbd> at a slant), \
<kbd>Space</kbd> puts it down and lifts it, <kbd>⌫</kbd> undoes, <kbd>Del</kbd> clears.</p>
</div>
<table class="ag-bars"><caption>Probability of each digit</caption>
<tbody>
{_ROWS}
</tbody></table>
<div class="ag-pictures">
<figure class="ag-seen"><div class="ag-sheet"><canvas width="28" height="28" role="img" \
aria-label="Nothing yet"></canvas></div>
<figcaption>What the network is given: 28 × 28 pixels</figcaption></figure>
<figure class="ag-slopes"><div class="ag-sheet"><canvas width="392" height="392" role="img" \
aria-label="Nothing yet"></canvas></div>
<figcaption>The gradient, pixel by pixel</figcaption></figure>
<div class="ag-legend">
<label>Gradient of log p for <select><option value="answer">the answer</option>{_CHOICES}</select></label>
<p><span class="ag-swatch ag-more" aria-hidden="true">+</span>more ink here makes it more of \
<b class="ag-which">the digit</b></p>
<p><span class="ag-swatch ag-less" aria-hidden="true">−</span>more ink here makes it less of it</p>
<p class="ag-scale"></p>
</div>
</div>
<span class="ag-say" aria-live="polite"></span>
</div>"""
