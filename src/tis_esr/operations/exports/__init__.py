"""Exports as people look at them: what would go now, what is held, which files were sent, and asking for more."""
