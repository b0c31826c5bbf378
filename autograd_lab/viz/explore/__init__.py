"""Explorables: turn a knob, and see the numbers that the package computes there.

Each subject has its file, :mod:`frames` the mechanism that they share, and :mod:`panel` the pictures.
"""

from autograd_lab.viz.explore.broadcasting import explore_broadcasting
from autograd_lab.viz.explore.learning_rate import explore_learning_rate
from autograd_lab.viz.explore.softmax import explore_softmax
from autograd_lab.viz.explore.step_size import explore_step_size

__all__ = ["explore_broadcasting", "explore_learning_rate", "explore_softmax", "explore_step_size"]
