"""The embedded engine: documents, queues and row accounting in one SQLite file."""
