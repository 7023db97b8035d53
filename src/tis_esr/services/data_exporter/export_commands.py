"""Exports on command: one message per deanery, sent by the schedule or manually.

Reads ``appfilegenerationcommand`` and ``notificationfilegenerationcommand``. One process at a time reads each of the
queues, so a deanery and type has one run at a time; should there be two anyway, document versions let only one of them
allocate a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError, TransientError
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.files.file_store import ContentMismatchError, FileStore
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.bodies import GenerateFile
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, Export, ExportRun
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.outbound import Outbound, OutboundFile
from tis_esr.services.data_exporter.region_starts import sendable

_log = structlog.get_logger()

LONGEST_COMPARISON = 900.0
"""The longest time in seconds that an export waits, after it was requested, until its records are compared with TIS again."""

EXPORTS = {APPLICANT_COMMAND: APPLICANT_EXPORT, NOTIFICATION_COMMAND: NOTIFICATION_EXPORT}


@dataclass
class _Wait:
    """A command whose records are being compared with TIS: when this process first received it, and the records requested."""

    seen: float
    compared: set[tuple[int, float]] = field(default_factory=set)


class ExportCommands:
    """Runs exports on command. ``out`` is the outbound store."""

    def __init__(self, out: FileStore, window: ApplicantWindow | None = None) -> None:
        self._out = out
        self._window = window
        self._waits: dict[str, _Wait] = {}

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler(
                f"esr.queue.{APPLICANT_COMMAND}",
                APPLICANT_COMMAND,
                self.applicants,
                batch=1,
                single_active=True,
            ),
            Handler(
                f"esr.queue.{NOTIFICATION_COMMAND}",
                NOTIFICATION_COMMAND,
                self.notifications,
                batch=1,
                single_active=True,
            ),
        ]

    async def applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Create and send a deanery's APP file of the day, or continue an interrupted run."""
        await self._run(work, messages, APPLICANT_EXPORT)

    async def notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Create and send a deanery's DNC file of the day, or continue an interrupted run."""
        await self._run(work, messages, NOTIFICATION_EXPORT)

    async def _run(self, work: Work, messages: Sequence[Message], export: Export) -> None:
        for message in messages:
            command = message.decode(GenerateFile)
            if command.deanery not in DEANERIES:
                raise PermanentError(f"deanery {command.deanery!r} must be one of {', '.join(DEANERIES)}")
            kind = FULL_EXPORT if command.full else export
            if not command.region_start and not await sendable(work, [command.deanery], kind.file_type):
                continue
            try:
                files = await self._files(work, command, message, export)
            except ContentMismatchError as error:
                raise PermanentError(str(error)) from error
            except OSError as error:
                raise TransientError(str(error)) from error
            if not files:
                _log.info("nothing_to_export", deanery=command.deanery, type=export.file_type)
            for file in files:
                event = "file_exported" if file.rows else "nothing_to_export"
                _log.info(event, file=file.name, rows=file.rows, state=file.state.value)

    async def _files(
        self, work: Work, command: GenerateFile, message: Message, export: Export
    ) -> list[OutboundFile]:
        day = command.day or work.today
        if command.full and export is NOTIFICATION_EXPORT:
            full = FullExport(work.another, self._out, FULL_EXPORT)
            file = await full.full(day, command.deanery, occasion=message.id, again=command.again)
            return [file] if file is not None else []
        run = ExportRun(work.another, self._out, export, window=self._window)
        await self._compared(run, work, command, message)
        return await run.run(day, [command.deanery], occasion=message.id, only=command.only)

    async def _compared(self, run: ExportRun, work: Work, command: GenerateFile, message: Message) -> None:
        """Wait until the candidates have been compared with TIS; those not compared in time stay for the next file.

        Staleness is judged by the moment at which this process first received the command: nothing becomes stale by
        waiting. Raises TransientError while there is anything to wait for.
        """
        day = command.day or work.today
        wait = self._waits.setdefault(message.id, _Wait(seen=work.time()))
        stale = await run.stale(day, [command.deanery], at=wait.seen, only=command.only)
        await run.ask_to_compare([record for record in stale if _as_built(record) not in wait.compared])
        wait.compared.update(map(_as_built, stale))
        if stale and work.time() - (command.asked_at or wait.seen) < LONGEST_COMPARISON:
            raise TransientError(
                f"{len(stale)} records of {command.deanery} are being compared with TIS first"
            )
        if stale:
            _log.warning("records_left_for_next_file", deanery=command.deanery, records=len(stale))
        del self._waits[message.id]


def _as_built(record: Outbound) -> tuple[int, float]:
    return record.position_id, record.built_at
