"""Allocation of a day with fixed starts: the best plan for all its promises, and a proved bound beside it."""

from solver.allocation.allocate import Allocation, Work, allocate
from solver.allocation.goal import LEVELS, Goal, Value, value_of
from solver.allocation.search import Budget

__all__ = ["LEVELS", "Allocation", "Budget", "Goal", "Value", "Work", "allocate", "value_of"]
