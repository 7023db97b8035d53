"""Formats states for people from their codes."""


def words(code: str) -> str:
    """Return a state as people read it: ``TO_EXPORT`` as ``To export``."""
    return code.replace("_", " ").capitalize()
