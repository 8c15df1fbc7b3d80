"""Fusion: how the senses' tokens and the words meet; one way a file, chosen by `fusion` in the config."""
