"""Autograd Lab: reverse-mode automatic differentiation, to read and to use.

>>> import autograd_lab as ag
>>> w = ag.tensor([1.0, -2.0], requires_grad=True)
>>> loss = (w * w).sum()
>>> loss.backward()
>>> w.grad
array([ 2., -4.])
"""

from autograd_lab import debug, func, nn, optim
from autograd_lab.gradcheck import GradcheckError, gradcheck
from autograd_lab.graph import enable_grad, is_grad_enabled, no_grad
from autograd_lab.tensor import Tensor, concatenate, einsum, grad, primitive, stack, tensor, where

__version__ = "0.1.0"

# Every operator is a method of Tensor and a function here.
abs = Tensor.abs
add = Tensor.add
astype = Tensor.astype
broadcast_to = Tensor.broadcast_to
clip = Tensor.clip
cos = Tensor.cos
cross_entropy = Tensor.cross_entropy
div = Tensor.div
dot = Tensor.dot
exp = Tensor.exp
expand_dims = Tensor.expand_dims
getitem = Tensor.getitem
log = Tensor.log
log_softmax = Tensor.log_softmax
logsumexp = Tensor.logsumexp
matmul = Tensor.matmul
max = Tensor.max
maximum = Tensor.maximum
mean = Tensor.mean
min = Tensor.min
minimum = Tensor.minimum
mse_loss = Tensor.mse_loss
mul = Tensor.mul
neg = Tensor.neg
nll_loss = Tensor.nll_loss
pow = Tensor.pow
relu = Tensor.relu
reshape = Tensor.reshape
sigmoid = Tensor.sigmoid
sin = Tensor.sin
softmax = Tensor.softmax
sqrt = Tensor.sqrt
squeeze = Tensor.squeeze
sub = Tensor.sub
sum = Tensor.sum
swapaxes = Tensor.swapaxes
tanh = Tensor.tanh
transpose = Tensor.transpose
var = Tensor.var

__all__ = [
    "GradcheckError", "Tensor", "abs", "add", "astype", "broadcast_to", "clip", "concatenate", "cos",
    "cross_entropy", "debug", "div", "dot", "einsum", "enable_grad", "exp", "expand_dims", "func",
    "getitem", "grad", "gradcheck", "is_grad_enabled", "log", "log_softmax", "logsumexp", "matmul", "max",
    "maximum", "mean", "min", "minimum", "mse_loss", "mul", "neg", "nll_loss", "nn", "no_grad", "optim",
    "pow", "primitive", "relu", "reshape", "sigmoid", "sin", "softmax", "sqrt", "squeeze", "stack", "sub",
    "sum", "swapaxes", "tanh", "tensor", "transpose", "var", "where",
]  # fmt: skip
