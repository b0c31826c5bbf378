"""The exercises: right answers in several styles are accepted, wrong ones are told what is wrong."""

import importlib
import pkgutil

import numpy as np
import pytest

from autograd_lab import Tensor, selfcheck
from autograd_lab.selfcheck import EXERCISES, Exercise, check
from autograd_lab.selfcheck.diagnosis import diagnose
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


def task(letters, inputs, answer, **more):
    """Make an exercise that is in no book."""
    more.setdefault("mistakes", {})
    return Exercise(name="a.b", task="x.", answer=answer, letters=letters.split(), inputs=inputs, **more)


def said(exercise, answer):
    """Return the first line of what is said of an answer."""
    return diagnose(try_answer(answer, exercise), exercise).partition("\n")[0]


# --- how an answer may be written ------------------------------------------------------------------------


def wrong(answer, *parts, name="matmul.vjp"):
    verdict = check(name, answer)
    assert not verdict
    text = " ".join(str(verdict).split())
    assert not [part for part in parts if part.strip() not in text], verdict


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


@pytest.mark.parametrize(
    "answer",
    [
        lambda g: [[sum(row)] for row in g.tolist()],
        lambda g: [[float(row.sum())] for row in g],
        lambda g: [[row.sum()] for row in g],
    ],
)
def test_lists_of_pythons_numbers_have_no_precision_of_their_own(answer):
    assert repr(check("broadcast.column", answer)) == "Right: broadcast.column."


def test_lists_of_numpys_numbers_keep_theirs():
    def double(g):
        return [[np.float64(row.sum())] for row in g]

    wrong(double, "in float64 where float32", name="broadcast.column")


def test_an_array_of_numbers_will_do_for_several():
    def along(f, gradient, x, d, h):
        return np.array([np.sum(gradient(x) * d), (f(x + h * d) - f(x - h * d)) / (2 * h)])

    assert repr(check("gradient.along", along)) == "Right: gradient.along."
    wrong(lambda *given: along(*given)[::-1], "the two slopes are exchanged", name="gradient.along")
    wrong(lambda *given: along(*given)[:1], "it returns one result", name="gradient.along")
    adjoints = EXERCISES["graph.adjoints"].answer
    assert (
        repr(check("graph.adjoints", lambda edges, n: np.array(adjoints(edges, n))))
        == "Right: graph.adjoints."
    )


# --- what goes wrong everywhere --------------------------------------------------------------------------


def test_faults_before_any_number():
    wrong(lambda g, x, y: None, "it returns None", "return?", "on g = [[")
    wrong(lambda g, x, y: x + np.ones((3, 7)), "it raises ValueError: operands", "on g = [[")
    wrong(lambda g, x, y: x @ np.ones((7, 3)), "sums over have lengths 2 and 7")
    wrong(lambda g, x, y: "a", "it returns a str, where numbers are asked for")
    wrong(lambda g, x, y: (g @ y.T, None), "result 2 of 2 is None")
    wrong(lambda g, x, y: (g @ y.T, [[1], [1, 2]]), "no array")


def test_a_function_that_is_not_written_or_takes_other_inputs_is_not_shown_any():
    assert check("matmul.vjp", lambda g, x: g).text == "it must take 3 inputs, (g, x, w)."
    assert check("broadcast.column", lambda g, x: g).text == "it must take 1 input, (g)."

    def unwritten(g, x, y):
        raise NotImplementedError

    assert check("matmul.vjp", unwritten).text == "it is not written yet."
    for dots in (..., (..., ...)):
        assert check("matmul.vjp", lambda g, x, y, dots=dots: dots).text == "it is not written yet."


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
        (lambda r: r * 1e-16, "zero everywhere, but for round-off"),
        (lambda r: r.astype(np.float64), "in float64 where float32"),
        (lambda r: r[None], "in shape (1, 2, 2) where (2, 2)"),
        (lambda r: r * np.inf, "not finite"),
        (lambda r: r[:, :1], "it has shape (2, 1), where (2, 2) is asked for"),
        (lambda r: r + 0j, "it is complex"),
        (lambda r: r > 0, "the numbers differ"),
        (lambda r: r * np.eye(*r.shape), "2 of 4 entries differ"),
        (lambda r: r + 1, "the numbers differ"),
    ],
)
def test_what_goes_wrong_everywhere_is_told_of_the_right_result(change, says):
    wrong(lambda g, x, y: (change(g @ y.T), x.T @ g), "result 1 of 2", says, "yours: ", "right: ")
    wrong(lambda g, x, y: (g @ y.T, change(x.T @ g)), "result 2 of 2", says.split("(")[0])


