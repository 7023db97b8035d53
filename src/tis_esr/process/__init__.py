"""One running process: services, background tasks, HTTP and logs, until it is stopped."""
