"""Exercises that answer back: ``check("matmul.vjp", my_function)`` says right, or what is wrong with it.

The exercises stand in one file for each chapter of the book, with their right answers and the mistakes that
people make; :mod:`~autograd_lab.selfcheck.diagnosis` compares an answer with them.
"""

from autograd_lab.selfcheck import (
    basic_operations,
    broadcasting,
    chain_rule,
    classification,
    cross_entropy,
    expression_graphs,
    finite_differences,
    forward_or_reverse,
    going_wrong,
    gradient_checks,
    linear_maps,
    matrix_multiplication,
    mnist,
    optimisers,
    pytorch_and_jax,
    reductions,
    scalar_engine,
    second_derivatives,
    wrong_gradient,
)
from autograd_lab.selfcheck.exercise import EXERCISES, Exercise
from autograd_lab.selfcheck.verdict import SCORE, Verdict, check, score

__all__ = [
    "EXERCISES", "SCORE", "Exercise", "Verdict", "basic_operations", "broadcasting", "chain_rule", "check",
    "classification", "cross_entropy", "expression_graphs", "finite_differences", "forward_or_reverse",
    "going_wrong", "gradient_checks", "linear_maps", "matrix_multiplication", "mnist", "optimisers",
    "pytorch_and_jax", "reductions", "scalar_engine", "score", "second_derivatives", "wrong_gradient",
]  # fmt: skip
