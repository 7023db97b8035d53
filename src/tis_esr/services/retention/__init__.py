"""Removes old data: one purge a day, in small units of work, see docs/reference/retention.md."""
