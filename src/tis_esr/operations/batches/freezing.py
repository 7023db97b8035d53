"""Freezes a set of messages: the token of a dry run, by which the act refuses a set that has changed."""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from tis_esr.operations.batches.errors import BadTokenError, SetChangedError
from tis_esr.operations.parked.listing import ParkedMessage

_TOKEN = re.compile(r"(\d{1,9})-([0-9a-f]{8})-([0-9a-f]{8})")


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A set at one moment: its size, the moment in seconds since 1970, and a digest of which messages were parked when."""

    number: int
    at: int
    digest: str

    @property
    def text(self) -> str:
        """Return it as people copy it."""
        return f"{self.number}-{self.at & 0xFFFFFFFF:08x}-{self.digest}"


def token_of(messages: Sequence[ParkedMessage], now: float) -> Token:
    """Return the token of a set at this moment.

    A message that was retried and parked again since has changed: it may have another cause.
    """
    parked = "\n".join(sorted("|".join((*message.identity, message.parked_at)) for message in messages))
    digest = blake2b(parked.encode(), digest_size=4).hexdigest()
    return Token(number=len(messages), at=int(now), digest=digest)


def parked_moments(messages: Sequence[ParkedMessage]) -> list[float]:
    """Return when each message was parked, in seconds since 1970, 0 where it is not stored."""
    return [datetime.fromisoformat(one.parked_at).timestamp() if one.parked_at else 0.0 for one in messages]


def refuse_changed(messages: Sequence[ParkedMessage], parked_at: Sequence[float], expected: str) -> None:
    """Raise SetChangedError if the set is not that of the token, BadTokenError if it is none.

    ``parked_at`` are the messages' times of parking, in seconds since 1970, 0 where not stored: by them those that came
    since are counted. Where a clock was changed in between only the sizes are compared.
    """
    found = _TOKEN.fullmatch(expected.strip())
    if found is None:
        raise BadTokenError(expected)
    before, at = int(found[1]), int(found[2], 16)
    if (before, found[3]) == (len(messages), token_of(messages, 0).digest):
        return
    added = sum(moment >= at + 1 for moment in parked_at)
    added = max(added, len(messages) - before)
    raise SetChangedError(before, len(messages), added, before + added - len(messages))
