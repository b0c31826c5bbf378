"""Buttons that open a chapter elsewhere: none without an address, the right links with one."""

import os
import re
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from launching import buttons

ROOT = Path(__file__).resolve().parents[1]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
SERVICES = CONFIG["launch_buttons"]


def test_no_address_no_buttons() -> None:
    assert buttons(SERVICES, "") == {}


def test_colab_knows_github_alone() -> None:
    assert buttons(SERVICES, "https://github.com/ada/lab") == SERVICES
    assert "colab_url" not in buttons(SERVICES, "https://gitlab.com/ada/lab")
    assert "binderhub_url" in buttons(SERVICES, "https://gitlab.com/ada/lab")


@pytest.mark.parametrize("address", ["github.com/ada/lab", "https://github.com/ada", "https://ada/lab/x"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="give the address as"):
        buttons(SERVICES, address)


def build(folder: Path, address: str) -> str:
    """Build a book of one chapter with the theme and its buttons; return the chapter's page."""
    (folder / "book").mkdir()
    chapter = new_notebook(cells=[new_markdown_cell("# One", id="title"), new_code_cell("1", id="a")])
    chapter.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(chapter, folder / "book/one.ipynb")
    (folder / "index.md").write_text("# Start\n\n```{toctree}\nbook/one\n```\n", encoding="utf-8")
    settings = {
        "extensions": ["myst_nb", "sphinx_book_theme", "launching"],
        "html_theme": "sphinx_book_theme",
        "nb_execution_mode": "off",
        "suppress_warnings": ["myst-nb.lexer"],  # a chapter names its language; this one is bare
        "html_theme_options": {
            "launch_buttons": SERVICES,
            "repository_url": address,
            "repository_branch": CONFIG["repository"]["branch"],
            "use_download_button": True,
        },
    }
    out = folder / "html"
    with docutils_namespace(), patch_docutils():
        arguments = (folder, None, out, folder / "doctrees", "html", settings)
        Sphinx(*arguments, status=None, warningiserror=True).build()
    assert (out / "_sources/book/one.ipynb").exists()
    return (out / "book/one.html").read_text(encoding="utf-8")


def test_a_page_without_an_address_has_the_download_alone(tmp_path: Path) -> None:
    page = build(tmp_path, "")
    assert 'href="../_sources/book/one.ipynb"' in page
    assert "mybinder" not in page


def test_a_page_with_an_address_opens_on_binder_and_in_colab(tmp_path: Path) -> None:
    page = build(tmp_path, "https://github.com/ada/lab")
    assert 'href="https://mybinder.org/v2/gh/ada/lab/main?urlpath=lab/tree/book/one.ipynb"' in page
    assert 'href="https://colab.research.google.com/github/ada/lab/blob/main/book/one.ipynb"' in page
    assert 'href="../_sources/book/one.ipynb"' in page


def test_every_icon_of_a_page_with_buttons_is_drawn(tmp_path: Path) -> None:
    """The book has no Font Awesome: an icon without a rule of ours is a dot."""
    page = build(tmp_path, "https://github.com/ada/lab")
    icons = set(re.findall(r'class="fa[a-z-]* (fa-[a-z-]+)', page)) - {"fa-lg"}
    assert "fa-rocket" in icons
    drawn = (ROOT / "book/_static/site/icons.css").read_text(encoding="utf-8")
    assert [icon for icon in sorted(icons) if f".{icon} {{ --icon" not in drawn] == []


def test_binder_installs_what_make_setup_installs() -> None:
    makefile, binder = (ROOT / "Makefile").read_text(encoding="utf-8"), ROOT / ".binder"
    steps = (binder / "postBuild").read_text(encoding="utf-8")
    for step in ("--no-deps -r requirements.txt", "--no-deps --no-build-isolation -e ."):
        assert step in makefile
        assert step in steps
    start = (binder / "start").read_text(encoding="utf-8")
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        assert f"export {variable} := 1" in makefile
        assert f"{variable}=1" in start
    assert all(os.access(binder / name, os.X_OK) for name in ("postBuild", "start"))
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert (binder / "runtime.txt").read_text(encoding="utf-8").strip() in ("python-3.12", "python-3.13")
