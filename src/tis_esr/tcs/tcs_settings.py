"""The address of TCS, and the limits of calls to it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tis_esr.errors import Exit, TisEsrError


class BadTcsUrlError(TisEsrError, ValueError):
    """The address of TCS is not valid. The address itself is shown unless it contains a password."""

    exit_code = Exit.USAGE

    def __init__(self, url: str, problem: str) -> None:
        shown = "the address of TCS" if set(url) & set("@?#;") else f"the address of TCS, {url!r},"
        super().__init__(f"{shown} {problem}: write it with its context path, such as http://host:8093/tcs")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class TcsSettings:
    """How TCS is called.

    ``base_url`` ends in the context path, ``concurrency`` bounds the concurrent calls (see ``load_control``),
    ``timeout_seconds`` is for one attempt. A call is attempted ``attempts`` times, with waits that double from
    ``first_wait_seconds`` to ``longest_wait_seconds``. ``uncertain_seconds`` is how long TCS may still act on a call
    without a response after it was sent; until then its outcome is unknown. Raises ``BadTcsUrlError``, and
    ``ValueError`` for a number that is not valid.
    """

    base_url: str
    concurrency: int = 128
    timeout_seconds: float = 30.0
    attempts: int = 6
    first_wait_seconds: float = 0.05
    longest_wait_seconds: float = 5.0
    uncertain_seconds: float = 60.0

    def __post_init__(self) -> None:
        if problem := _problem(self.base_url):
            raise BadTcsUrlError(self.base_url, problem)
        for name in ("concurrency", "timeout_seconds", "attempts", "uncertain_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} of the TCS client is {getattr(self, name)}, but must be above 0")

    @property
    def root(self) -> str:
        """The base URL without a slash at its end."""
        return self.base_url.rstrip("/")


def _problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "has a port that is not a number from 0 to 65535, or brackets that don't match"
    if parts.scheme not in ("http", "https"):
        return "doesn't begin with http:// or https://"
    if not parts.hostname or port == 0:
        return "names no host" if not parts.hostname else "has port 0"
    if parts.username or parts.password:
        return "contains a user or password, which belong in the token settings"
    if parts.query or parts.fragment or any(c.isspace() or not c.isprintable() for c in url):
        return "has a query, a fragment or a blank"
    return None
