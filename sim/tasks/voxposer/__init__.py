"""The thirteen sentences of VoxPoser's simulated table (Huang et al., 2023, arXiv:2307.05973, section 4.2), one file each.

The paper says the templates and which attributes were seen; scenes, tolerances, and which templates count as unseen here
are our own, so that the published rates can stand beside ours but not in the same test.
"""
