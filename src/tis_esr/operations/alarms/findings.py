"""What an evaluation finds: one finding a cause, with everything that the cause affects as its members."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from tis_esr.operations.alarms.kinds import Kind

MOST_MEMBERS = 200
"""Members that are stored of one finding."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One cause that is present: which ``kind``, the ``cause`` that makes it this alarm, and its ``members``.

    ``text`` says what is wrong in one sentence, ``consequence`` what follows from it, "" if it is not known. ``since``
    is when it began, None for when it is first found. ``urgent`` says that an applicant leaves the window by the next
    file because of it. ``number`` counts the members, also those beyond MOST_MEMBERS, of which ``more_members`` has the fingerprints. ``follows`` is the id of an alarm of the
    same cause, which this one continues, "" if it continues none. From ``watched_until`` on the cause is too old to be
    found, whether it is gone or not; None if it is found as long as it is there. No personal data.
    """

    kind: str
    cause: str
    members: list[str]
    text: str
    consequence: str = ""
    since: datetime | None = None
    urgent: bool = False
    number: int = 0
    follows: str = ""
    watched_until: datetime | None = None
    more_members: list[str] = []

    @property
    def id(self) -> str:
        """Return the id of its alarm."""
        return f"{self.kind}:{self.cause}" if self.cause else self.kind


def finding(
    kind: Kind,
    cause: str,
    members: list[str],
    text: str,
    *,
    number: int | None = None,
    consequence: str = "",
    since: datetime | None = None,
    urgent: bool = False,
    follows: str = "",
    watched_until: datetime | None = None,
) -> Finding:
    """Return a finding with at most MOST_MEMBERS members, in their order; ``number`` if there are more than these."""
    return Finding(
        kind=kind.id,
        cause=cause,
        members=members[:MOST_MEMBERS],
        text=text,
        consequence=consequence,
        since=since,
        urgent=urgent,
        number=len(members) if number is None else number,
        follows=follows,
        watched_until=watched_until,
        more_members=[] if kind.silence_covers_new else fingerprints(members[MOST_MEMBERS:]),
    )


def fingerprints(members: Iterable[str]) -> list[str]:
    """Return a text of 16 characters for each member, by which equal members are recognised."""
    return [hashlib.blake2b(member.encode(), digest_size=8).hexdigest() for member in members]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one evaluation: the findings, the kinds that were judged, and why others could not be.

    ``not_known`` are those that could not be because what they are judged by is not configured, or not finished.
    ``process`` is the process that judged those kinds that each process judges about itself.
    """

    findings: list[Finding]
    kinds: frozenset[str]
    unknown: dict[str, str]
    not_known: dict[str, str] = {}
    process: str
