"""By what parked messages are grouped, and the bands of their age."""

from enum import StrEnum


class Grouping(StrEnum):
    """By what parked messages are grouped."""

    CAUSE = "cause"
    AGE = "age"
    OFFICE = "office"
    FILE = "file"


class AgeBand(StrEnum):
    """How long ago a message was parked, in whole days; UNKNOWN if its time is not stored."""

    TODAY = "today"
    WEEK = "1-7d"
    MONTH = "8-30d"
    OLDER = "over-30d"
    UNKNOWN = "unknown"
