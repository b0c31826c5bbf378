"""Exercises that answer back: ``check("matmul.vjp", my_function)`` says right, or what is wrong with it.

The exercises stand in one file for each part of the book, with their right answers and the mistakes that
people make; :mod:`~autograd_lab.selfcheck.diagnosis` compares an answer with them.
"""

from autograd_lab.selfcheck import finite_differences, matrix_multiplication, wrong_gradient
from autograd_lab.selfcheck.exercise import EXERCISES, Exercise
from autograd_lab.selfcheck.verdict import SCORE, Verdict, check, score

__all__ = [
    "EXERCISES",
    "SCORE",
    "Exercise",
    "Verdict",
    "check",
    "finite_differences",
    "matrix_multiplication",
    "score",
    "wrong_gradient",
]
