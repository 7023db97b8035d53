"""Exports on command: one message per deanery, sent by the schedule or by hand.

Reads ``appfilegenerationcommand`` and ``notificationfilegenerationcommand``. One process at a time reads
each of the queues, so of a deanery and type there is one run at a time; were there two all the same, the
versions of the documents would let only one of them fix a row.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date

import structlog

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.errors import Explained, Transient
from tis_esr.engine.messages import Message, derived_id
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.files.store import FileStore, OtherContent
from tis_esr.records.filenames import DEANERIES
from tis_esr.services.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, Export, ExportRun
from tis_esr.services.messages import GenerateFile

_log = structlog.get_logger()

LONGEST_COMPARISON = 900.0
"""Seconds that an export waits at most until its records have been compared with TIS again."""

APPLICANT_COMMAND = "appfilegenerationcommand"
NOTIFICATION_COMMAND = "notificationfilegenerationcommand"
EXPORTS = {APPLICANT_COMMAND: APPLICANT_EXPORT, NOTIFICATION_COMMAND: NOTIFICATION_EXPORT}


class ExportCommands:
    """See the module. ``out`` is where the files for ESR go."""

    def __init__(self, out: FileStore, window: ApplicantWindow | None = None) -> None:
        self._out = out
        self._window = window
        self._comparing: dict[str, float] = {}

    def handlers(self) -> list[Handler]:
        """Return what it reads, and how."""
        return [
            Handler(
                f"esr.queue.{APPLICANT_COMMAND}", APPLICANT_COMMAND, self.applicants, batch=1, alone=True
            ),
            Handler(
                f"esr.queue.{NOTIFICATION_COMMAND}",
                NOTIFICATION_COMMAND,
                self.notifications,
                batch=1,
                alone=True,
            ),
        ]

    async def applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Make and send a deanery's APP file of the day, or go on where an earlier run stopped."""
        await self._run(work, messages, APPLICANT_EXPORT)

    async def notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Make and send a deanery's DNC file of the day, or go on where an earlier run stopped."""
        await self._run(work, messages, NOTIFICATION_EXPORT)

    async def _run(self, work: Work, messages: Sequence[Message], export: Export) -> None:
        for message in messages:
            command = message.decode(GenerateFile)
            if command.deanery not in DEANERIES:
                raise Explained(f"deanery {command.deanery!r} is none of {', '.join(DEANERIES)}")
            run = ExportRun(work.another, self._out, export, window=self._window)
            day = command.day or work.today
            await self._compared(run, message, day, command.deanery)
            try:
                await run.run(day, [command.deanery])
            except OtherContent as error:
                raise Explained(str(error)) from error
            except OSError as error:
                raise Transient(str(error)) from error

    async def _compared(self, run: ExportRun, message: Message, day: date, deanery: str) -> None:
        """Wait until what may go is as TIS has it; after a while go on with what is known.

        Raises Transient while there is anything to wait for.
        """
        now = asyncio.get_running_loop().time()
        since = self._comparing.setdefault(message.id, now)
        left = await run.ask_to_compare(day, [deanery])
        if left and now - since < LONGEST_COMPARISON:
            raise Transient(f"{left} records of {deanery} are being compared with TIS before they are sent")
        if left:
            _log.warning("sent_without_comparison", deanery=deanery, records=left)
        self._comparing.pop(message.id, None)


def ask(work: Work, command: str, day: date, deaneries: Iterable[str], occasion: str) -> None:
    """Send one command per deanery within a unit of work; the same occasion asks only once."""
    for deanery in deaneries:
        cause = Message(
            id=derived_id("export", command, day, occasion, deanery),
            queue="",
            correlation_id=f"{command}:{day}:{deanery}",
            source_file="",
            deanery=deanery,
            row=0,
            body=b"",
        )
        work.emit(command, GenerateFile(deanery=deanery, day=day), cause=cause)
