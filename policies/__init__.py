"""The mind: from an Observation and words to a Plan; learning; the loop."""
