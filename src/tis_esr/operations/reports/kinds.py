"""The kinds of reports."""

from enum import StrEnum


class ReportKind(StrEnum):
    """What a report is about."""

    POSTS = "posts"
    POSITIONS = "positions"
    INVALID = "invalid"
    UPDATES = "updates"
    FORECAST = "forecast"
    REJECTIONS = "rejections"
