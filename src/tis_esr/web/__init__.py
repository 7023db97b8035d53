"""Incoming HTTP: events that a file has arrived in the bucket."""
