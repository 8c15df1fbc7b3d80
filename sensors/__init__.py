"""The senses: packets in, one Observation out."""
