"""Does one step of a recovery. Each may be interrupted anywhere and done again, with the same outcome."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.backups.sent_since import is_due, take_over
from tis_esr.operations.composition import process_name, window
from tis_esr.operations.manual_export import full_file, request_full_file
from tis_esr.operations.outage import Outage
from tis_esr.operations.reconciling import compare, request
from tis_esr.operations.recovery.reports import Place, exports_in_words
from tis_esr.operations.recovery.stored import RECOVERIES, RecoveryDone, RecoveryStep, StoredRecovery
from tis_esr.operations.redriving import drive_again
from tis_esr.operations.region.by_services import ParkedCommandError
from tis_esr.operations.status_check.comparing import Comparer
from tis_esr.operations.status_check.repairs import CHANGED_QUEUE, EXPORTED_QUEUE, parked_repairs
from tis_esr.operations.status_check.report import report
from tis_esr.operations.waiting_for_services import MESSAGES, POSITIONS, until_done
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.commands import (
    APPLICANT_COMMAND,
    NOTIFICATION_COMMAND,
    ask,
    correlation_of,
)
from tis_esr.services.data_exporter.export_commands import EXPORTS
from tis_esr.services.data_exporter.region_starts import sendable
from tis_esr.services.day import compared_export
from tis_esr.services.flow import INBOUND, TELLING
from tis_esr.tcs.client import Tcs

_NAMED = 5
_AFTER_TAKING_OVER = (
    "esr.queue.apc.split",
    "esr.queue.dcc.split",
    EXPORTED_QUEUE,
    "esr.queue.apprecord.exported.notificationgenerator",
    "esr.queue.notification.due",
    "esr.queue.notification.generated",
)
CALLING_TCS = frozenset(
    {RecoveryStep.RECONCILE, RecoveryStep.SENT_SINCE, RecoveryStep.STATUSES, RecoveryStep.EXPORTS}
)
"""The steps that need TCS where this process does the work; with running services only the comparison of statuses does."""


def _some(names: Sequence[str]) -> str:
    """Return the first few names."""
    return ", ".join(names[:_NAMED]) + (" and more" if len(names) > _NAMED else "")


@dataclass(frozen=True)
class _Did:
    """What a step did, and what it ``left`` to a person, "" if nothing."""

    text: str
    left: str = ""


@dataclass(frozen=True)
class Recovery:
    """The steps of one recovery, as of ``today``; ``tcs`` is there for the steps that need it."""

    place: Place
    runner: Runner
    tcs: Tcs | None
    person: Person
    outage: Outage
    stored: StoredRecovery
    today: date
    open_reader: Callable[[], Reader]

    async def do(self, step: RecoveryStep) -> str:
        """Do a step, store and audit that it is done, and return what it did.

        Raises NobodyWorksError, ParkedCommandError, PatienceExhaustedError, StatusBusyError, OSError.
        """
        doing: dict[RecoveryStep, Callable[[], Awaitable[_Did]]] = {
            RecoveryStep.DOCTOR: self._doctor,
            RecoveryStep.REDRIVE: self._redrive,
            RecoveryStep.RECONCILE: self._reconcile,
            RecoveryStep.SENT_SINCE: self._sent_since,
            RecoveryStep.STATUSES: self._statuses,
            RecoveryStep.EXPORTS: self._exports,
            RecoveryStep.FULL_FILES: self._full_files,
        }
        async with audited(self.runner, self.person, f"recover.{step.lower()}", [self.stored.key]) as act:
            did = await doing[step]()
            act.result = f"{did.text}{did.left}"
            await self.runner.patiently("recovery", partial(self._done, step, did))
        return act.result

    async def _done(self, step: RecoveryStep, did: _Did) -> None:
        work = self.runner.work()
        known = (await work.get(RECOVERIES, [self.stored.key])).get(self.stored.key) or self.stored
        text, needs_somebody = f"{did.text}{did.left}", bool(did.left)
        done = {
            **known.done,
            step: RecoveryDone(at=work.time(), text=text, needs_somebody=needs_somebody),
        }
        work.put(RECOVERIES, msgspec.structs.replace(known, done=done, full=self.stored.full))
        await work.commit()

    async def _doctor(self) -> _Did:
        return _Did("checked the installation: every check is OK")

    async def _redrive(self) -> _Did:
        with closing(self.open_reader()) as reader:
            done = await drive_again(
                self.runner,
                reader,
                self.place.inbound,
                self.person,
                why=f"recovery {self.stored.key}",
                by_services=self.place.has_services,
                acknowledges=self.place.settings.send_rtc,
            )
        left = (
            f"; {counted(done.unreadable, 'unreadable row is', 'unreadable rows are')} left"
            if done.unreadable
            else ""
        )
        if done.absent:
            left += f"; {counted(len(done.absent), 'unfinished file is', 'unfinished files are')} not in the store: {_some(done.absent)}"
        did = f"drove again {counted(len(done.files), 'file')}, requeued {counted(done.requeued, 'message')}"
        return _Did(did, left)

    async def _reconcile(self) -> _Did:
        asked = await request(self.runner, self.open_reader, self.today, DEANERIES)
        if self.place.has_services:
            await until_done(asked.left, lambda _: None, POSITIONS)
        else:
            await compare(self.runner)
        done, total = asked.progress()
        left = f"; {total - done:,} could not be compared" if total > done else ""
        if parked := asked.parked():
            left += f"; {counted(parked, 'message was', 'messages were')} parked meanwhile (tis-esr parked)"
        return _Did(f"compared {counted(done, 'position')} with TIS, and applied the daily rules", left)

    async def _sent_since(self) -> _Did:
        if not await is_due(self.runner, self.place.copies):
            return _Did("the store was not restored from a backup: nothing to take over")
        await self._finished(*INBOUND, *TELLING)
        since = self.outage.days[0]
        found = await take_over(self.runner, self.place.inbound, self.place.out, since, self.place.copies)
        if found.files:
            await self._finished(*_AFTER_TAKING_OVER)
        left = ""
        if found.unmatched:
            left += f"; {counted(len(found.unmatched), 'row has', 'rows have')} no record here: {_some(found.unmatched)}"
        if found.gone:
            named = f"{_some(found.gone)} (ask ESR for copies, and run tis-esr recover again with --sent FOLDER and other times)"
            left += (
                f"; ESR has answered {counted(len(found.gone), 'file')} of ours that cannot be found: {named}"
            )
        if found.begun:
            are = counted(
                len(found.begun),
                "file was begun before the backup and is",
                "files were begun before the backup and are",
            )
            left += f"; {are} not in the outbound store: {_some(found.begun)} (if ESR has not had it, run tis-esr export with --as-of its day)"
        did = f"took over {counted(len(found.files), 'file')} that the store did not know, {counted(found.records, 'record')}"
        return _Did(did, left)

    async def _statuses(self) -> _Did:
        assert self.tcs is not None  # noqa: S101 - opened for this step
        holder = process_name(self.place.settings, embedded=self.place.state is not None)
        comparer = Comparer(self.runner, self.tcs, DEANERIES, repairs_by=self.person, holder=holder)
        run = await comparer.run(lambda _: None)
        found, parked = report(run), 0
        if found.repaired:
            await self._finished(CHANGED_QUEUE, EXPORTED_QUEUE)
            with closing(self.open_reader()) as reader:
                parked = parked_repairs(reader, run.begun_at)
        failed = (
            f"; {counted(parked, 'repair was', 'repairs were')} parked (tis-esr parked)" if parked else ""
        )
        failed += f"; {found.unchecked:,} could not be read" if found.unchecked else ""
        did = (
            f"compared {counted(found.placements, 'placement')} and {counted(found.posts, 'post')} with TIS,"
            f" {counted(sum(found.counts.values()), 'difference')}, {found.repaired:,} repaired"
        )
        return _Did(did, failed)

    async def _exports(self) -> _Did:
        for command, kind in ((APPLICANT_COMMAND, "APP"), (NOTIFICATION_COMMAND, "DNC")):
            if missed := self.outage.missed(kind):
                await self._export(command, missed)
        return _Did(exports_in_words(self.outage, self.today, self.stored.day))

    async def _export(self, command: str, deaneries: list[str]) -> None:
        export, day, occasion = EXPORTS[command], self.today, f"recovery {self.stored.key}"
        going = await self.runner.patiently(
            "recovery", lambda: sendable(self.runner.work(), deaneries, export.file_type)
        )
        if self.place.has_services:
            await self.runner.patiently("recovery", partial(self._ask, command, going, occasion))
            await self._exported(command, going)
            return
        async with self.runner.beside(TELLING):
            await compared_export(
                self.runner, self.place.out, export, day, going,
                occasion=occasion, window=window(self.place.settings),
            )  # fmt: skip

    async def _ask(self, command: str, deaneries: list[str], occasion: str) -> None:
        """Request files; the same occasion requests them once, however often it is attempted."""
        work = self.runner.work()
        ask(work, command, self.today, deaneries, occasion)
        await work.commit()

    async def _full_files(self) -> _Did:
        for deanery in self.stored.full:
            await self.runner.patiently("recovery", partial(self._full_file, deanery))
        if self.place.has_services and self.stored.full:
            await self._exported(NOTIFICATION_COMMAND, self.stored.full)
        names = ", ".join(self.stored.full)
        return _Did(f"created the DNF of {names}" if names else "no DNF was asked for")

    async def _full_file(self, deanery: str) -> None:
        if self.place.has_services:
            await request_full_file(self.runner, self.person, self.today, deanery, again=False)
        else:
            await full_file(self.runner.work, self.place.out, self.today, deanery, again=False)

    async def _exported(self, command: str, deaneries: Sequence[str]) -> None:
        """Wait until running services have handled the requests. Raises NobodyWorksError, ParkedCommandError."""
        queue = f"esr.queue.{command}"
        await self._finished(queue)
        asked = {correlation_of(command, self.today, deanery) for deanery in deaneries}
        with closing(self.open_reader()) as reader:
            traces = [one for one in reader.parked() if one.queue == queue and one.correlation_id in asked]
        if traces:
            raise ParkedCommandError(traces[0].reason)

    async def _finished(self, *queues: str) -> None:
        """Handle what is in these queues, or wait until running services have. Raises NobodyWorksError."""
        if not self.place.has_services:
            await self.runner.drain(queues)
            return

        def left() -> int:
            with closing(self.open_reader()) as reader:
                waiting = reader.waiting()
            return sum(waiting.get(queue, 0) for queue in queues)

        await until_done(left, lambda _: None, MESSAGES)
