"""Rules of the domain as functions of values: no database, no clock, no network."""
