"""TisChanges: learns of changes of posts, placements and people in TIS, and has the positions that they concern reconciled again.

Reads ``tis.change``, sends ``post.changed`` to Reconciliation and ``placement.changed`` to the AppGenerator. What a record says is not
taken over: it says where to look. What TIS has is read from TCS, by the services that always do, so that a late,
duplicate or lost record can't send anything old to ESR.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import structlog

from tis_esr.decisions.tis_changes import BadChangeError, Table, TisChange, is_ahead, read_change
from tis_esr.decisions.versions import is_superseded
from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.handlers import Handler
from tis_esr.engine.work import Work
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.contracts.bodies import PlacementChanged, PostChanged
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Placement

_log = structlog.get_logger()
_AHEAD = "not a change of TIS: metadata.timestamp is more than a day ahead"


class ChangedThing(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a thing of TIS that was reported; of a placement also the post it was in, and whose it was."""

    key: str
    at: datetime
    post_id: int | None = None
    person_id: int | None = None


CHANGED_THINGS = Collection("tischanges.things", ChangedThing, lambda thing: thing.key)


class TisChanges:
    """Takes change records of TIS."""

    def __init__(self, tcs: Tcs) -> None:
        self._tcs = tcs

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler(
                "esr.queue.tis.change",
                "tis.change",
                self.take,
                serial_group="tischanges",
                is_waiting=self._tcs.is_slow,
                is_busy=self._tcs.is_busy,
            )
        ]

    async def take(self, work: Work, messages: Sequence[Message]) -> None:
        """Have the positions reconciled again that changes concern; a record that can't be read is parked."""
        newest, records = await self._newest(work, messages)
        known = await work.get(CHANGED_THINGS, newest)
        people = {key: _people(change, known.get(key)) for key, change in newest.items()}
        placed = await self._tcs.placements_of_people(set().union(*people.values()))
        for key, change in newest.items():
            before = known.get(key)
            posts = {change.post_id, before.post_id if before else None}
            posts |= {
                placement.post_id
                for person in people[key]
                for placement in placed.get(person, ())
                if change.table is not Table.PLACEMENT or not _is_over(placement, work.today)
            }
            thing = ChangedThing(key=key, at=change.at, post_id=change.post_id, person_id=change.person_id)
            with work.part(key, records[key]):
                work.put(CHANGED_THINGS, thing)
                _tell(work, change, sorted(post for post in posts if post is not None), records[key])

    async def _newest(
        self, work: Work, messages: Sequence[Message]
    ) -> tuple[dict[str, TisChange], Mapping[str, Message]]:
        """Return the newest change of each thing that is newer than what is known, with its message."""
        changes: list[tuple[TisChange, Message]] = []
        for message in messages:
            try:
                change = read_change(msgspec.json.decode(message.body))
            except BadChangeError as bad:
                work.park(message, f"not a change of TIS: {bad.reason}", ParkingCause.TIS_CHANGE_INVALID)
                continue
            if change is not None and is_ahead(change, work.today):
                work.park(message, _AHEAD, ParkingCause.TIS_CHANGE_AHEAD)
            elif change is not None:
                changes.append((change, message))
        known = await work.get(CHANGED_THINGS, {change.key for change, _ in changes})
        newest: dict[str, TisChange] = {}
        records: dict[str, Message] = {}
        for change, message in sorted(changes, key=lambda pair: pair[0].at):
            before = known.get(change.key)
            if is_superseded(change.at, before.at if before else None):
                continue
            newest[change.key], records[change.key] = change, message
        return newest, records


def _people(change: TisChange, before: ChangedThing | None) -> set[int]:
    """Return the people whose posts a change concerns: notifications of a post name the VPD of its trainees' other posts."""
    people = {change.person_id, before.person_id if before else None}
    return {person for person in people if person is not None}


def _is_over(placement: Placement, today: date) -> bool:
    return placement.date_to is not None and placement.date_to < today


def announce_changes(work: Work, records: Iterable[Any]) -> None:
    """Send change records, a message each; the same record again is the same message."""
    for record in records:
        body = msgspec.json.encode(record, order="deterministic")
        cause = Message(
            id=derived_id("tis", body.decode()),
            queue="",
            correlation_id=_about(record),
            source_file="",
            deanery="",
            row=0,
            body=b"",
        )
        work.emit("tis.change", record, cause=cause, begins=("announce change", {}))


def _about(record: Any) -> str:
    """Return the thing that a record names, as ``tis:Placement:17``; ``tis`` where it can't be read."""
    try:
        change = read_change(record)
    except BadChangeError:
        return "tis"
    return f"tis:{change.key}" if change else "tis"


def _tell(work: Work, change: TisChange, posts: list[int], message: Message) -> None:
    """Send where the change is to be looked at; a placement's former post is known to the AppGenerator."""
    numbers = [change.number] if change.number else []
    if posts or numbers:
        work.emit("post.changed", PostChanged(post_ids=posts, numbers=numbers), cause=message)
    if change.table is Table.PLACEMENT:
        work.emit("placement.changed", PlacementChanged(placement_id=change.id), cause=message)
