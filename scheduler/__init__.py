"""The heart: the domain, the one database, and the clock."""
