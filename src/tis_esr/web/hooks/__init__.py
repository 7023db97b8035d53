"""Endpoints for events of other systems: an object was created in the bucket."""
