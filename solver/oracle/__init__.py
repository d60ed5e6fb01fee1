"""The oracle of an office-day: can all its promises and one more be crewed? Each answer is proved."""

from solver.oracle.budget import Budget
from solver.oracle.complete import complete
from solver.oracle.oracle import Answer, Oracle, Proof, Verdict, answers

__all__ = ["Answer", "Budget", "Oracle", "Proof", "Verdict", "answers", "complete"]
