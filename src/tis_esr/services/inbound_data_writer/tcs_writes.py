"""InboundDataWriter: the only service that writes to TCS.

Reads ``asg.split`` (what ESR knows of a person, to TIS), ``position.changed`` (``esr-changed``) and
``apprecord.exported`` (``esr-exported``). TCS does not take part in transactions, so each thing is moved from what TCS
is known to have to what it should have, one attempt at a time; see ``attempts``.
"""

from collections import Counter
from collections.abc import Sequence

from tis_esr.engine.envelope import Message
from tis_esr.engine.handlers import Handler, Run
from tis_esr.engine.work import Work
from tis_esr.services.inbound_data_writer.attempts import Attempts
from tis_esr.services.inbound_data_writer.person_updates import update_people
from tis_esr.services.inbound_data_writer.tis_exports import notify_exported
from tis_esr.services.inbound_data_writer.tis_positions import notify_changed
from tis_esr.tcs.client import Tcs


class InboundDataWriter:
    """Writes to TCS what ESR's rows and our exports change.

    ``refused`` counts the values that were not sent to TIS, by column and reason.
    """

    def __init__(self, tcs: Tcs, refused: Counter[tuple[str, str]]) -> None:
        self._tcs = tcs
        self._refused = refused
        self._attempts = Attempts(tcs)

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            self._calling("asg.split", "asg.split", self.update_people),
            self._calling("position.changed", "position.changed", self.notify_changed),
            self._calling("apprecord.exported.inbounddatawriter", "apprecord.exported", self.notify_exported),
        ]

    def _calling(self, queue: str, key: str, run: Run) -> Handler:
        return Handler(
            f"esr.queue.{queue}",
            key,
            run,
            batch=200,
            at_once=64,
            is_waiting=self._tcs.is_slow,
            is_busy=self._tcs.is_busy,
        )

    async def update_people(self, work: Work, messages: Sequence[Message]) -> None:
        """Update people in TIS from ESR; see ``person_updates``."""
        self._refused.update(await update_people(self._tcs, self._attempts, work, messages))

    async def notify_changed(self, work: Work, messages: Sequence[Message]) -> None:
        """Update TCS with the state of positions; see ``tis_positions``."""
        await notify_changed(self._tcs, self._attempts, work, messages)

    async def notify_exported(self, work: Work, messages: Sequence[Message]) -> None:
        """Notify TCS of the applicants that were sent; see ``tis_exports``."""
        await notify_exported(self._tcs, self._attempts, work, messages)
