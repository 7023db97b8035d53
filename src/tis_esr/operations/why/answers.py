"""What ``why`` answers with."""

from enum import StrEnum

import msgspec


class Who(StrEnum):
    """Who must act."""

    NOBODY = "nobody"
    ASKER = "you"
    TRUST = "the trust, in ESR"
    LOCAL_OFFICE = "the local office, in TIS"
    SUPPORT = "support"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One plain sentence about one thing, who must act, and what they do ("" where nobody must)."""

    about: str
    sentence: str
    who: Who
    action: str = ""
    correlation_ids: list[str] = []


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline. ``at`` is ``2026-11-24`` or ``2026-11-24T14:00:05+00:00``, London; "" where not kept."""

    at: str
    correlation_id: str
    what: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, most important first, and the timeline behind them.

    ``known`` says that ESR or TIS has what was asked for. ``tis`` is "" where TIS was asked, else why not.
    """

    word: str
    known: bool
    tis: str
    answers: list[Answer]
    timeline: list[Event]
