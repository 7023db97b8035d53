"""Settings for printing: without secrets."""

import re

from pydantic import SecretStr

_USER = re.compile(r"(?<=://).*@", re.DOTALL)
_QUERY = re.compile(r"(?<=://)([^?#]*)([?#]).*", re.DOTALL)


def shown(value: object) -> str:
    """Return a setting's value for printing, without secrets, and without the credentials and query of a URL."""
    if value is None:
        return "(not set)"
    if isinstance(value, SecretStr):
        return "(set, not shown)"
    return without_secrets(str(value))


def without_secrets(url: str) -> str:
    """Return a URL without its credentials and query."""
    return _QUERY.sub(r"\1\2(not shown)", _USER.sub("(not shown)@", url))
