"""What can be made harder about an episode, one kind a file; `catalogue` lists them by name."""
