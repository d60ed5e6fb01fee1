"""The database's versions, oldest first; each upgrade runs under one advisory lock."""
