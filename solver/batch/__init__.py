"""Many jobs placed at once on an office's days: together they can be crewed, beside all that is promised."""

from solver.batch.arrange import Budget, arrange
from solver.batch.lots import Arrangement, Lot, Slot, Value
from solver.batch.standing import Standing

__all__ = ["Arrangement", "Budget", "Lot", "Slot", "Standing", "Value", "arrange"]
