"""Generated days: files from ESR, matching TCS data, and the expected outcome, by construction."""
