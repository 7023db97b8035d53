"""Generated days: files from ESR, the TCS data that fit them, and what should come of it, by construction."""
