"""How long MongoDB may take: a server that no longer answers must not hold up a service, a command or a page without end."""

from typing import Final, Literal, TypedDict

from tis_esr.engine.production.url_options import LONGEST_MS, milliseconds


class Patience(TypedDict):
    """Options of a PyMongo client, in milliseconds."""

    serverSelectionTimeoutMS: int
    connectTimeoutMS: int
    socketTimeoutMS: int


PATIENCE: Final[Patience] = {
    "serverSelectionTimeoutMS": LONGEST_MS["serverselectiontimeoutms"],
    "connectTimeoutMS": LONGEST_MS["connecttimeoutms"],
    "socketTimeoutMS": LONGEST_MS["sockettimeoutms"],
}
"""The last is for one answer; the longest that we ask for, a count over a national day's messages, takes a few seconds."""
_SELECTION_OF_A_CHECK = 3000


def patience(url: str) -> Patience:
    """Return the options for a client of this URL: ours, or those of the URL where they are shorter.

    PyMongo itself ignores options in the URL that are given beside it. The settings refuse longer ones.
    """
    given = milliseconds(url)
    return {
        "serverSelectionTimeoutMS": _shorter(given, "serverSelectionTimeoutMS"),
        "connectTimeoutMS": _shorter(given, "connectTimeoutMS"),
        "socketTimeoutMS": _shorter(given, "socketTimeoutMS"),
    }


def patience_of_a_check(url: str) -> Patience:
    """Return the options for a client that only checks a server: three seconds at most to find it."""
    found = patience(url)
    found["serverSelectionTimeoutMS"] = min(found["serverSelectionTimeoutMS"], _SELECTION_OF_A_CHECK)
    return found


_Name = Literal["serverSelectionTimeoutMS", "connectTimeoutMS", "socketTimeoutMS"]


def _shorter(given: dict[str, int], name: _Name) -> int:
    return min(PATIENCE[name], given.get(name.lower(), PATIENCE[name]))
