"""What an outage can do to the interface: the kinds of effect, and one effect with its cause and who must act."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.who import Who

MOST_NAMED = 500
"""Things that one effect names at most; its ``number`` counts all."""


class EffectKind(StrEnum):
    """What was delayed or dropped, with its text for people."""

    FILE_UNFINISHED = "inbound files that are not finished"
    FILE_LATE = "inbound files finished after the outage"
    FILE_MISSING = "inbound files that have not arrived"
    BACKLOG = "messages that still wait"
    PARKED = "messages parked"
    RUN_MISSED = "scheduled runs"
    EXPORT_DUE = "files to ESR that were due"
    EXPORT_INCOMPLETE = "files to ESR created before their inbound was finished"
    APPLICANT_MISSED = "applicants who left the window unsent"
    RECORD_CANCELLED = "records cancelled before export"
    CHANGE_STALE = "changes of the calendar that no longer hold"


_ONE = {
    EffectKind.FILE_UNFINISHED: "inbound file that is not finished",
    EffectKind.FILE_LATE: "inbound file finished after the outage",
    EffectKind.FILE_MISSING: "inbound file that has not arrived",
    EffectKind.BACKLOG: "message that still waits",
    EffectKind.PARKED: "message parked",
    EffectKind.RUN_MISSED: "scheduled run",
    EffectKind.EXPORT_DUE: "file to ESR that was due",
    EffectKind.EXPORT_INCOMPLETE: "file to ESR created before its inbound was finished",
    EffectKind.APPLICANT_MISSED: "applicant who left the window unsent",
    EffectKind.RECORD_CANCELLED: "record cancelled before export",
    EffectKind.CHANGE_STALE: "change of the calendar that no longer holds",
}
DROPPED = (EffectKind.APPLICANT_MISSED, EffectKind.RECORD_CANCELLED, EffectKind.CHANGE_STALE)
"""The kinds of what is not sent any more; the others are delayed."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One effect: ``number`` things of a kind with one cause, ``why``.

    ``names`` are file names, ``queue id`` of messages, ``placement:position`` of applicants, keys of notifications, or
    ``TYPE DEANERY DAY`` of exports, MOST_NAMED at most. ``is_open`` says that somebody or something still has to finish
    it; ``who`` must act, and ``action`` is what they do. No personal data.
    """

    kind: EffectKind
    number: int
    names: list[str]
    why: str
    is_open: bool
    who: Who = Who.NOBODY
    action: str = ""

    @property
    def text(self) -> str:
        """Return how many of what: ``1 scheduled run``."""
        return counted(self.number, _ONE[self.kind], self.kind.value)

    @property
    def is_dropped(self) -> bool:
        """Return whether it is not sent any more, as opposed to late."""
        return self.kind in DROPPED


def effect(
    kind: EffectKind,
    names: Sequence[str],
    why: str,
    *,
    is_open: bool,
    who: Who = Who.NOBODY,
    action: str = "",
    number: int | None = None,
) -> Effect:
    """Return an effect on things with these names; ``number`` counts them where they have no names."""
    return Effect(
        kind=kind,
        number=len(names) if number is None else number,
        names=list(names[:MOST_NAMED]),
        why=why,
        is_open=is_open,
        who=who,
        action=action,
    )
