"""A Sphinx extension: what a cell prints stays whole while the build executes the chapters.

A kernel sends printed text in pieces, cut wherever its clock says so, and myst-nb puts a line's end between
them: on a busy machine ``square: True`` could become two lines of the page. nbclient, which executes the
chapters, can join the pieces itself, but neither Jupyter Book nor myst-nb has a setting for it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jupyter_cache.executors.utils
import nbclient
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Let myst-nb's executor join the pieces."""
    jupyter_cache.executors.utils.executenb = partial(nbclient.execute, coalesce_streams=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
