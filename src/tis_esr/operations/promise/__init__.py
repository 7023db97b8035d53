"""The 12-week promise: who was sent in time, what is still due, and every miss with its reason."""
