"""What is removed when it is old: one purge a day, in small units of work, see docs/reference/retention.md."""
