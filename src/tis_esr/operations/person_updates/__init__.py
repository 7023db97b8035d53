"""The journal of what ESR's files changed about people in TIS, or did not: lists without any value."""
