"""Batches: a person's retry of many parked messages, with a tracer first, a pace, and one verdict per message."""
