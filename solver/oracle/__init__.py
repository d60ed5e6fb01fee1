"""The oracle of an office-day: every start at which all promises and one more can be crewed, each answer proved."""

from solver.oracle.budget import Budget
from solver.oracle.oracle import Answer, Oracle, Proof, Verdict, answers

__all__ = ["Answer", "Budget", "Oracle", "Proof", "Verdict", "answers"]
