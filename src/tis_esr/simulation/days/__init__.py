"""Generated days: files from ESR, the TCS data that fit them, and the expected outcome, by construction."""
