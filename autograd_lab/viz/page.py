"""What the interactive pieces share: a script without its comments, and a page of its own for a piece."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

__all__ = ["save_page", "script"]


@cache
def script(name: str) -> str:
    """A script of this folder without its comments and its indentation.

    Parameters
    ----------
    name : str
        Of the file.

    Returns
    -------
    str

    Examples
    --------
    >>> script("stepper.js").split("\\n")[0]
    '(() => {'
    """
    lines = files("autograd_lab.viz").joinpath(name).read_text(encoding="utf-8").split("\n")
    code = (line.strip() for line in lines)
    return "\n".join(line for line in code if line and not line.startswith("//"))


def save_page(path: str | Path, title: str, piece: str, what: str) -> Path:
    """Write a piece of HTML to a page of its own, which a browser opens with no network.

    Parameters
    ----------
    path : str or Path
        Ends in ``.html``.
    title, piece : str
        Title of the page as text, and what it holds as HTML.
    what : str
        What the piece is, for the error message.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the ending is another one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_page(f"{folder}/a.html", "A page", "<p>A piece.</p>", "a piece").name
    'a.html'
    """
    path = Path(path)
    if path.suffix != ".html":
        raise ValueError(f"{what} is saved as .html, not as {path.name!r}")
    path.write_text(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>:root{color-scheme:light dark}body{margin:0;padding:8px;background:Canvas}</style>\n"
        f"</head>\n<body>\n<main>\n{piece}\n</main>\n</body>\n</html>\n",
        encoding="utf-8",
    )
    return path
