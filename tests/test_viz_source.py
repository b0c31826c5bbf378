"""Source as the book shows it: the package's own code with docstrings cut to their first line."""

import inspect
import sys
import types
from pathlib import Path

import pytest

import autograd_lab as ag
from autograd_lab import Tensor, ops
from autograd_lab.ops import PRIMITIVES
from autograd_lab.viz import show_source

SAMPLE = '''
"""A module."""


def long(x):
    """Say it in one line.

    And explain.

    >>> long(1)
    2
    """

    # This comment stays.
    text = """not a docstring

    really"""
    return x + 1  # so does this one


def late(x):
    r"""
    Begin on the second line, with \\alpha.

    More.
    """
    return x


def short(x):
    """One line."""
    return x


def bare(x):
    return x


class Thing:
    """A class.

    With more to say.
    """

    size = 1

    def method(self):
        """Do it.

        At length.
        """
        return self

    async def other(self):
        \'\'\'Do it later.

        Much later.\'\'\'
        return """
"""
'''


@pytest.fixture(name="sample")
def _sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    (tmp_path / "sample_for_show_source.py").write_text(SAMPLE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sample_for_show_source", raising=False)
    return __import__("sample_for_show_source")


def test_an_operator_is_shown_as_its_formula() -> None:
    shown = show_source(ag.mul)
    assert repr(shown) == (
        "@primitive\n"
        "def mul(x: Any, y: Any) -> Any:\n"
        '    """Product of x and y (report, eq. 2).\n'
        '    ∂L/∂x = g·y    ∂L/∂y = g·x"""\n'
        "    return x * y, lambda g: g * y, lambda g: g * x"
    )
    assert shown._repr_markdown_() == f"```python\n{shown!r}\n```"


def test_all_ways_to_an_operator_show_the_same() -> None:
    shown = repr(show_source(ag.mul))
    assert repr(show_source(Tensor.mul)) == repr(show_source(ops.mul)) == shown
    assert repr(show_source(PRIMITIVES["mul"])) == shown


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_operator_can_be_shown(name: str) -> None:
    code = repr(show_source(PRIMITIVES[name]))
    assert code.startswith("@primitive\ndef ")
    assert ">>>" not in code
    compile(code, name, "exec")


def test_long_docstring_is_cut_and_all_else_kept(sample: types.ModuleType) -> None:
    assert repr(show_source(sample.long)).split("\n") == [
        "def long(x):",
        '    """Say it in one line."""',
        "    # This comment stays.",
        '    text = """not a docstring',
        "",
        '    really"""',
        "    return x + 1  # so does this one",
    ]


def test_docstring_that_begins_on_its_second_line(sample: types.ModuleType) -> None:
    assert (
        repr(show_source(sample.late)).split("\n")[1] == '    r"""Begin on the second line, with \\alpha."""'
    )


def test_what_has_no_long_docstring_is_left_alone(sample: types.ModuleType) -> None:
    assert repr(show_source(sample.short)) == inspect.getsource(sample.short).rstrip()
    assert repr(show_source(sample.bare)) == "def bare(x):\n    return x"


def test_class_with_its_methods(sample: types.ModuleType) -> None:
    code = repr(show_source(sample.Thing))
    assert '    """A class."""\n    size = 1\n' in code
    assert '        """Do it."""\n        return self' in code
    assert "        '''Do it later.'''\n" in code
    compile(code, "Thing", "exec")


def test_method_is_moved_to_the_margin(sample: types.ModuleType) -> None:
    assert repr(show_source(sample.Thing.method)) == 'def method(self):\n    """Do it."""\n    return self'


def test_several_at_once_and_whole_docstrings(sample: types.ModuleType) -> None:
    assert repr(show_source(sample.bare, sample.short)).count("\n\n\ndef ") == 1
    assert ">>> long(1)" in repr(show_source(sample.long, docstring=True))


def test_fence_is_longer_than_any_in_the_code(sample: types.ModuleType) -> None:
    shown = show_source(sample.bare)
    shown.code += "  # ```"
    assert shown._repr_markdown_().startswith("````python\n")


@pytest.mark.parametrize("thing", [len, 3, "mul"])
def test_what_has_no_source(thing: object) -> None:
    with pytest.raises(TypeError, match="no Python source"):
        show_source(thing)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="at least one"):
        show_source()
