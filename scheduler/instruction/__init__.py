"""Instructions as the risk system sends them; a change re-validates the booking that rests on it."""
