"""Backups of the store, and what was sent since one that was restored."""
