"""Neural networks: modules, their parameters and initialisation; ``functional`` is PyTorch's ``F``."""

from autograd_lab.nn import functional, init
from autograd_lab.nn.layers import Dropout, Linear, ReLU, Sequential, Sigmoid, Tanh
from autograd_lab.nn.losses import CrossEntropyLoss, MSELoss, NLLLoss
from autograd_lab.nn.module import Module, Parameter

__all__ = [
    "CrossEntropyLoss", "Dropout", "Linear", "MSELoss", "Module", "NLLLoss", "Parameter", "ReLU",
    "Sequential", "Sigmoid", "Tanh", "functional", "init",
]  # fmt: skip
