"""What counts as success, judged from the simulator's own state; one file per task."""
