"""Who may come in, for whom they act, and what they may do."""
