"""The command line: ``autograd-lab``, or ``python -m autograd_lab``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; see ``autograd-lab --help``.

    Raises
    ------
    SystemExit
        With the exit status: 0 for success, 1 for an error, 2 for wrong usage, 130 after an interruption.

    Examples
    --------
    >>> import subprocess, sys
    >>> subprocess.run([sys.executable, "-m", "autograd_lab", "--version"], capture_output=True).returncode
    0
    """
    try:
        import click  # noqa: F401
    except ImportError:
        sys.exit("The command line needs click: pip install 'autograd-lab[cli]'")
    from autograd_lab.cli import cli

    cli(prog_name="autograd-lab")


if __name__ == "__main__":
    main()
