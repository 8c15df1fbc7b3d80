"""Sensor drivers, one file per vendor; `replay` plays a recorded episode."""
