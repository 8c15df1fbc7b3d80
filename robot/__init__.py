"""The body: what can be moved, how, and within which limits."""
