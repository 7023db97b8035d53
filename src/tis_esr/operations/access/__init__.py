"""Who uses the console: roles, offices, and the sessions that they have."""
