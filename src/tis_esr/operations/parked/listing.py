"""Lists parked messages: filtered, and grouped by cause."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.envelope import Identity
from tis_esr.engine.reader_protocol import Among, ParkedTally, Reader, Trace
from tis_esr.operations.dates import iso
from tis_esr.operations.parked.ages import age_band
from tis_esr.operations.parked.catalogue import CATALOGUE, cause_of, runbook
from tis_esr.operations.parked.kinds import AgeBand
from tis_esr.parking_causes import ParkingCause

NONE: Final = "none"
"""The office, or file, of a choice of messages that have none."""


class ParkedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One parked message.

    ``at`` is when it was sent or parked, ``parked_at`` when it was parked last, in ISO form, "" if that is not stored.
    """

    id: str
    queue: str
    state: str
    attempts: int
    correlation_id: str
    source_file: str
    row: int
    reason: str
    at: str
    cause: ParkingCause = ParkingCause.OTHER
    deanery: str = ""
    parked_at: str = ""

    @property
    def identity(self) -> Identity:
        """Return the key of the message."""
        return self.queue, self.id


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which parked messages: all that meet every condition that is set.

    ``older_than`` is in seconds since they were parked last; ``reason`` is a text within the reason, in any letter case.
    A ``deanery`` or ``file`` that is NONE means messages without one.
    """

    ids: list[str] = []
    cause: ParkingCause | None = None
    deanery: str = ""
    file: str = ""
    reason: str = ""
    older_than: float = 0.0
    age: AgeBand | None = None

    @property
    def is_everything(self) -> bool:
        """Return whether no condition is set."""
        return self == Choice()

    @property
    def text(self) -> str:
        """Return the conditions in words, for the audit and for people."""
        parts = [
            f"ids {', '.join(self.ids)}" if self.ids else "",
            f"cause {self.cause.value}" if self.cause else "",
            f"deanery {self.deanery}" if self.deanery else "",
            f"file {self.file}" if self.file else "",
            f"reason contains {self.reason!r}" if self.reason else "",
            f"older than {age_text(self.older_than)}" if self.older_than else "",
            f"age {self.age}" if self.age else "",
        ]
        return "; ".join(filter(None, parts)) or "all"

    @property
    def options(self) -> list[str]:
        """Return the words that make the same choice in ``tis-esr parked``."""
        return [*self.ids, *(word for option in self._options() for word in option)]

    def _options(self) -> Iterator[tuple[str, str]]:
        if self.cause:
            yield "--cause", self.cause.value
        if self.deanery:
            yield "--deanery", self.deanery
        if self.file:
            yield "--file", self.file
        if self.reason:
            yield "--reason", self.reason
        if self.older_than:
            yield "--older-than", _typed_age(self.older_than)
        if self.age:
            yield "--age", self.age.value


class CauseGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The parked messages of one cause, oldest first, with what the catalogue says of it.

    ``options`` are those of ``tis-esr parked`` that choose these messages.
    """

    cause: ParkingCause
    title: str
    who: str
    action: str
    can_retry: bool
    runbook: str
    messages: list[ParkedMessage]
    oldest: str
    options: str


def parked_message(trace: Trace) -> ParkedMessage:
    """Return a parked message as it is printed and exported."""
    return ParkedMessage(
        id=trace.id,
        queue=trace.queue,
        state="PARKED",
        attempts=trace.attempts,
        correlation_id=trace.correlation_id,
        source_file=trace.source_file,
        row=trace.row,
        reason=trace.reason,
        at=iso(trace.at),
        cause=cause_of(trace.cause),
        deanery=trace.deanery,
        parked_at=iso(trace.parked_at),
    )


def parked_messages(reader: Reader, choice: Choice, now: float) -> list[ParkedMessage]:
    """Return the parked messages that meet a choice, oldest first; ``now`` is in seconds since 1970."""
    return [parked_message(trace) for trace in parked_traces(reader, choice, now)]


