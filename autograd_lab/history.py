"""What a training has measured: loss and accuracy after each epoch."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autograd_lab.viz.training import plot_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class History:
    """Loss and accuracy after each epoch, on the training set and on the test set.

    Attributes
    ----------
    train_loss, test_loss : ndarray, shape (epochs,)
        Mean cross entropy over all images of the set.
    train_accuracy, test_accuracy : ndarray, shape (epochs,)
        Fraction of images whose largest score is that of their label.

    Examples
    --------
    >>> history = History(*np.array([[0.9, 0.5], [0.7, 0.9], [0.8, 0.6], [0.75, 0.85]]))
    >>> len(history), history.test_loss
    (2, array([0.8, 0.6]))
    """

    train_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.train_loss)

    def csv(self) -> str:
        """A table with a row for each epoch, as text; every number can be read back to the last bit.

        Examples
        --------
        >>> history = History(*np.array([[0.9, 0.5], [0.7, 0.9], [0.8, 0.6], [0.75, 0.85]]))
        >>> print(history.csv(), end="")
        epoch,train_loss,train_accuracy,test_loss,test_accuracy
        1,0.9,0.7,0.8,0.75
        2,0.5,0.9,0.6,0.85
        """
        file = io.StringIO()
        table = csv.writer(file, lineterminator="\n")
        names = [field.name for field in fields(self)]
        table.writerow(["epoch", *names])
        columns = (getattr(self, name).tolist() for name in names)
        table.writerows((epoch, *row) for epoch, row in enumerate(zip(*columns, strict=True), start=1))
        return file.getvalue()

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write :meth:`csv` to a file.

        Parameters
        ----------
        path : str or path-like
            Replaced if it is there.

        Examples
        --------
        >>> import tempfile
        >>> history = History(*np.array([[0.9, 0.5], [0.7, 0.9], [0.8, 0.6], [0.75, 0.85]]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history.to_csv(Path(folder, "metrics.csv"))
        ...     History.from_csv(Path(folder, "metrics.csv")).test_loss
        array([0.8, 0.6])
        """
        Path(path).write_text(self.csv(), encoding="utf-8", newline="")

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> History:
        """Read what :meth:`to_csv` has written.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        History

        Raises
        ------
        ValueError
            If it is no such table.

        Examples
        --------
        See :meth:`to_csv`.
        """
        names = ["epoch", *(field.name for field in fields(cls))]
        with open(path, newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file)) or [[]]
        try:
            if header != names:
                raise ValueError(f"its columns are {header}")
            table = np.array([[float(number) for number in row] for row in rows]).reshape(-1, len(names))
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: this is not a table of metrics ({error})") from None
        return cls(*table.T[1:])

    def plot(self, *, log_loss: bool = False) -> Figure:
        """Loss and accuracy by epoch: :func:`autograd_lab.viz.plot_history`.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.

        Examples
        --------
        >>> history = History(*np.array([[0.9, 0.5], [0.7, 0.9], [0.8, 0.6], [0.75, 0.85]]))
        >>> len(history.plot().axes)
        2
        """
        return plot_history(self, log_loss=log_loss)

    def line(self, epochs: int) -> str:
        """The last epoch as a line of text.

        Parameters
        ----------
        epochs : int
            How many there are to be.

        Returns
        -------
        str

        Examples
        --------
        >>> History(*np.array([[0.9], [0.7], [0.8], [0.75]])).line(10)
        'epoch  1/10  train loss 0.9000,  70.00 %  test loss 0.8000,  75.00 %'
        """
        row = [getattr(self, field.name)[-1] for field in fields(self)]
        return (
            f"epoch {len(self):{len(str(epochs))}}/{epochs}  train loss {row[0]:.4f}, {100 * row[1]:6.2f} %"
            f"  test loss {row[2]:.4f}, {100 * row[3]:6.2f} %"
        )
