"""The answers of ``why``."""

import msgspec

from tis_esr.decisions.who import Who

MASKED = "(masked)"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about one thing, who must act, and what to do ("" if nobody must act)."""

    about: str
    sentence: str
    who: Who
    action: str = ""
    correlation_ids: list[str] = []


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline.

    ``at`` is ``2026-11-24`` or ``2026-11-24T14:00:05+00:00``, London time; "" if not stored. ``is_step`` says that it is
    a message which was handled: a step between a row and its outcome.
    """

    at: str
    correlation_id: str
    what: str
    is_step: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One value that has changed since a record was sent to ESR.

    ``old`` was sent, ``new`` is present; both are MASKED where they are personal and were not asked for, "" for no value.
    ``on`` is the day (ISO) on which the change was found, ``file`` and ``row`` are the row of ESR that led to it.
    ``notified`` says how ESR was notified of it, "" if it was not.
    """

    record: str
    column: str
    old: str
    new: str
    on: str
    file: str
    row: int
    notified: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One meaning of an ambiguous word: how to ask for it, and what it is."""

    word: str
    what: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, most important first, what has changed since the records were sent, and the timeline.

    ``known`` is whether ESR or TIS has what was asked for. ``tis`` is "" if TIS was asked, else why not. An ambiguous
    word has ``choices`` and no answers. ``records`` are the keys of the applicant records whose values are shown.
    """

    word: str
    known: bool
    tis: str
    answers: list[Answer]
    timeline: list[Event]
    changes: list[Change] = []
    choices: list[Choice] = []
    records: list[str] = []

    @property
    def events(self) -> list[Event]:
        """Return the timeline without the messages that were handled."""
        return [event for event in self.timeline if not event.is_step]

    @property
    def steps(self) -> list[Event]:
        """Return the messages that were handled, oldest first."""
        return [event for event in self.timeline if event.is_step]
