"""Re-planning of a running day: what a disruption hurts, and up to three legal answers to it."""

from solver.replan.disruption import (
    Absence,
    Disrupted,
    Disruption,
    EnterpriseLate,
    Overrun,
    SiteClosed,
    Urgent,
    apply,
)
from solver.replan.proposal import Proposal
from solver.replan.replan import Budget, replan
from solver.replan.situation import Movable, Reach, Situation, assess

__all__ = [
    "Absence",
    "Budget",
    "Disrupted",
    "Disruption",
    "EnterpriseLate",
    "Movable",
    "Overrun",
    "Proposal",
    "Reach",
    "SiteClosed",
    "Situation",
    "Urgent",
    "apply",
    "assess",
    "replan",
]
