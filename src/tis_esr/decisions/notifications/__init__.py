"""Which notifications are sent to ESR, and their content."""
