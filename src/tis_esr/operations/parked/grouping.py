"""Groups parked messages by cause, age, office or file; each group has the options that choose its messages."""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from tis_esr.engine.reader_protocol import ParkedTally
from tis_esr.operations.dates import iso
from tis_esr.operations.parked.ages import TITLES, age_band
from tis_esr.operations.parked.catalogue import CATALOGUE, cause_of
from tis_esr.operations.parked.kinds import AgeBand, Grouping
from tis_esr.operations.parked.listing import NONE, Choice, ParkedMessage, band_of, is_counted, known_since
from tis_esr.parking_causes import ParkingCause


class CountedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """How many parked messages have the same cause, age, office or file; its fields are those of a Group."""

    by: Grouping
    key: str
    title: str
    number: int
    oldest: str
    causes: dict[str, int]
    options: str


class Group(CountedGroup, frozen=True, kw_only=True):
    """Parked messages with the same cause, age, office or file, oldest first.

    ``key`` is the value for machines, ``none`` where messages have no office or file. ``causes`` counts the messages by
    cause. ``options`` are those of ``tis-esr parked`` that choose these messages.
    """

    messages: list[ParkedMessage]


G = TypeVar("G", bound=CountedGroup)


def who_act(group: CountedGroup) -> list[str]:
    """Return who acts on the causes of a group, those of the most frequent cause first."""
    return list(dict.fromkeys(CATALOGUE[ParkingCause(cause)].who for cause in group.causes))


_WITHOUT: Final = {Grouping.OFFICE: "No office", Grouping.FILE: "No file"}
_OLDEST_FIRST: Final = (AgeBand.OLDER, AgeBand.MONTH, AgeBand.WEEK, AgeBand.TODAY, AgeBand.UNKNOWN)


def grouped_by(by: Grouping, messages: Iterable[ParkedMessage], chosen: Choice, now: float) -> list[Group]:
    """Return the groups of the messages that a choice has: the largest first, ages from the oldest to the newest.

    ``now`` is in seconds since 1970.
    """
    by_key: dict[str, list[ParkedMessage]] = {}
    for message in messages:
        by_key.setdefault(_key(by, message, now), []).append(message)
    return _in_order(by, [_group(by, key, some, chosen) for key, some in by_key.items()])


def counted_by(
    by: Grouping, tallies: Iterable[ParkedTally], chosen: Choice, now: float
) -> list[CountedGroup]:
    """Return the same groups from what the store has counted; a choice by id, reason or exact age can't be counted."""
    by_key: dict[str, list[ParkedTally]] = {}
    for tally in tallies:
        if is_counted(tally, chosen, now):
            by_key.setdefault(_key_of(by, tally, now), []).append(tally)
    return _in_order(by, [_counted(by, key, some, chosen) for key, some in by_key.items()])


def _in_order(by: Grouping, groups: list[G]) -> list[G]:
    if by is Grouping.AGE:
        return sorted(groups, key=lambda group: _OLDEST_FIRST.index(AgeBand(group.key)))
    return sorted(groups, key=lambda group: (-group.number, group.key))


def _key(by: Grouping, message: ParkedMessage, now: float) -> str:
    if by is Grouping.CAUSE:
        return message.cause.value
    if by is Grouping.AGE:
        return band_of(message, now).value
    return (message.deanery if by is Grouping.OFFICE else message.source_file) or NONE


def _key_of(by: Grouping, tally: ParkedTally, now: float) -> str:
    if by is Grouping.CAUSE:
        return cause_of(tally.cause).value
    if by is Grouping.AGE:
        return age_band(tally.oldest, now).value
    return (tally.deanery if by is Grouping.OFFICE else tally.source_file) or NONE


def _counted(by: Grouping, key: str, tallies: Sequence[ParkedTally], chosen: Choice) -> CountedGroup:
    causes: Counter[str] = Counter()
    for tally in tallies:
        causes[cause_of(tally.cause).value] += tally.number
    return CountedGroup(
        by=by,
        key=key,
        title=_title(by, key),
        number=causes.total(),
        oldest=iso(min((tally.oldest for tally in tallies if tally.oldest), default=0.0)),
        causes=dict(causes.most_common()),
        options=shlex.join(_narrowed(by, key, chosen).options),
    )


def _group(by: Grouping, key: str, messages: Sequence[ParkedMessage], chosen: Choice) -> Group:
    return Group(
        by=by,
        key=key,
        title=_title(by, key),
        number=len(messages),
        oldest=min(filter(None, map(known_since, messages)), default=""),
        causes=dict(Counter(message.cause.value for message in messages).most_common()),
        options=shlex.join(_narrowed(by, key, chosen).options),
        messages=list(messages),
    )


def _title(by: Grouping, key: str) -> str:
    if by is Grouping.CAUSE:
        return CATALOGUE[ParkingCause(key)].title
    if by is Grouping.AGE:
        return TITLES[AgeBand(key)]
    return _WITHOUT[by] if key == NONE else key


def _narrowed(by: Grouping, key: str, chosen: Choice) -> Choice:
    if by is Grouping.CAUSE:
        return msgspec.structs.replace(chosen, cause=ParkingCause(key))
    if by is Grouping.AGE:
        return msgspec.structs.replace(chosen, age=AgeBand(key))
    if by is Grouping.OFFICE:
        return msgspec.structs.replace(chosen, deanery=key)
    return msgspec.structs.replace(chosen, file=key)
