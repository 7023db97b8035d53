"""Exports on command: one message per deanery, sent by the schedule or manually.

Reads ``appfilegenerationcommand`` and ``notificationfilegenerationcommand``. One process at a time reads each of the
queues, so a deanery and type has one run at a time; should there be two anyway, document versions let only one of them
allocate a row.
"""

from collections.abc import Sequence

import structlog

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError, TransientError
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.files.file_store import ContentMismatchError, FileStore
from tis_esr.parking_causes import ParkingCause
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.bodies import GenerateFile
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.deadline_guard import warn_of_deadlines
from tis_esr.services.data_exporter.export_gate import Gate, Waits
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, Export, ExportRun
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.outbound import OutboundFile
from tis_esr.services.data_exporter.region_starts import sendable
from tis_esr.services.restored import is_unsettled

_log = structlog.get_logger()

EXPORTS = {APPLICANT_COMMAND: APPLICANT_EXPORT, NOTIFICATION_COMMAND: NOTIFICATION_EXPORT}


class ExportCommands:
    """Runs exports on command. ``out`` is the outbound store, ``gate`` is what they wait for."""

    def __init__(
        self, out: FileStore, window: ApplicantWindow | None = None, gate: Gate | None = None
    ) -> None:
        self._out = out
        self._window = window or ApplicantWindow()
        self._waits = Waits(gate or Gate())

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
                reason = f"deanery {command.deanery!r} must be one of {', '.join(DEANERIES)}"
                raise PermanentError(reason, ParkingCause.COMMAND_INVALID)
            kind = FULL_EXPORT if command.full else export
            if not await _may_send(work, command, kind.file_type):
                continue
            try:
                files = await self._files(work, command, message, export)
            except ContentMismatchError as error:
                raise PermanentError(str(error), ParkingCause.FILE_CONTENT_DIFFERS) from error
            except OSError as error:
                raise TransientError(str(error)) from error
            except TransientError as fault:
                if not fault.expected:
                    raise
                work.fail(message, fault)  # each waits by itself: the queue goes on with other deaneries
                continue
            self._waits.over(message)
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
            lacks = await self._waits.passed(None, work, command, message)
            full = FullExport(work.another, self._out, FULL_EXPORT, lacks=lacks)
            file = await full.full(day, command.deanery, occasion=message.id, again=command.again)
            return [file] if file is not None else []
        run = ExportRun(work.another, self._out, export, window=self._window)
        run.lacks = await self._waits.passed(run, work, command, message)
        files = await run.run(day, [command.deanery], occasion=message.id, only=command.only)
        if export is APPLICANT_EXPORT:
            await warn_of_deadlines(work.another(), command.deanery, day, self._window)
        return files


async def _may_send(work: Work, command: GenerateFile, file_type: str) -> bool:
    """Return whether exports of its deanery go; the start of a region is withheld only after a restore."""
    if command.region_start:
        return not await is_unsettled(work)
    return bool(await sendable(work, [command.deanery], file_type))
