"""Every operator of the book: its value and its vector-Jacobian products, on plain NumPy arrays.

Beside its formula each has three lines: what shapes and dtypes it takes and gives, and what ``ag.<name>``
raises. Two errors are common to all: a ValueError for a whole number that its array or 64 bits can't hold,
and a TypeError for a complex value that a gradient would have to pass. ``eq.`` is the report's equation.
"""

from autograd_lab.ops.classification import cross_entropy, log_softmax, mse_loss, nll_loss, softmax
from autograd_lab.ops.elementwise import (
    abs,
    add,
    clip,
    cos,
    div,
    exp,
    log,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    relu,
    sigmoid,
    sin,
    sqrt,
    sub,
    tanh,
    where,
)
from autograd_lab.ops.linalg import dot, einsum, matmul
from autograd_lab.ops.primitive import PRIMITIVES, VJP, Primitive, primitive
from autograd_lab.ops.reductions import logsumexp, max, mean, min, sum, var
from autograd_lab.ops.shape import (
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    getitem,
    reshape,
    scatter_add,
    squeeze,
    stack,
    swapaxes,
    transpose,
)

__all__ = [
    "PRIMITIVES", "VJP", "Primitive", "abs", "add", "astype", "broadcast_to", "clip", "concatenate", "cos",
    "cross_entropy", "div", "dot", "einsum", "exp", "expand_dims", "getitem", "log", "log_softmax",
    "logsumexp", "matmul", "max", "maximum", "mean", "min", "minimum", "mse_loss", "mul", "neg", "nll_loss",
    "pow", "primitive", "relu", "reshape", "scatter_add", "sigmoid", "sin", "softmax", "sqrt", "squeeze",
    "stack", "sub", "sum", "swapaxes", "tanh", "transpose", "var", "where",
]  # fmt: skip
