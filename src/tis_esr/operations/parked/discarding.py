"""Discards parked messages: each with a reason, a ticket and a day of review, which stay listed."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.envelope import Identity
from tis_esr.engine.protocol import Standing
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.parked.listing import ParkedMessage
from tis_esr.parking_causes import ParkingCause

ACT = "parked.discard"


class Discarded(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a person discarded, without its body.

    ``why``, ``ticket`` and ``review_on`` are the person's: the day on which a person checks the outcome. A message
    that is parked and discarded again has its latest discard.
    """

    id: str
    queue: str
    cause: ParkingCause
    reason: str
    source_file: str
    row: int
    deanery: str
    why: str
    ticket: str = ""
    review_on: date | None = None
    who: str
    at: datetime

    @property
    def key(self) -> str:
        """Return ``queue|id``."""
        return f"{self.queue}|{self.id}"

    @property
    def review_key(self) -> str:
        """Return the day of review as text; one without sorts last."""
        return str(self.review_on or date.max)


DISCARDED = Collection("parked.discarded", Discarded, lambda one: one.key, (("review_key",),))


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has to say to discard messages."""

    why: str
    ticket: str = ""
    review_on: date | None = None

    @property
    def text(self) -> str:
        """Return it as the remark of rows, and in the audit."""
        review = f"review on {self.review_on}" if self.review_on else ""
        return ", ".join(filter(None, (self.why, self.ticket, review)))


async def discard(runner: Runner, person: Person, messages: Sequence[ParkedMessage], remark: Remark) -> int:
    """Discard messages in one transaction with its audit entry; return how many were still parked.

    The bodies are deleted. Raises TransientError.
    """
    work = runner.work()
    found = await work.standing([message.identity for message in messages])
    parked = [message for message in messages if _is_parked(found, message.identity)]
    if not parked:
        return 0
    await work.get(DISCARDED, [f"{message.queue}|{message.id}" for message in parked])
    for message in parked:
        work.put(DISCARDED, _entry(message, remark, person, work.moment))
    work.discard([message.identity for message in parked], remark.text)
    ids = [message.id for message in parked]
    await record(work, person, ACT, ids, why=remark.text, result=f"{len(ids)} discarded")
    await work.commit()
    return len(parked)


def discarded(reader: Reader) -> list[Discarded]:
    """Return the discarded messages, the next to be reviewed first, those without a day of review last."""
    return reader.find(DISCARDED, {"review_key": Between("", str(date.max) + "~")}, ("review_key",))


def _is_parked(found: dict[Identity, Standing], identity: Identity) -> bool:
    standing = found.get(identity)
    return standing is not None and standing.state == "parked"


def _entry(message: ParkedMessage, remark: Remark, person: Person, at: datetime) -> Discarded:
    return Discarded(
        id=message.id,
        queue=message.queue,
        cause=message.cause,
        reason=message.reason,
        source_file=message.source_file,
        row=message.row,
        deanery=message.deanery,
        why=remark.why,
        ticket=remark.ticket,
        review_on=remark.review_on,
        who=person.name,
        at=at,
    )
