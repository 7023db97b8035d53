"""InboundDataWriter: the only service that writes to TCS.

Reads ``asg.split`` (what ESR knows of a person, to TIS), ``position.changed`` (``esr-changed``) and
``apprecord.exported`` (``esr-exported``). TCS takes no part in a transaction, so each write is one that
may be repeated: details are compared first, and an append that may have arrived is looked for.
"""

from collections.abc import Sequence

from tis_esr.engine.messages import Message
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.services.concurrently import each
from tis_esr.services.messages import ApplicantExported, PositionChanged
from tis_esr.services.person_updates import update_people
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import DELETED, RECONCILED


class InboundDataWriter:
    """See the module."""

    def __init__(self, tcs: Tcs) -> None:
        self._tcs = tcs

    def handlers(self) -> list[Handler]:
        """Return what it reads, and how."""
        return [
            Handler("esr.queue.asg.split", "asg.split", self.update_people, batch=200),
            Handler("esr.queue.position.changed", "position.changed", self.tell_changed, batch=200),
            Handler(
                "esr.queue.apprecord.exported.inbounddatawriter",
                "apprecord.exported",
                self.tell_exported,
                batch=200,
            ),
        ]

    async def update_people(self, work: Work, messages: Sequence[Message]) -> None:
        """Bring what ESR knows of people to TIS; see ``person_updates``."""
        await update_people(self._tcs, work, messages)

    async def tell_changed(self, work: Work, messages: Sequence[Message]) -> None:
        """Append the events of one position in their order, those of different positions side by side."""
        by_position: dict[int, list[tuple[Message, PositionChanged]]] = {}
        for message in messages:
            body = message.decode(PositionChanged)
            by_position.setdefault(body.position_id, []).append((message, body))

        async def tell(position_id: int) -> None:
            for message, event in by_position[position_id]:
                await self._tell_changed(work, message, event)

        await each(by_position, tell)

    async def _tell_changed(self, work: Work, message: Message, event: PositionChanged) -> None:
        check = message.attempts > 1 or event.status == DELETED
        if check and await self._changed_already(event):
            return
        sent = {
            "eventDateTime": event.event_date_time,
            "filename": event.filename,
            "positionNumber": event.position_number,
            "positionId": event.position_id,
            "status": event.status,
        }
        if not await self._tcs.post_esr_changed(event.post_id, sent):
            work.park(
                message, f"post {event.post_id} is no longer in TIS, so it can't be told {event.status}"
            )

    async def _changed_already(self, event: PositionChanged) -> bool:
        """Look whether TCS's latest event of the position says so: RECONCILED ones are listed on their post.

        A DELETED can't be seen once it is there, so it is sent only where the position is listed.
        """
        post = await self._tcs.post(event.post_id)
        listed = post.current_reconciled_events or [] if post else []
        here = any(
            e.position_id == event.position_id and e.position_number == event.position_number for e in listed
        )
        return here if event.status == RECONCILED else not here

    async def tell_exported(self, work: Work, messages: Sequence[Message]) -> None:
        """Append that a placement went to ESR, once for each file that it went in."""
        bodies = {message.id: (message, message.decode(ApplicantExported)) for message in messages}

        async def tell(key: str) -> None:
            await self._tell_exported(work, *bodies[key])

        await each(bodies, tell)

    async def _tell_exported(self, work: Work, message: Message, event: ApplicantExported) -> None:
        if message.attempts > 1 and await self._exported_already(event):
            return
        sent = {
            "exportedAt": event.exported_at,
            "filename": event.filename,
            "placementId": event.placement_id,
            "positionNumber": event.position_number,
            "positionId": event.position_id,
            "status": "EXPORTED",
        }
        if not await self._tcs.post_esr_exported(event.placement_id, sent):
            work.park(
                message,
                f"placement {event.placement_id} went to ESR in {event.filename} but is no longer in TIS",
            )

    async def _exported_already(self, event: ApplicantExported) -> bool:
        placement = await self._tcs.placement(event.placement_id)
        events = placement.esr_events or [] if placement else []
        return any(e.filename == event.filename and e.position_id == event.position_id for e in events)
