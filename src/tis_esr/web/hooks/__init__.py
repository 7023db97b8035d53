"""Endpoints for events of other systems: a file has arrived in the bucket."""
