"""What motion is made of: from waypoints to joint paths to timed trajectories."""
