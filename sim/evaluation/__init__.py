"""How policies are evaluated: episodes played in worker processes, kept in a log, counted and compared."""
