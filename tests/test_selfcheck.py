"""The exercises: right answers in several styles are accepted, wrong ones are told what is wrong."""

import importlib
import pkgutil

import numpy as np
import pytest

from autograd_lab import Tensor, selfcheck
from autograd_lab.selfcheck import EXERCISES, check
from autograd_lab.selfcheck.trial import try_answer

# --- every exercise --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_is_right(name):
    assert check(name, EXERCISES[name].answer), check(name, EXERCISES[name].answer)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_changes_nothing_and_gives_the_same_twice(name):
    exercise = EXERCISES[name]
    first, second = (try_answer(exercise.answer, exercise) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert not a.fault
        for x, y in zip(a.results, b.results, strict=True):
            np.testing.assert_array_equal(x, y)


MISTAKES = [(name, says) for name, exercise in EXERCISES.items() for says in exercise.mistakes]


@pytest.mark.parametrize(("name", "says"), MISTAKES)
def test_a_known_mistake_is_called_by_its_name(name, says):
    verdict = check(name, EXERCISES[name].mistakes[says])
    assert not verdict, f"{name} takes this for right: {says}"
    assert says in verdict.text


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_is_written_with_care(name):
    exercise = EXERCISES[name]
    assert exercise.task.endswith("."), exercise.task
    assert all(says.endswith((".", "?")) for says in exercise.mistakes)
    assert len(exercise.inputs) >= 2
    assert all(len(inputs) == len(exercise.letters) for inputs in exercise.inputs)
    assert all(trial.results is not None for trial in try_answer(exercise.answer, exercise))


@pytest.mark.parametrize("name", EXERCISES)
def test_at_least_four_wrong_answers_are_told_apart_from_the_right_one(name):
    """The known mistakes, and what goes wrong everywhere: nothing returned, an error, other numbers."""
    exercise = EXERCISES[name]

    def twisted(twist):
        def answer(*inputs):
            out = exercise.answer(*inputs)
            return tuple(map(twist, out)) if isinstance(out, tuple) else twist(out)

        return answer

    def unwritten(*inputs):
        raise NotImplementedError

    wrong = [*exercise.mistakes.values(), lambda *inputs: None, unwritten, twisted(lambda r: r + 1)]
    wrong.append(twisted(lambda r: 3 * r + 1))
    assert len(wrong) >= 4
    assert not any(check(name, answer) for answer in wrong)


def test_every_file_of_exercises_is_part_of_the_package():
    files = {m.name for m in pkgutil.iter_modules(selfcheck.__path__)} - {
        "diagnosis",
        "exercise",
        "trial",
        "verdict",
    }
    used = {exercise.answer.__module__.rpartition(".")[2] for exercise in EXERCISES.values()}
    assert files == used
    assert all(importlib.import_module(f"autograd_lab.selfcheck.{name}").__doc__ for name in files)


# --- how an answer may be written ------------------------------------------------------------------------


def wrong(answer, *parts, name="matmul.vjp"):
    verdict = check(name, answer)
    assert not verdict
    assert not [part for part in parts if part not in str(verdict)], verdict


@pytest.mark.parametrize(
    "answer",
    [
        lambda g, x, y: (g @ y.T, x.T @ g),
        lambda g, x, y: [np.dot(g, y.transpose()), np.dot(x.transpose(), g)],
        lambda g, x, y: (np.einsum("nm,dm->nd", g, y), np.einsum("nd,nm->dm", x, g)),
        lambda g, x, y: (Tensor(g) @ y.T, Tensor(x.T) @ g),
    ],
)
def test_right_answers_in_several_styles(answer):
    assert repr(check("matmul.vjp", answer)) == "Right: matmul.vjp."


# --- what goes wrong everywhere --------------------------------------------------------------------------


def test_faults_before_any_number():
    wrong(lambda g, x, y: None, "it returns None", "return?", "on g = [[")
    wrong(lambda g, x: g, "it must take 3 inputs, (g, x, y)")
    wrong(lambda g, x, y: x + g[:, :0], "it raises ValueError")
    wrong(lambda g, x, y: "a", "numbers")
    wrong(lambda g, x, y: (g @ y.T, [[1], [1, 2]]), "no array")

    def unwritten(g, x, y):
        raise NotImplementedError

    wrong(unwritten, "not written yet")


def test_an_input_changed_in_place():
    def in_place(g, x, y):
        g *= 2
        return g @ y.T / 2, x.T @ g / 2

    wrong(in_place, "changes its input g in place")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r: -r, "the sign is wrong"),
        (lambda r: 2 * r, "every entry is 2 times"),
        (lambda r: r * len(r), "a division is missing"),
        (lambda r: r / r.shape[1], "it divides once too often"),
        (lambda r: r.T, "it is the transpose"),
        (lambda r: r * 0, "zero everywhere"),
        (lambda r: r.astype(np.float64), "in float64 where float32"),
        (lambda r: r[None], "in shape (1, 1, 2) where (1, 2)"),
        (lambda r: r * np.inf, "not finite"),
        (lambda r: r[:, :1], "it has shape (1, 1), where (1, 2) is asked for"),
        (lambda r: r + 1, "the numbers differ"),
    ],
)
def test_what_goes_wrong_everywhere_is_told_of_the_right_result(change, says):
    wrong(lambda g, x, y: (change(g @ y.T), x.T @ g), "Result 1 of 2", says, "yours: ", "right: ")
    wrong(lambda g, x, y: (g @ y.T, change(x.T @ g)), "Result 2 of 2", says.split("(")[0])


def test_the_number_of_results():
    wrong(lambda g, x, y: g @ y.T, "one result, where 2 results are asked for")
    wrong(lambda g, x, y: (g @ y.T, x.T @ g, g), "3 results, where 2 results are asked for")


# --- check itself ----------------------------------------------------------------------------------------


def test_a_name_that_does_not_exist_and_an_answer_that_is_no_function():
    with pytest.raises(KeyError, match=r"no exercise 'matmul.vpj'; near it are matmul\.vjp"):
        check("matmul.vpj", len)
    with pytest.raises(TypeError, match="function"):
        check("matmul.vjp", 3)


def test_the_score_counts_the_last_answer_to_each():
    selfcheck.SCORE.clear()
    check("matmul.vjp", lambda g, x, y: None)
    assert selfcheck.score() == "0 of 1 exercises right"
    check("matmul.vjp", EXERCISES["matmul.vjp"].answer)
    assert selfcheck.score() == "1 of 1 exercises right"
