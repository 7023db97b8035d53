"""The parked desk: what is parked and why, whether a retry is safe, and what a person can do about it."""
