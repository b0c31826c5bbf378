"""The students' and the instructors' editions of the chapters."""

import ast
import json
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import make_editions
from make_editions import BEGIN, BOOK, END, instructor, is_solution, read_notes, student, without_solution

CHAPTERS = sorted(BOOK.glob("*.ipynb"))
FOLD = {"mystnb": {"code_prompt_show": "Show the solution"}, "tags": ["hide-cell"]}
SOLVED = f"""\
def vjp(g, x, w):
    {BEGIN}
    # The summed letter is last.
    return g @ w.T, x.T @ g
    {END}


check("matmul.vjp", vjp)"""
OPEN = """\
def vjp(g, x, w):
    # your code here
    raise NotImplementedError()


check("matmul.vjp", vjp)"""


def chapter(*sources, **metadata):
    right = new_output("execute_result", data={"text/plain": "Right: matmul.vjp."}, execution_count=1)
    cells = [new_markdown_cell("# A title", id="title")]
    for number, source in enumerate(sources):
        metadata = nbformat.from_dict(metadata or FOLD)
        cells.append(
            new_code_cell(source, id=f"c{number}", outputs=[right], execution_count=1, metadata=metadata)
        )
    return new_notebook(cells=cells)


# --- what stands between the markers ---------------------------------------------------------------------


def test_a_stub_stands_where_the_solution_was():
    assert without_solution(SOLVED) == OPEN


def test_two_solutions_in_one_cell_keep_what_is_between_them():
    stub = "# your code here\nraise NotImplementedError()"
    two = f"{BEGIN}\na = 1\n{END}\nb = 2\n{BEGIN}\nc = 3\n{END}"
    assert without_solution(two) == f"{stub}\nb = 2\n{stub}"


def test_a_folded_solution_without_markers_goes_as_a_whole():
    assert without_solution("x = 1\nprint(x)") == "# your code here\nraise NotImplementedError()"


@pytest.mark.parametrize("source", [BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}\n{BEGIN}\n{END}"])
def test_a_marker_without_its_partner_is_refused(source):
    with pytest.raises(ValueError, match="without a partner"):
        without_solution(source)


# --- students ---------------------------------------------------------------------------------------------


def test_a_solution_cell_is_open_and_empty():
    cell = student(chapter(SOLVED), {}).cells[1]
    assert cell.source == OPEN
    assert (cell.outputs, cell.execution_count) == ([], None)
    assert cell.metadata.tags == []
    assert "mystnb" not in cell.metadata


def test_an_answer_to_a_question_is_not_shown_before_it_is_run_and_other_outputs_stay():
    hidden = student(chapter("6 * 7", tags=["hide-output"]), {}).cells[1]
    assert (hidden.source, hidden.outputs) == ("6 * 7", [])
    shown = student(chapter("6 * 7", tags=["full-width"]), {}).cells[1]
    assert len(shown.outputs) == 1


def test_the_last_cell_counts_the_chapters_own_exercises(capsys):
    last = student(chapter(SOLVED, SOLVED.replace("vjp", "gram")), {}).cells[-1]
    exec(last.source, {})
    assert "of 2 exercises right" in capsys.readouterr().out
    assert '"matmul.vjp"' in last.source
    assert '"matmul.gram"' in last.source
    assert student(chapter("1"), {}).cells[-1].id == "c0"  # no exercise, no score


# --- instructors ------------------------------------------------------------------------------------------


def test_a_note_follows_its_cell_and_known_mistakes_follow_a_solution():
    cells = instructor(chapter(SOLVED), {"title": "Ask first."}).cells
    assert [cell.id for cell in cells] == ["title", "title-note", "c0", "c0-note"]
    assert cells[1].source == "**For instructors.** Ask first."
    assert cells[2].source == SOLVED
    assert "neither is transposed" in cells[3].source
    assert cells[1].metadata.tags == cells[3].metadata.tags == ["instructor"]


def test_notes_and_exercises_must_exist():
    with pytest.raises(ValueError, match="cells that do not exist: gone"):
        instructor(chapter(SOLVED), {"gone": "x"})
    with pytest.raises(ValueError, match=r"no exercise 'matmul\.vpj'"):
        instructor(chapter(SOLVED.replace("matmul.vjp", "matmul.vpj")), {})


def test_notes_are_read_by_cell(tmp_path):
    path = tmp_path / "chapter.md"
    assert read_notes(path) == {}
    path.write_text("# title\n\nFirst.\n\n## Not a cell\n\n# hook-answer\n\nSecond.\n")
    assert read_notes(path) == {"title": "First.\n\n## Not a cell", "hook-answer": "Second."}


# --- the chapters of the book -----------------------------------------------------------------------------


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.name)
def editions(request, tmp_path, monkeypatch, capsys):
    """The chapter and its two editions, as the command writes them."""
    made = [nbformat.read(request.param, as_version=4)]
    for edition in ("student", "instructor"):
        command = ["make_editions.py", edition, str(request.param), "--to", str(tmp_path / edition)]
        monkeypatch.setattr(sys, "argv", command)
        assert make_editions.main() == 0
        assert capsys.readouterr().out.startswith("1 chapter in ")
        made.append(nbformat.read(tmp_path / edition / request.param.name, as_version=4))
        nbformat.validate(made[-1])
    return made


def solution_lines(source):
    """Lines that only a solution has; brackets and the like occur elsewhere too."""
    inside = source.partition(BEGIN)[2].partition(END)[0] if BEGIN in source else source
    return {line.strip() for line in inside.split("\n") if len(line.strip()) > 12}


def test_a_students_chapter_contains_no_solution(editions):
    source, made, _ = editions
    text = json.dumps(made, ensure_ascii=False)
    assert BEGIN not in text
    assert END not in text
    for before, after in zip(source.cells, made.cells, strict=False):
        assert before.id == after.id
        if not is_solution(before):
            assert before.source == after.source
            continue
        assert "raise NotImplementedError()" in after.source
        assert after.outputs == []
        assert "hide-cell" not in after.metadata.tags
        assert not solution_lines(before.source) & {line.strip() for line in after.source.split("\n")}


def test_an_exercise_not_yet_written_stops_nothing(editions):
    """A stub called before `check` would end a run of all cells, and keep `check` from its verdict."""
    _, made, _ = editions
    for cell in made.cells:
        if "raise NotImplementedError()" in cell.source:
            *before, last = ast.parse(cell.source).body
            assert all(isinstance(part, ast.FunctionDef | ast.Import | ast.ImportFrom) for part in before)
            assert ast.unparse(last).startswith("check(")


def test_an_instructors_chapter_is_the_source_and_notes(editions):
    source, _, made = editions
    kept = [cell for cell in made.cells if "instructor" not in cell.metadata.get("tags", [])]
    assert kept == source.cells


def test_every_note_belongs_to_a_chapter():
    assert {path.stem for path in (BOOK / "instructor").glob("*.md")} <= {path.stem for path in CHAPTERS}
