"""Compares the statuses that TCS should list of placements and posts with those that it lists, and repairs them (A9 to A11)."""
