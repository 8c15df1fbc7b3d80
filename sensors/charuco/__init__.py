"""What pictures and scans of a ChArUco board tell about cameras and LiDARs: lenses, hand-eye, planes."""
