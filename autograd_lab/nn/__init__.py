"""Neural networks: modules, their parameters and initialisation; ``functional`` is PyTorch's ``F``."""

from autograd_lab.nn import functional, init
from autograd_lab.nn.modules import Linear, Module, Parameter, ReLU, Sequential

__all__ = ["Linear", "Module", "Parameter", "ReLU", "Sequential", "functional", "init"]
