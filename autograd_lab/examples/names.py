"""What is called what: this package, PyTorch and JAX. The tests look each name up where it should be."""

from __future__ import annotations

from html import escape
from typing import NamedTuple


class Names(NamedTuple):
    """One row: what it is for, and its full name in each library; "" where a library has no such thing.

    >>> NAMES[0]
    Names(what='the array', ours='ag.Tensor', torch='torch.Tensor', jax='jax.Array')
    """

    what: str
    ours: str
    torch: str
    jax: str


NAMES = [
    Names("the array", "ag.Tensor", "torch.Tensor", "jax.Array"),
    Names("make one", "ag.tensor", "torch.tensor", "jax.numpy.asarray"),
    Names("ask for its gradient", "ag.Tensor.requires_grad_", "torch.Tensor.requires_grad_", ""),
    Names("accumulate into grad", "ag.Tensor.backward", "torch.Tensor.backward", ""),
    Names("return gradients", "ag.grad", "torch.autograd.grad", ""),
    Names("record nothing", "ag.no_grad", "torch.no_grad", ""),
    Names("cut off the graph", "ag.Tensor.detach", "torch.Tensor.detach", "jax.lax.stop_gradient"),
    Names("function to gradient", "ag.func.grad", "torch.func.grad", "jax.grad"),
    Names("and its value", "ag.func.value_and_grad", "torch.func.grad_and_value", "jax.value_and_grad"),
    Names("vᵀJ", "ag.func.vjp", "torch.func.vjp", "jax.vjp"),
    Names("J v", "ag.func.jvp", "torch.func.jvp", "jax.jvp"),
    Names("the Jacobian, by rows", "ag.func.jacobian", "torch.func.jacrev", "jax.jacrev"),
    Names("the Hessian", "ag.func.hessian", "torch.func.hessian", "jax.hessian"),
    Names("Hessian times vector", "ag.func.hvp", "torch.autograd.functional.hvp", ""),
    Names("a rule of one's own", "ag.primitive", "torch.autograd.Function", "jax.custom_vjp"),
    Names("check it", "ag.gradcheck", "torch.autograd.gradcheck", "jax.test_util.check_grads"),
    Names("find a NaN", "ag.debug.detect_anomaly", "torch.autograd.detect_anomaly", "jax.debug_nans"),
    Names("layers", "ag.nn.Module", "torch.nn.Module", ""),
    Names("their parameters by name", "ag.nn.Module.state_dict", "torch.nn.Module.state_dict", ""),
    Names("optimisers", "ag.optim.SGD", "torch.optim.SGD", ""),
]
"""What the book has built."""

ADDED = [
    Names("compile a function", "", "torch.compile", "jax.jit"),
    Names("map over a batch", "", "torch.func.vmap", "jax.vmap"),
    Names("recompute instead of saving", "", "torch.utils.checkpoint.checkpoint", "jax.checkpoint"),
    Names("put an array on a device", "", "torch.Tensor.to", "jax.device_put"),
    Names("choose lower precision", "", "torch.autocast", ""),
    Names("several devices at once", "", "torch.distributed.all_reduce", "jax.shard_map"),
]
"""What it has not."""


class NamesTable:
    """Rows as a table; a notebook shows it as one.

    Parameters
    ----------
    rows : list of Names
    ours : bool
        Whether there is a column for this package.

    Examples
    --------
    >>> NamesTable(NAMES[:2])
    for        here       PyTorch       JAX
    the array  ag.Tensor  torch.Tensor  jax.Array
    make one   ag.tensor  torch.tensor  jax.numpy.asarray
    """

    def __init__(self, rows: list[Names], ours: bool = True) -> None:
        kept = range(4) if ours else (0, 2, 3)
        titles = ("for", "here", "PyTorch", "JAX")
        self.rows = [[row[i] or "–" for i in kept] for row in [titles, *rows]]

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = [zip(row, widths, strict=True) for row in self.rows]
        return "\n".join("  ".join(text.ljust(width) for text, width in line).rstrip() for line in lines)

    def _repr_html_(self) -> str:
        head, *rows = self.rows
        titles = "".join(f'<th scope="col">{title}</th>' for title in head)
        body = "".join(
            f'<tr><th scope="row" style="font-weight:normal">{escape(what)}</th>'
            f"{''.join(map(_name, names))}</tr>\n"
            for what, *names in rows
        )
        # As the drawings: what is wider than the page scrolls, by the keyboard too.
        return (
            '<div class="ag-names" style="overflow-x:auto" tabindex="0" role="group" '
            'aria-label="Names, scrollable">\n<table class="table">\n'
            f"<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</div>"
        )


def _name(text: str) -> str:
    """A name may be broken behind its dots, so that three fit side by side."""
    if text == "–":
        return f"<td>{text}</td>"
    return f'<td><code style="white-space:normal">{escape(text).replace(".", ".<wbr>")}</code></td>'
