"""Data for the training chapters: an IDX reader, the MNIST digits, and a loader of mini-batches.

The four MNIST files are part of the package, so nothing is downloaded. This room imports NumPy and the
standard library only.
"""

from autograd_lab.data.idx import DataError, read_idx
from autograd_lab.data.loader import DataLoader
from autograd_lab.data.mnist import Split, load_mnist, verify

__all__ = ["DataError", "DataLoader", "Split", "load_mnist", "read_idx", "verify"]
