"""The answers of ``why``."""

import msgspec

from tis_esr.decisions.who import Who


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about one thing, who must act, and what to do ("" if nobody must act)."""

    about: str
    sentence: str
    who: Who
    action: str = ""
    correlation_ids: list[str] = []


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline.

    ``at`` is ``2026-11-24`` or ``2026-11-24T14:00:05+00:00``, London time; "" if not stored.
    """

    at: str
    correlation_id: str
    what: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, most important first, and the timeline.

    ``known`` is whether ESR or TIS has what was asked for. ``tis`` is "" if TIS was asked, else why not.
    """

    word: str
    known: bool
    tis: str
    answers: list[Answer]
    timeline: list[Event]
