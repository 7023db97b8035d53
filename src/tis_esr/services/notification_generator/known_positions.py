"""What the NotificationGenerator stores: each position as last reconciled, and which positions use which VPD."""

from collections.abc import Collection as Several
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.positions import LEAD_EMPLOYER
from tis_esr.decisions.sent_applicants import SentApplicant
from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import PositionReconciled
from tis_esr.services.superseding import Handled


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The row (counted from 1) that determines a position's post, as named in the envelope of a message."""

    correlation_id: str
    file: str
    deanery: str
    row: int

    @classmethod
    def of(cls, message: Message) -> "Source":
        """Return the row behind a message."""
        return cls(
            correlation_id=message.correlation_id,
            file=message.source_file,
            deanery=message.deanery,
            row=message.row,
        )

    def as_cause(self, id_: str) -> Message:
        """Return the row as the cause of messages, whose ids follow from ``id_``."""
        return Message(
            id=id_,
            queue="",
            correlation_id=self.correlation_id,
            source_file=self.file,
            deanery=self.deanery,
            row=self.row,
            body=b"",
        )


class KnownPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position as last reconciled, and what ESR was sent for it.

    ``event`` is None while it is known only from an applicant sent to ESR, ``source`` is the row that it came from.
    ``post_id`` is set while it is matched and not deleted. ``version`` counts what was generated for it; ``told`` says
    that a notification of it was ever sent to the DataExporter. ``seen`` has, by placement id, the dates that the
    newest notifications were built from. ``untold`` are the posts whose VPD changed with it, until the positions that
    use it have been notified. ``since`` is the first day on which notifications were generated for it. ``changes_on``
    is the next day on which the calendar changes them, see ``date_events``; None if there is none, or while they are
    being generated again. ``overdue_since`` is the day on which the calendar had changed them when that was requested,
    until they are. ``stale`` counts, by name of the passage, what had come and gone unsent by the day ``stale_on``, the last day on
    which there was any.
    """

    position_id: int
    post_id: int | None = None
    handled: Handled | None = None
    event: PositionReconciled | None = None
    source: Source | None = None
    version: int = 0
    told: bool = False
    sent: list[SentApplicant] = []
    seen: dict[str, str] = {}
    untold: list[int] = []
    since: date | None = None
    deanery: str = ""
    changes_on: date | None = None
    overdue_since: date | None = None
    stale_on: date | None = None
    stale: dict[str, int] = {}

    def to_generate(self, today: date, **changes: Any) -> "KnownPosition":
        """Return the position, with ``changes``, whose notifications are to be generated again."""
        due = self.changes_on if self.changes_on is not None and self.changes_on <= today else None
        overdue = self.overdue_since or due
        return msgspec.structs.replace(self, changes_on=None, overdue_since=overdue, **changes)


class VpdUse(msgspec.Struct, frozen=True, kw_only=True):
    """The notifications of a position use the VPD of a post, or would use it if it were known."""

    post_id: int
    position_id: int


KNOWN_POSITIONS = Collection(
    "notificationgenerator.positions",
    KnownPosition,
    lambda known: str(known.position_id),
    (("post_id",), ("deanery", "changes_on"), ("stale_on",)),
)
VPD_USES = Collection(
    "notificationgenerator.vpd_uses",
    VpdUse,
    lambda use: f"{use.post_id}:{use.position_id}",
    (("post_id",), ("position_id",)),
)


async def vpds_of(work: Work, posts: Iterable[int]) -> dict[int, str]:
    """Return the employing VPD by post id: the lead employer's first, then the oldest position's."""
    wanted = sorted(posts)
    positions = await work.find(KNOWN_POSITIONS, {"post_id": wanted}) if wanted else []
    vpds: dict[int, str] = {}
    for known in sorted(positions, key=_rank):
        vpd = known.event.position.employing_vpd if known.event else None
        if known.post_id is not None and vpd:
            vpds.setdefault(known.post_id, vpd)
    return vpds


def _rank(known: KnownPosition) -> tuple[bool, int]:
    lead = known.event is not None and known.event.position.host_lead == LEAD_EMPLOYER
    return not lead, known.position_id


def with_unnotified(before: KnownPosition, after: KnownPosition) -> KnownPosition:
    """Return a position's present state, with the posts whose VPD may have changed, now or earlier."""
    changed = {before.post_id, after.post_id} if _says(before) != _says(after) else set()
    untold = {*before.untold, *(post_id for post_id in changed if post_id is not None)}
    return msgspec.structs.replace(after, untold=sorted(untold))


def _says(known: KnownPosition) -> tuple[int | None, str | None, str | None]:
    position = known.event.position if known.event else None
    return (
        known.post_id,
        position.employing_vpd if position else None,
        position.host_lead if position else None,
    )


def still_of_interest(sent: Iterable[SentApplicant], today: date) -> list[SentApplicant]:
    """Return the sent applicants for whom notifications may follow: those whose placement had not ended yesterday."""
    return [applicant for applicant in sent if applicant.date_to >= today]


async def save_uses(work: Work, uses: Several[VpdUse]) -> None:
    """Store which positions use which VPD, before the VPDs are read.

    A later change of the VPD finds its users; an earlier one is read. So neither order loses it.
    """
    known = await work.get(VPD_USES, map(VPD_USES.key, uses))
    missing = [use for use in uses if VPD_USES.key(use) not in known]
    for use in missing:
        work.put(VPD_USES, use)
    if missing:
        await work.save_intent()
