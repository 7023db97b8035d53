"""Searches that may name a person, in addresses that only the browser that searched can read.

A GMC number in an address would be kept by the browser's history, by proxies, and in links that people send each other. Sealed
with a key of the session, it lives as long as the session, and back and reload work.
"""

from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request

from tis_esr.operations.access.sessions import key_from
from tis_esr.web.console.console import console_of
from tis_esr.web.console.problems import ProblemError

_PURPOSE: Final = "search"


def sealed(request: Request, word: str) -> str:
    """Return a word for an address."""
    return session_key(request, _PURPOSE).encrypt(word.encode()).decode()


def opened(request: Request, text: str) -> str:
    """Return the word. Raises ProblemError for an address of another session."""
    try:
        return session_key(request, _PURPOSE).decrypt(text).decode()
    except (InvalidToken, ValueError):
        raise ProblemError(
            404,
            "This address was for the person who searched, until they signed out: it stands for a GMC number, which is in no address.",
            "Search again. A placement, post or position has an address that can be shared.",
            "Search again",
        ) from None


def session_key(request: Request, purpose: str) -> Fernet:
    """Return the key of this session, one for each purpose. A browser alone can't make it: the console's secret is in it."""
    console = console_of(request)
    return Fernet(key_from(console.secret, f"{purpose} {request.cookies.get(console.cookie, '')}"))
