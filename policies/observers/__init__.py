"""What only watches a rollout: recorder, video, progress, pictures."""
