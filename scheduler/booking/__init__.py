"""Booking: hold, confirm, book at once, move, cancel, answer, expire."""
