"""See it: computation graphs as drawings, backward passes step by step, the package's source, the figures.

:func:`draw_graph`, :func:`step_backward`, :func:`digit_pad` and :func:`show_source` need nothing but NumPy.
The figures need Matplotlib and the explorables ipywidgets, which ``pip install 'autograd-lab[viz]'`` brings;
without them this package imports all the same.
"""

from autograd_lab.viz.digit_pad import DigitPad, digit_pad, read_network
from autograd_lab.viz.drawing import GraphDrawing, draw_graph
from autograd_lab.viz.errors import plot_errors
from autograd_lab.viz.explore import (
    explore_broadcasting,
    explore_learning_rate,
    explore_softmax,
    explore_step_size,
)
from autograd_lab.viz.images import plot_digits, plot_input_gradients, plot_weights
from autograd_lab.viz.labels import label_curves
from autograd_lab.viz.paths import plot_paths, walk
from autograd_lab.viz.precision import plot_rounding_errors
from autograd_lab.viz.replay import Replay, replay
from autograd_lab.viz.source import SourceView, show_source
from autograd_lab.viz.stepper import BackwardSteps, step_backward
from autograd_lab.viz.style import PALETTE, as_png, book_style, use_book_style
from autograd_lab.viz.training import confusion_matrix, plot_confusion, plot_history
from autograd_lab.viz.weights import rounded

__all__ = [
    "PALETTE",
    "BackwardSteps",
    "DigitPad",
    "GraphDrawing",
    "Replay",
    "SourceView",
    "as_png",
    "book_style",
    "confusion_matrix",
    "digit_pad",
    "draw_graph",
    "explore_broadcasting",
    "explore_learning_rate",
    "explore_softmax",
    "explore_step_size",
    "label_curves",
    "plot_confusion",
    "plot_digits",
    "plot_errors",
    "plot_history",
    "plot_input_gradients",
    "plot_paths",
    "plot_rounding_errors",
    "plot_weights",
    "read_network",
    "replay",
    "rounded",
    "show_source",
    "step_backward",
    "use_book_style",
    "walk",
]
