"""Formats states for people from their codes."""

from typing import Final

from tis_esr.first_letters import first_upper

_ABBREVIATIONS: Final = frozenset({"tis", "esr", "tcs", "gmc", "ni"})


def words(code: str) -> str:
    """Return a state, or a column, as people read it: ``TO_EXPORT`` as ``To export``, ``gmc_number`` as ``GMC number``."""
    parts = code.replace("_", " ").lower().split(" ")
    return first_upper(" ".join(part.upper() if part in _ABBREVIATIONS else part for part in parts))
