"""How long MongoDB may take: a server that is gone without a word must not hold up a service, a command or a page without end."""

from typing import Final, TypedDict


class Patience(TypedDict):
    """Options of a PyMongo client, in milliseconds."""

    serverSelectionTimeoutMS: int
    connectTimeoutMS: int
    socketTimeoutMS: int


PATIENCE: Final[Patience] = {
    "serverSelectionTimeoutMS": 5000,
    "connectTimeoutMS": 5000,
    "socketTimeoutMS": 60_000,
}
"""The last is for one answer; the longest that we ask for, a count over a national day's messages, takes a few seconds."""
