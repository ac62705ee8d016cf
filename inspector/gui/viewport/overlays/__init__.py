"""What lies over the scene: pure functions from a snapshot to lines, points, triangles and words."""
