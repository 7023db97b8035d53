"""Finds parked messages by the beginning of their ids."""

from collections.abc import Sequence

from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import Exit, TisEsrError

SHORTEST = 4
"""Characters of an id that are enough to name it."""
_SHOWN = 3


class UnknownMessageError(TisEsrError):
    """No parked message has this id: it was never parked, or somebody has retried or discarded it."""

    exit_code = Exit.USAGE

    def __init__(self, typed: str) -> None:
        super().__init__(
            f"ID: no parked message has the id {typed!r}; it may have been retried or discarded meanwhile."
            " tis-esr parked lists those that are parked"
        )
        self.typed = typed


class AmbiguousIdError(TisEsrError):
    """Several parked messages have ids that begin like this."""

    exit_code = Exit.USAGE

    def __init__(self, typed: str, found: Sequence[str]) -> None:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        shown = ", ".join(found[:_SHOWN]) + more
        super().__init__(f"ID: {typed!r} is the beginning of {len(found)} ids ({shown}); give more of it")
        self.typed = typed
        self.found = list(found)


class ShortIdError(TisEsrError):
    """The beginning of an id that is too short to name a message."""

    exit_code = Exit.USAGE

    def __init__(self, typed: str) -> None:
        super().__init__(f"ID: {typed!r} is too short; give at least {SHORTEST} characters of the id")
        self.typed = typed


def full_ids(reader: Reader, typed: Sequence[str]) -> list[str]:
    """Return the ids of the parked messages that these begin, each once.

    Raises UnknownMessageError, AmbiguousIdError or ShortIdError.
    """
    parked = sorted({trace.id for trace in reader.parked()}) if typed else []
    return list(dict.fromkeys(_full_id(parked, one.strip()) for one in typed))


def _full_id(parked: Sequence[str], typed: str) -> str:
    if typed in parked:
        return typed
    if len(typed) < SHORTEST:
        raise ShortIdError(typed)
    found = [id_ for id_ in parked if id_.startswith(typed)]
    if not found:
        raise UnknownMessageError(typed)
    if len(found) > 1:
        raise AmbiguousIdError(typed, found)
    return found[0]