def test_the_number_of_results():
    wrong(lambda g, x, y: g @ y.T, "one result, where 2 results are asked for")
    wrong(lambda g, x, y: (g @ y.T, x.T @ g, g), "3 results, where 2 results are asked for")


def test_what_is_wrong_with_both_results_is_said_once():
    wrong(lambda g, x, y: (-g @ y.T, -x.T @ g), "vjp: both results: the sign is wrong.")


def test_the_length_of_an_axis_is_named():
    wrong(lambda g, x, y: (g @ y.T, x.T @ g / len(g)), "too small by the length of g's axis 0")
    wrong(lambda g, x, y: (g @ y.T * y.shape[1], x.T @ g), "too large by the length of g's axis 1")
    wrong(lambda g, x, y: (g @ y.T / y.size, x.T @ g), "too small by the number of w's entries")


def test_an_input_given_back():
    wrong(lambda g, x, y: (x, x.T @ g), "result 1 of 2: it is the input x, unchanged")


def test_results_in_another_order_and_right_ones_in_another_precision():
    echo = task("g x", [(1.0, 2.0), (3.0, 5.0)], lambda g, x: (g * x, g))
    assert (
        said(echo, lambda g, x: (g, g * x)) == "the results are right, but in another order than asked for."
    )
    wrong(lambda g, x, y: ((g @ y.T).astype(int), x.T @ g), "result 1 of 2", "in int64 where float64")


def test_a_number_of_pythons_has_no_precision_of_its_own():
    total = task("x", [(np.array([1.5, 2.0], np.float32),), (np.array([3.0]),)], lambda x: 2 * x.sum())
    for right in (lambda x: 2 * float(x.sum()), lambda x: Tensor(x).sum() * 2, lambda x: [2 * x.sum()]):
        assert said(total, right) == ""
    assert "every entry is 0.5 times" in said(total, lambda x: float(x.sum()))
    assert "in float64 where float32 is asked for" in said(total, lambda x: np.float64(2 * x.sum()))
    whole = task("x", [(np.array([1, 2], np.float32),), (np.array([3.0]),)], lambda x: 2 * x.sum())
    assert said(whole, lambda x: int(2 * x.sum())) == ""


def test_a_number_of_numpys_has_one_and_a_known_mistake_may_have_another():
    single = [(np.array([2.0, 3.0], np.float32),), (np.array([5.0, 7.0], np.float32),)]
    root = task("x", single, lambda x: x / 2**0.5, mistakes={"it multiplies.": lambda x: x * 2**0.5})
    assert "np.sqrt(2.0), is float64" in said(root, lambda x: x / np.sqrt(2.0))
    assert said(root, lambda x: x * np.sqrt(2.0)).startswith("it multiplies.")


def test_a_list_of_numbers_is_an_array():
    flat = task("x", [(np.array([1.0, 2.0]),), (np.array([3.0]),)], lambda x: 2 * x)
    assert said(flat, lambda x: [2 * v for v in x]) == ""
    assert said(flat, lambda x: (x, x)).startswith("it returns 2 results, where one result is asked for.")


def test_a_diagnosis_must_hold_on_every_input():
    """What a symmetric matrix, a length of 1 or a zero suggests is not said if another input contradicts."""
    symmetric, other = np.array([[1.0, 2.0], [2.0, 5.0]]), np.array([[1.0, 2.0], [4.0, 5.0]])
    scale = task("x", [(symmetric,), (other,)], lambda x: -x)
    assert said(scale, lambda x: -x.T) == "it is the transpose of what is asked for."
    assert said(scale, lambda x: x.T) == "the numbers differ."
    total = task("x", [(np.array([4.0]),), (np.array([2.0, 6.0]),)], lambda x: x.sum())
    assert (
        said(total, lambda x: x.mean())
        == "it divides once too often: every entry is too small by the length of x's axis 0."
    )
    # 2 and 3 times too large: whole numbers, but the length of no axis.
    assert said(total, lambda x: x.sum() * (2 if len(x) == 1 else 3)) == "the numbers differ."
    zero = task("x", [(0.0,), (1.0,)], lambda x: 2 * x)
    assert said(zero, lambda x: 4 * x) == "every entry is 2 times what it should be."
    near = said(zero, lambda x: 2.00002 * x)
    assert near == "the numbers are near the right ones, but not as near as asked for."
    assert said(zero, lambda x: 4 * x + (x == 0)) == "the numbers differ."