def parked_traces(reader: Reader, choice: Choice, now: float) -> list[Trace]:
    """Return the same as they are stored, which is faster where only some are shown."""
    return [trace for trace in reader.parked(_among(choice)) if is_chosen(trace, choice, now)]


def _among(choice: Choice) -> Among:
    """Return what the store can leave out; a cause that it does not know is OTHER, so that one it can't."""
    cause = choice.cause
    return Among(
        ids=choice.ids,
        deanery=_stored(choice.deanery),
        source_file=_stored(choice.file),
        cause=cause.value if cause is not None and cause is not ParkingCause.OTHER else None,
    )


def _stored(name: str) -> str | None:
    return ("" if name == NONE else name) if name else None


def is_chosen(trace: Trace, choice: Choice, now: float) -> bool:
    """Return whether a parked message meets every condition that is set.

    One whose time of parking is not stored, or is ahead because a clock was changed, is not older than anything.
    """
    if choice.ids and trace.id not in choice.ids:
        return False
    if not _is_of(trace, choice) or not _is_as_old(trace.parked_since, choice, now):
        return False
    if choice.reason and re.search(re.escape(choice.reason), trace.reason, re.IGNORECASE) is None:
        return False
    since = trace.parked_since
    return not choice.older_than or (bool(since) and now - since > choice.older_than)


def is_counted(tally: ParkedTally, choice: Choice, now: float) -> bool:
    """Return whether messages that the store has counted meet a choice by cause, office, file and age in days."""
    return _is_of(tally, choice) and _is_as_old(tally.oldest, choice, now)


def _is_of(parked: Trace | ParkedTally, choice: Choice) -> bool:
    if choice.cause is not None and cause_of(parked.cause) is not choice.cause:
        return False
    if choice.deanery and (parked.deanery or NONE) != choice.deanery:
        return False
    return not choice.file or (parked.source_file or NONE) == choice.file


def _is_as_old(since: float, choice: Choice, now: float) -> bool:
    return choice.age is None or age_band(since, now) is choice.age


def known_since(message: ParkedMessage) -> str:
    """Return since when a message is parked, in ISO form; "" if no time of it is stored."""
    return message.parked_at or message.at


def band_of(message: ParkedMessage, now: float) -> AgeBand:
    """Return the age of a message; ``now`` is in seconds since 1970."""
    since = known_since(message)
    return age_band(datetime.fromisoformat(since).timestamp() if since else 0.0, now)


def grouped(messages: Iterable[ParkedMessage], chosen: Choice) -> list[CauseGroup]:
    """Return the messages that a choice has by cause, the most frequent first."""
    by_cause: dict[ParkingCause, list[ParkedMessage]] = {}
    for message in messages:
        by_cause.setdefault(message.cause, []).append(message)
    ranked = sorted(by_cause.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_group(cause, some, chosen) for cause, some in ranked]


def _group(cause: ParkingCause, messages: Sequence[ParkedMessage], chosen: Choice) -> CauseGroup:
    text = CATALOGUE[cause]
    return CauseGroup(
        cause=cause,
        title=text.title,
        who=text.who,
        action=text.action,
        can_retry=text.can_retry,
        runbook=runbook(cause),
        messages=list(messages),
        oldest=min(filter(None, map(known_since, messages)), default=""),
        options=shlex.join(msgspec.structs.replace(chosen, cause=cause).options),
    )


def _typed_age(seconds: float) -> str:
    """Return an age as it is typed: ``3d``, ``12h`` or ``30m``."""
    unit, length = next((one for one in (("d", 86400), ("h", 3600)) if not seconds % one[1]), ("m", 60))
    return f"{seconds / length:.0f}{unit}"


def age_text(seconds: float) -> str:
    """Return an age in its largest unit, as ``3 days``; a negative one, after a clock was changed, as ``0 minutes``."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        number = int(max(0.0, seconds) // length)
        if number or unit == "minute":
            return counted(number, unit)
    raise AssertionError
