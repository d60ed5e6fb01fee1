"""Why not at this time? The rule or the promises that refuse a start, and the cheapest ways out of it."""

from solver.explain.case import Case
from solver.explain.explanation import Explanation, explain
from solver.explain.relaxation import Relaxation, Way, relaxations

__all__ = ["Case", "Explanation", "Relaxation", "Way", "explain", "relaxations"]
