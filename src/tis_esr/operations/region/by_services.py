"""A region's start on the production engine: running services do the work, and this waits until it is finished."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.region.reports import Region
from tis_esr.operations.waiting_for_services import MESSAGES, until_done
from tis_esr.services.contracts.commands import (
    APPLICANT_COMMAND,
    NOTIFICATION_COMMAND,
    ask,
    command_id,
    correlation_of,
)
from tis_esr.services.data_exporter.region_starts import RegionStart
from tis_esr.services.flow import STAGES
from tis_esr.services.inbound_data_reader.arrivals import announce
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY

_QUEUES = {queue for stage in STAGES for queue in stage} | {"esr.queue.file.arrived"}
_AFTER_MARKING = {"esr.queue.apprecord.exported.notificationgenerator"} | _QUEUES


class ParkedCommandError(TisEsrError):
    """The command of a step is parked; ``reason`` says why."""

    exit_code = Exit.DONE_WITH_PARKED

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the export was parked: {reason}. Requeue it (tis-esr parked retry), then run the same"
            " command again"
        )
        self.reason = reason


@dataclass(frozen=True)
class ByServices:
    """See Workers. ``show`` is called with how many messages are left."""

    runner: Runner
    region: Region
    open_reader: Callable[[], Reader]
    show: Callable[[int], None] = lambda _: None

    async def take(self, name: str) -> None:
        """Announce the file, and wait until it is split and its messages are handled."""
        work = self.runner.work()
        if (await work.get(FILES, [name])).get(name) is None:
            announce(work, [(name, f"region start {self.region.deanery}")])
            await work.commit()
        await self._until_quiet(lambda reader: self._left_of_file(reader, name))

    async def finish(self) -> None:
        """Wait until the messages that follow are handled."""
        await self._until_quiet(lambda reader: _left(reader, _AFTER_MARKING))

    async def send_applicants(self, day: date, start: RegionStart) -> None:
        """Request the APP file, and wait until it is sent."""
        await self._requested(APPLICANT_COMMAND, day, start)

    async def send_notifications(self, day: date, start: RegionStart) -> None:
        """Request the DNF, and wait until it is sent."""
        await self._requested(NOTIFICATION_COMMAND, day, start, full=True)

    async def _requested(self, command: str, day: date, start: RegionStart, **more: bool) -> None:
        work = self.runner.work()
        ask(work, command, day, [start.deanery], start.occasion, region_start=True, **more)
        await work.commit()
        id_ = command_id(command, day, start.occasion, start.deanery)
        correlation_id = correlation_of(command, day, start.deanery)

        def left(reader: Reader) -> int:
            known = [trace for trace in reader.messages_of([correlation_id]) if trace.id == id_]
            for trace in known:
                if trace.state == "parked":
                    raise ParkedCommandError(trace.reason)
            is_done = any(trace.state == "done" for trace in known)
            return 0 if is_done else 1 + _left(reader, _QUEUES)

        await self._until_quiet(left)

    def _left_of_file(self, reader: Reader, name: str) -> int:
        file = next(iter(reader.get(FILES, [name])), None)
        if file is None:
            return 1
        return _left(reader, _QUEUES) + (file.state in UNDER_WAY)

    async def _until_quiet(self, left: Callable[[Reader], int]) -> None:
        """Wait until nothing is left. Raises NobodyWorksError."""
        await until_done(partial(self._asked, left), self.show, MESSAGES)

    def _asked(self, left: Callable[[Reader], int]) -> int:
        with closing(self.open_reader()) as reader:
            return left(reader)


def _left(reader: Reader, queues: set[str]) -> int:
    waiting = reader.waiting()
    return sum(number for queue, number in waiting.items() if queue in queues)
