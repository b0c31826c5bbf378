"""Find the line: where a number stopped being finite, which saved array was changed, what memory goes to.

Everything here works on request only. While :func:`detect_anomaly` is active each operator is watched as
it is recorded; when it is not, the engine runs without a check.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from autograd_lab.graph import Node, recording_with, refuse_freed, topological_order
from autograd_lab.nn import Module
from autograd_lab.ops import VJP, Primitive
from autograd_lab.tensor import Tensor

PACKAGE = Path(__file__).parent


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Watch every operator recorded in a ``with`` block, and its VJPs whenever they run.

    Raises, inside the block or in a later backward pass through what it recorded,

    FloatingPointError
        As soon as a value or a gradient is NaN or infinite although the operator was given finite numbers:
        with the operator and the line of the forward pass, as in ``log at train.py:41: ...``.
    RuntimeError
        When backward meets a saved array that was changed in place since the forward pass.

    Notes
    -----
    As ``torch.autograd.detect_anomaly``, which reports the forward line for NaN gradients. Each saved array
    is copied, so a block costs time and memory.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> x = ag.tensor([1.0, 0.0], requires_grad=True)
    >>> with ag.debug.detect_anomaly():
    ...     y = ag.sqrt(x).sum()
    >>> try:
    ...     with np.errstate(divide="ignore"):
    ...         y.backward()
    ... except FloatingPointError as error:
    ...     print(str(error).partition(" at ")[0], "...", str(error).partition(": ")[2])
    sqrt ... the gradient of its input 0 has 0 NaN and 1 infinite of 2 entries, given finite ones
    """
    with recording_with(_watch):
        yield


def forward_line() -> str:
    """File and line of the innermost code outside this package that is running now, as ``train.py:41``.

    A cell of a notebook goes by its number: ``In[3]:2`` is the second line of ``In[3]``.

    Examples
    --------
    >>> exec(compile("line = forward_line()", "train.py", "exec"))
    >>> line
    'train.py:1'
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and PACKAGE in Path(frame.f_code.co_filename).parents:
        frame = frame.f_back
    return f"{_file_name(frame.f_code.co_filename)}:{frame.f_lineno}"


def _file_name(path: str) -> str:
    """The name of a file; a cell of a notebook is called by its number, In[3], as IPython does it."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = shell and shell.compile.format_code_name(path)
    return cell[1] if cell else Path(path).name


def _watch(node: Node, args: Sequence[Any], value: Any) -> None:
    """Called for each node as it is recorded: remember the line, look at the value, guard the VJPs."""
    assert node.op is not None
    node.line = forward_line()
    if not _finite(value) and all(_finite(a) for a in args):
        raise FloatingPointError(f"{node.op.name} at {node.line}: {_describe(value)} from finite inputs")
    node.vjps = [vjp and _guard(vjp, node.op, node.line, i) for i, vjp in enumerate(node.vjps or ())]


def _guard(vjp: VJP, op: Primitive, line: str, place: int) -> VJP:
    """A VJP that looks at what it has saved before it runs, and at its result after."""
    copies = [(name, array, array.copy()) for name, array in _saved(vjp)]
    what = f"{op.name} at {line}"

    def guarded(g: Any) -> Any:
        for name, array, copy in copies:
            if not np.array_equal(array, copy, equal_nan=array.dtype.kind in "fc"):
                raise RuntimeError(
                    f"{what}: the array it saved as {name!r} was changed in place after the forward pass, so "
                    "its gradient would be wrong. Make a new array instead of changing this one."
                )
        gx = vjp(g)
        if not _finite(gx) and _finite(g):
            raise FloatingPointError(
                f"{what}: the gradient of its input {place} has {_describe(gx)}, given finite ones"
            )
        return gx

    return guarded


def _finite(value: Any) -> bool:
    if isinstance(value, Tensor):
        value = value.data
    if not isinstance(value, np.ndarray | np.generic | float):
        return True
    return bool(np.isfinite(value).all()) if np.asarray(value).dtype.kind in "fc" else True


def _describe(value: Any) -> str:
    data = value.data if isinstance(value, Tensor) else np.asarray(value)
    nan, infinite = int(np.isnan(data).sum()), int(np.isinf(data).sum())
    return f"{nan} NaN and {infinite} infinite of {data.size} entries"


