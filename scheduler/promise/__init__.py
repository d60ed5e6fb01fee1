"""From rows to a solver's day and back: what can truly be kept, and the rows that keep it."""
