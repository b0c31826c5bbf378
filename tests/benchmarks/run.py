"""Run all benchmarks and print the tables of the README beside this file (``make bench``)."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time

# One BLAS thread, decided before NumPy is loaded.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import chain  # noqa: E402
import mnist_epoch  # noqa: E402
import numpy as np  # noqa: E402
import peak_memory  # noqa: E402


def import_seconds(module: str, repetitions: int = 11) -> float:
    """Median time of a fresh interpreter that imports a module."""
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def main() -> None:
    """Run everything; some minutes."""
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, one thread\n")
    print("(a) MNIST MLP 784-256-128-10, batch 100, float32, an epoch")
    epoch = mnist_epoch.run()
    aim = epoch["NumPy by hand"][2]
    for name, (ratio, ms, loss) in epoch.items():
        # The time of a network that has learned something else says nothing; NaN is something else too.
        same = loss is None or abs(loss - aim) <= 0.01 * aim
        note = "" if same else f"   NOT COMPARABLE: its last loss is {loss:.4f}, by hand {aim:.4f}"
        print(f"    {name:22} {ratio:6.2f} x NumPy by hand   {ms:7.3f} ms a step{note}")
    print("\n(b) a chain of multiplications, forward and backward")
    for (name, width, nodes), us in chain.run().items():
        print(f"    {name:22} {width:5} elements {nodes:9,} nodes   {us:7.2f} µs a node")
    print("\n(c) peak memory")
    for (benchmark, engine), (before, after) in peak_memory.run().items():
        print(f"    {benchmark:6} {engine:22} {after:7.0f} MiB, of which the run {after - before:7.0f} MiB")
    print("\n(d) import")
    base, ours = import_seconds("numpy"), import_seconds("autograd_lab")
    print(f"    NumPy alone {1e3 * base:.0f} ms, autograd_lab adds {1e3 * (ours - base):.0f} ms")


if __name__ == "__main__":
    main()
