"""How the demonstration log is kept on disk; `policies/demonstrations.py` describes the format and opens the door to it."""
