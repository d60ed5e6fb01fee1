"""Something earlier: who waits, what is offered to one party at a time, and how offers end."""
