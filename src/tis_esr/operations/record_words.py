"""Record types and ESR's message types in words, for people who don't know the interface's abbreviations."""

from typing import Final

_RECORDS: Final = {
    "POR": "position and its post",
    "POS": "details of a position",
    "ASG": "assignment",
    "PER": "personal details",
    "ADD": "address",
    "PBD": "professional registration",
    "ABS": "absence",
    "APC": "ESR's answer about an applicant",
    "DCC": "ESR's answer about a notification",
}
_KINDS: Final = {"INFO": "", "WARNING": " with a warning", "ERROR": " with an error"}


def record_words(code: str) -> str:
    """Return a record type with its meaning: ``POR`` as ``position and its post, POR``; an unknown one as it is."""
    return f"{_RECORDS[code]}, {code}" if code in _RECORDS else code or "no record type"


def kind_words(kind: str) -> str:
    """Return what follows ``accepted it``: nothing for INFO, which every accepted row has; an unknown type is named."""
    return _KINDS.get(kind, f" with {kind}") if kind else ""
