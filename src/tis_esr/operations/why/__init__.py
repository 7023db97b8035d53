"""Why something was, or wasn't, sent to ESR, and who must act."""
