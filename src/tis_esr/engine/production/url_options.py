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


def mongodb_problem(url: str) -> str:
    """Return which option of a MongoDB URL breaks a guarantee and why; "" if none does. No other value is shown."""
    for name, value in _options(url):
        allowed, reason = _MONGODB.get(name.lower(), (None, ""))
        if allowed is not None and value.lower() not in allowed:
            return f"the option {name}={value[:30]} must be {' or '.join(sorted(allowed))}: {reason}"
    return ""


def amqp_problem(url: str) -> str:
    """Return why a URL is not a valid RabbitMQ URL, or which option breaks a guarantee and why; "" if it is valid."""
    if not url.startswith(("amqp://", "amqps://")):
        return "is not a valid RabbitMQ address; write amqp://user:password@host:5672/tis-esr"
    for name, value in _options(url):
        if name == "heartbeat" and not (value.isdecimal() and int(value) > 0):
            return "the option heartbeat must be a number of seconds above 0: without it a lost connection is never noticed"
    return ""


def _options(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []
