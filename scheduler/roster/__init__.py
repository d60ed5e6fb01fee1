"""Duties, absences, loans and closures: every change first re-crews the bookings that it hurts."""
