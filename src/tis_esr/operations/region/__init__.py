"""The guided start of a region: what is done, what the next step would do, and doing it."""
