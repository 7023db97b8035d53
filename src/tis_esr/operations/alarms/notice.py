"""The message about an alarm that people get: built once, the same facts for every receiver; no personal data."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tis_esr.operations.alarms.alarm import Alarm, What
from tis_esr.operations.alarms.catalogue import BY_ID
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.states import words

DIGEST = "DIGEST"
TEST = "TEST"
MEMBERS_SHOWN = 13
"""Members named in a message: as many as there are local offices."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What one message says.

    ``id`` is the same however often it is delivered. ``what`` happened: a code of What, DIGEST or TEST.
    ``alarm`` is the alarm's id, "" if it is about none. ``members`` are the first MEMBERS_SHOWN of ``number``.
    ``to_do`` are steps, perhaps with commands between backticks. ``runbook`` is its address, "" if none is configured.
    """

    id: str
    what: str
    alarm: str
    kind: str
    severity: Severity
    title: str
    text: str
    consequence: str = ""
    members: list[str] = []
    number: int = 0
    since: datetime | None = None
    at: datetime
    who_acts: str = ""
    owner: str = ""
    to_do: Sequence[str] = ()
    runbook: str = ""


def notice_of(alarm: Alarm, what: What, at: datetime, runbooks: str) -> Notice:
    """Return the message about what happened to an alarm; ``runbooks`` is the address of the runbooks' folder, or ""."""
    kind = BY_ID.get(alarm.kind)
    number = len(alarm.events)
    return Notice(
        id=f"{alarm.id}@{at.timestamp():.0f}#{number}",
        what=what.value,
        alarm=alarm.id,
        kind=alarm.kind,
        severity=alarm.severity,
        title=f"{alarm.severity.value.upper()} {words(what).lower()}: {alarm.kind}",
        text=alarm.events[-1].text if what is What.NO_LONGER_WATCHED else alarm.text,
        consequence=alarm.consequence,
        members=alarm.members[:MEMBERS_SHOWN],
        number=alarm.number,
        since=alarm.since,
        at=at,
        who_acts=kind.who.value if kind else "",
        owner=alarm.owner,
        to_do=kind.to_do if kind and what is not What.CLEARED else (),
        runbook=f"{runbooks.rstrip('/')}/{alarm.kind}.md" if runbooks else "",
    )


def lines_of(notice: Notice) -> list[str]:
    """Return a message as plain lines, the title first: for e-mail, and for receivers that show text."""
    more = notice.number - len(notice.members)
    members = [*notice.members, *([f"and {more:,} more"] if more > 0 and notice.members else [])]
    facts = [
        ("Consequence", notice.consequence),
        ("Names", ", ".join(members)),
        ("Since", f"{notice.since:%d %b %Y %H:%M} UTC" if notice.since else ""),
        ("Who acts", notice.who_acts),
        ("Owner", notice.owner),
        ("To do", " ".join(notice.to_do)),
        ("Runbook", notice.runbook),
        ("Alarm", f"tis-esr alarms show {notice.alarm}" if notice.alarm else ""),
    ]
    return [notice.title, *notice.text.splitlines(), *(f"{name}: {value}" for name, value in facts if value)]