def _saved(vjp: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Names and arrays that a VJP closes over, also through helper functions."""
    stack, seen = [vjp], set()
    while stack:
        fn = stack.pop()
        if id(fn) in seen:
            continue
        seen.add(id(fn))
        for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
            content = cell.cell_contents
            for item in content if isinstance(content, tuple | list) else (content,):
                if isinstance(item, np.ndarray):
                    yield name, item
                elif isinstance(item, FunctionType):
                    stack.append(item)


def first_non_finite(model: Module, x: Any) -> str | None:
    """Where the forward pass of a model first makes a number that is not finite.

    Parameters
    ----------
    model : Module
        Run once on x; neither it nor its gradients are changed.
    x : array_like
        What the model takes, for example the batch whose loss became NaN.

    Returns
    -------
    str or None
        The input, the parameter, or the operator and its layer, with the count of bad entries; None if all
        are finite.

    Raises
    ------
    ValueError
        If the model does not take such an x.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=1))
    >>> model[2].weight.data *= 1e308
    >>> first_non_finite(model, np.full((4, 2), 100.0))
    'matmul in layer 2 (Linear): 0 NaN and 4 infinite of 4 entries from finite inputs'
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if not _finite(x):
        return f"the input: {_describe(x)}"
    names = {}
    for name, parameter in model.named_parameters():
        if not _finite(parameter):
            return f"the parameter {name}: {_describe(parameter)}"
        names[parameter.node] = name
    found: list[tuple[Node, str]] = []

    def watch(node: Node, args: Sequence[Any], value: Any) -> None:
        if not found and not _finite(value):
            found.append((node, _describe(value)))

    with np.errstate(all="ignore"), recording_with(watch):
        out = model(x)
    if not found:
        return None
    node, numbers = found[0]
    assert node.op is not None
    return f"{node.op.name} in {_layer(node, out, names)}: {numbers} from finite inputs"


def _layer(node: Node, out: Tensor, names: Mapping[Any, str]) -> str:
    """The innermost module whose call recorded a node: by the name of its parameters if it has some."""
    order = topological_order(out.node) if out.node else []
    calls = [(start, end.id, kind) for end in order for kind, start in end.modules if end.op is not None]
    start, end, kind = max((call for call in calls if call[0] < node.id <= call[1]), default=(-1, -1, ""))
    inside = (names.get(i) for n in order if start < n.id <= end for i in n.inputs if isinstance(i, Node))
    name = next((name.rpartition(".")[0] for name in inside if name), "")
    return f"layer {name} ({kind})" if name else f"a {kind} layer" if kind else "the model"


@dataclass(frozen=True)
class SavedBytes:
    """What one node keeps for backward.

    Attributes
    ----------
    op : str
        The operator.
    shape : tuple of int
        Of its value.
    bytes : int
        Of the arrays it keeps that no earlier row of the list has counted.
    line : str or None
        Where it was recorded, known inside :func:`detect_anomaly`.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> saved_bytes(x.exp())
    [SavedBytes(op='exp', shape=(3,), bytes=24, line=None)]
    """

    op: str
    shape: tuple[int, ...]
    bytes: int
    line: str | None


def saved_bytes(tensor: Tensor) -> list[SavedBytes]:
    """What each node of a graph keeps alive for its backward pass, in the order of the forward pass.

    Parameters
    ----------
    tensor : Tensor
        The root, for example a loss.

    Returns
    -------
    list of SavedBytes
        One row a node; an array that several VJPs share counts once, and the user's own leaves not at all.

    Raises
    ------
    RuntimeError
        If the graph has been freed by a backward pass.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_lab as ag
    >>> x = ag.tensor(np.zeros(1000), requires_grad=True)
    >>> [(row.op, row.bytes) for row in ag.debug.saved_bytes((x.exp() + 1.0).sum())]
    [('exp', 8000), ('add', 0), ('sum', 0)]
    """
    if tensor.node is None:
        return []
    order = topological_order(tensor.node)[::-1]
    refuse_freed(order)
    counted = {id(_owner(node.data)) for node in order if node.op is None}
    rows = []
    for node in order:
        if node.op is None:
            continue
        total = 0
        for vjp in node.vjps or ():
            for _, array in _saved(vjp) if vjp else ():
                owner = _owner(array)
                if id(owner) not in counted:
                    counted.add(id(owner))
                    total += owner.nbytes
        rows.append(SavedBytes(node.op.name, node.shape, total, node.line))
    return rows


def _owner(array: np.ndarray) -> np.ndarray:
    """The array whose memory a view looks into."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
