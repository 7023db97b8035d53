"""Finds a 1 before a plural noun in what is printed."""

import re
from typing import Final

NOUNS: Final = (
    "addresses", "alarms", "applicants", "attempts", "bindings", "calls", "characters", "collections", "columns",
    "days", "deaneries", "differences", "digits", "documents", "entries", "errors", "exchanges", "files", "findings",
    "hours", "kinds", "lines", "members", "messages", "minutes", "months", "notifications", "offices", "placements",
    "positions", "posts", "queues", "reasons", "records", "repairs", "rows", "statuses", "trainees", "votes",
    "warnings", "weeks",
)  # fmt: skip
ADJECTIVES: Final = (
    "applicant", "blank", "committed", "inbound", "more", "older", "other", "parked", "surplus", "unfinished",
    "unreadable", "unsent", "wrong",
)  # fmt: skip
NOUN: Final = rf"(?:(?:{'|'.join(ADJECTIVES)}) )*(?:{'|'.join(NOUNS)})\b"
_ONE = re.compile(rf"(?<![\w.,:#/-])(?<![Tt]ype )1 {NOUN}")


def ones_of_many(text: str) -> list[str]:
    """Return each place at which a text says such as ``1 rows``."""
    return _ONE.findall(text)
