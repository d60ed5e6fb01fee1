"""The process that ticks: it asks the rows what is due, and holds nothing itself."""
