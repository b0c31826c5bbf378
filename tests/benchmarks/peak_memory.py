"""Peak memory of a process that runs one benchmark, each in a process of its own.

As a script (``peak_memory.py chain torch 1000000``) it runs that one and prints MiB: before, and the peak.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


def peak() -> float:
    """Peak resident memory of this process so far, in MiB.

    From Linux's /proc: ``resource.getrusage`` would hand down the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def run() -> dict[tuple[str, str], tuple[float, float]]:
    """(benchmark, engine) to MiB before and at the peak, for whoever is installed."""
    arrays = ("autograd_lab", "torch", "mygrad", "dezero")
    found = {}
    for benchmark, engines in {"chain": (*arrays, "micrograd"), "epoch": arrays}.items():
        for engine in engines:
            if not find_spec(engine):
                continue
            here = Path(__file__)
            out = subprocess.run(
                [sys.executable, str(here), benchmark, engine], check=True, capture_output=True, text=True
            )
            before, after = map(float, out.stdout.split())
            found[benchmark, engine] = before, after
    return found


def main() -> None:
    """Run one benchmark in this process and print what it took."""
    benchmark, engine = sys.argv[1:]
    if benchmark == "chain":
        import chain

        getattr(chain, engine)(10, 1)  # imports happen before the measurement
        before = peak()
        getattr(chain, engine)(10**6, 1)
    else:
        import mnist_epoch

        step = getattr(mnist_epoch, f"{engine}_step")()
        data = list(mnist_epoch.batches(600))
        step(*data[0])
        before = peak()
        for x, y in data:
            step(x, y)
    print(before, peak())


if __name__ == "__main__":
    main()
