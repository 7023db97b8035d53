"""Where to go after sign-in: only to a page of this console."""

from typing import Final
from urllib.parse import urlsplit

_HOME: Final = "/"


def next_address(asked: str) -> str:
    """Return the address asked for if it is a path of this console, else the start page's.

    What browsers read as another host's is none: ``//host``, backslashes, control characters that they drop.
    """
    if not asked.startswith("/") or asked.startswith("//") or "\\" in asked:
        return _HOME
    if not asked.isascii() or not asked.isprintable():
        return _HOME
    try:
        parts = urlsplit(asked)
    except ValueError:
        return _HOME
    if parts.scheme or parts.netloc or parts.path.startswith("/sign-"):
        return _HOME
    return asked