def test_a_shape_that_is_wrong_on_later_inputs_only():
    wrong(lambda g, x, y: (x @ y, x.T @ g), "the numbers differ, and on other inputs the shape does: (2, 4)")


def test_an_error_on_later_inputs_is_shown_too():
    wrong(lambda g, x, y: (g * y.T, x.T @ g), "the numbers differ.", "yours: ", "it raises ValueError")


def test_a_mistake_is_the_same_when_numpy_words_its_error_otherwise():
    says = "neither is transposed"
    wrong(lambda g, x, y: (np.dot(g, y), np.dot(x, g)), says)
    wrong(lambda g, x, y: (np.einsum("nm,md->nd", g, y), np.einsum("dn,nm->dm", x, g)), says)


def test_lists_of_inputs_are_looked_into():
    step = task(
        "weights", [([np.ones(2)],), ([np.ones(3)],)], lambda weights: [w - 1 for w in weights], fresh=True
    )

    def in_place(weights):
        for w in weights:
            w -= 1
        return weights

    assert said(step, in_place).startswith("it changes its input weights in place.")
    same = task("weights", [([np.ones(2)],), ([np.ones(3)],)], lambda weights: weights[0].copy(), fresh=True)
    assert "shares memory with its input weights" in said(same, lambda weights: weights[0])


def test_a_list_sorted_in_place_has_changed():
    smallest = task("values", [([3, 1, 2],), ([float("nan"), 2.0],)], lambda values: sorted(values)[0])

    def in_place(values):
        values.sort()
        return values[0]

    assert said(smallest, in_place).startswith("it changes its input values in place.")
    assert said(smallest, in_place).endswith("make a new list.")


def test_a_list_that_is_wrong_only_where_it_is_longer_is_told_so():
    running = task("x", [([1, 2],), ([3, 5, 4],)], lambda x: [sum(x[: k + 1]) for k in range(len(x))])
    assert said(running, lambda x: [x[0], sum(x[:2]), 7][: len(x)]).startswith("result 3 of 3: ")


def test_the_worst_entry_of_a_large_array_is_shown():
    grid = task("x", [(np.ones((4, 5)),)], lambda x: 2 * x)

    def one_off(x):
        out = 2 * x
        out[1, 3] = 7
        return out

    text = diagnose(try_answer(one_off, grid), grid)
    assert "1 of 20 entries differ" in text
    assert "furthest off at [1, 3]: yours 7, right 2" in text


def test_small_numbers_are_printed_so_that_they_differ():
    tiny = task("x", [(2.0,)], lambda x: np.array([6.0555e-6 * x]))
    text = diagnose(try_answer(lambda x: np.array([3e-8 * x]), tiny), tiny)
    assert "yours: [6.e-08]" in text
    assert "right: [1.2111e-05]" in text
    near = task("x", [(2.0,)], lambda x: np.array([0.500005 * x]))
    text = diagnose(try_answer(lambda x: np.array([0.50001 * x]), near), near)
    assert "yours: [1.00002]" in text
    assert "right: [1.00001]" in text


def test_words_are_wrapped_and_values_are_not():
    lines = str(check("matmul.gram", lambda g, x: 2 * g @ x)).split("\n")
    assert max(map(len, lines[:2])) <= 76
    assert [line[:6] for line in lines] == ["Not ye", "is sym", "on g =", "  your", "  righ"]


# --- check itself ----------------------------------------------------------------------------------------


def test_a_name_that_does_not_exist_and_an_answer_that_is_no_function():
    with pytest.raises(KeyError, match=r"no exercise 'matmul.vpj'; near it are matmul\.vjp"):
        check("matmul.vpj", len)
    with pytest.raises(TypeError, match="the function itself, without brackets"):
        check("matmul.vjp", 3)


def test_the_score_counts_the_last_answer_to_each():
    selfcheck.SCORE.clear()
    check("matmul.vjp", lambda g, x, y: None)
    assert selfcheck.score() == "0 of 1 exercises right; not yet: matmul.vjp"
    check("matmul.vjp", EXERCISES["matmul.vjp"].answer)
    assert selfcheck.score() == "1 of 1 exercises right"
    assert selfcheck.score("matmul.gram") == "0 of 1 exercises right; not yet: matmul.gram"
