"""The promise as values: a day's problem, its plan, its rules, a place in it; no database, web or clock."""
