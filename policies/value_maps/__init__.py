"""VoxPoser-style planning: value maps over a voxel grid, composed and searched."""
