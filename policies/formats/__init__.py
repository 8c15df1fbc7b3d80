"""Logs in other people's formats: one file per format; `catalogue.py` tells them apart."""
