"""Options in the URLs of MongoDB and RabbitMQ that would break a guarantee."""

from typing import Final
from urllib.parse import parse_qsl, urlsplit

_MONGODB: Final = {
    "readpreference": ({"primary"}, "a secondary may lack what was just committed"),
    "readconcernlevel": ({"majority", "snapshot", "linearizable"}, "what was read may be rolled back"),
    "w": ({"majority"}, "a commit that a majority doesn't have is lost when the primary fails"),
    "journal": ({"true"}, "a commit that is not in the journal is lost in a power cut"),
    "retryreads": ({"true"}, "an election of a new primary would fail reads"),
}
"""By option, in lower case: the values that keep the guarantees, and what any other value breaks."""
LONGEST_MS: Final = {
    "serverselectiontimeoutms": 5_000,
    "connecttimeoutms": 5_000,
    "sockettimeoutms": 60_000,
    "timeoutms": 60_000,
}
"""By option, in lower case: how long MongoDB may take at most, in milliseconds (decision 60)."""
_LONGEST_HEARTBEAT: Final = 120


def mongodb_problem(url: str) -> str:
    """Return which option of a MongoDB URL breaks a guarantee and why; "" if none does. No other value is shown."""
    for name, value in _options(url):
        allowed, reason = _MONGODB.get(name.lower(), (None, ""))
        if allowed is not None and value.lower() not in allowed:
            return f"the option {name}={value[:30]} must be {' or '.join(sorted(allowed))}: {reason}"
        longest = LONGEST_MS.get(name.lower())
        if longest is not None and not (value.isdecimal() and 0 < int(value) <= longest):
            return (
                f"the option {name}={value[:30]} must be between 1 and {longest} milliseconds:"
                " a server that no longer answers would hold up services and commands for longer"
            )
    return ""


def milliseconds(url: str) -> dict[str, int]:
    """Return the timeouts that a MongoDB URL gives, by option in lower case; those that are not valid are left out."""
    return {
        name.lower(): int(value)
        for name, value in _options(url)
        if name.lower() in LONGEST_MS and value.isdecimal() and int(value) > 0
    }


def amqp_problem(url: str) -> str:
    """Return why a URL is not a valid RabbitMQ URL, or which option breaks a guarantee and why; "" if it is valid."""
    if not url.startswith(("amqp://", "amqps://")):
        return "is not a valid RabbitMQ address; write amqp://user:password@host:5672/tis-esr"
    for name, value in _options(url):
        if name == "heartbeat" and not (value.isdecimal() and 0 < int(value) <= _LONGEST_HEARTBEAT):
            return (
                f"the option heartbeat must be between 1 and {_LONGEST_HEARTBEAT} seconds:"
                " without it a lost connection is never noticed, with a longer one too late"
            )
    return ""


def _options(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []
