"""Does one step of a region's start. Each may be interrupted anywhere and done again, with the same outcome."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Protocol

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.region.known import (
    applicant_counts,
    files_of,
    list_counts,
    matched,
    notification_counts,
    occasions_of,
    problems_of,
    stored_start,
)
from tis_esr.operations.region.reports import Region, StartWaitsError
from tis_esr.services.data_exporter.region_starts import REGION_STARTS, RegionStart, StartStep
from tis_esr.services.data_exporter.sent_before import mark_sent
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.inbound_data_reader.setting_aside import set_aside


class Workers(Protocol):
    """Who handles messages and writes files: this process, or running services. Each call returns when all is finished."""

    async def take(self, name: str) -> None:
        """Process a file of the inbound store, and all that follows from it."""
        ...

    async def finish(self) -> None:
        """Handle what follows from marked applicants."""
        ...

    async def send_applicants(self, day: date, start: RegionStart) -> None:
        """Create and send the APP file."""
        ...

    async def send_notifications(self, day: date, start: RegionStart) -> None:
        """Create and send the DNF."""
        ...


class Steps:
    """The steps of one region's start."""

    def __init__(self, runner: Runner, person: Person, region: Region, workers: Workers) -> None:
        self._runner, self._person, self._region, self._workers = runner, person, region, workers

    async def do(self, step: StartStep) -> None:
        """Do a step with an entry in the audit, and store that it is done. Raises StartWaitsError, UsageError, OSError, PatienceExhaustedError."""
        doing: dict[StartStep, Callable[[], Awaitable[dict[str, int]]]] = {
            StartStep.WITHHOLD: self._withhold,
            StartStep.OLD_FILES: self._old_files,
            StartStep.FULL_FILE: self._full_file,
            StartStep.SENT_BEFORE: self._sent_before,
            StartStep.APPLICANTS: self._applicants,
            StartStep.NOTIFICATIONS: self._notifications,
        }
        on = [self._region.deanery]
        async with audited(self._runner, self._person, "region.step", on, why=step.value) as act:
            counts = await doing[step]()
            await self._change(lambda start: start.with_done(step, self._runner.engine.time(), **counts))
            act.result = ", ".join(f"{name} {number}" for name, number in counts.items()) or "done"

    async def _change(self, change: Callable[[RegionStart], RegionStart]) -> RegionStart:
        async def stored() -> RegionStart:
            work = self._runner.work()
            before = await stored_start(work, self._region.deanery)
            start = change(before or RegionStart(deanery=self._region.deanery))
            work.put(REGION_STARTS, start)
            await work.commit()
            return start

        return await self._runner.patiently("region start", stored)

    async def _withhold(self) -> dict[str, int]:
        return {}

    async def _old_files(self) -> dict[str, int]:
        files = await files_of(self._runner.work(), self._region)
        if files.rmf is None:
            raise StartWaitsError(self._region.deanery, "its RMF has not arrived")
        rmf, aside = files.rmf, set(files.waiting)
        reason = f"it is older than {rmf}, with which {self._region.deanery} was started"
        await self._runner.patiently(
            "region start", partial(set_aside, self._runner.work, files.waiting, reason)
        )
        await self._change(lambda start: msgspec.structs.replace(start, rmf=rmf))
        return {"set_aside": len(aside | files.set_aside), "already_processed": files.begun}

    async def _full_file(self) -> dict[str, int]:
        start = await self._started()
        await self._workers.take(start.rmf)
        file = (await self._runner.work().get(FILES, [start.rmf])).get(start.rmf)
        if reason := _unfinished(file):
            raise StartWaitsError(self._region.deanery, f"{start.rmf} {reason}")
        states = await self._runner.work().row_states(start.rmf)
        return {
            "rows": sum(states.values()),
            **{state.value: number for state in RowState if (number := states.get(state))},
        }

    async def _sent_before(self) -> dict[str, int]:
        region = self._region
        found = await matched(self._runner.work(), region)
        problems = problems_of(region, found)
        if problems and not region.skip_unknown:
            raise UsageError(
                "--sent",
                f"{counted(len(problems), 'line')} can't be used; correct them, or give --skip-unknown: nothing was marked",
            )
        await self._runner.patiently("region start", partial(mark_sent, self._runner.work, found.keys))
        await self._workers.finish()
        return list_counts(region, found)

    async def _applicants(self) -> dict[str, int]:
        day, start = await self._day_of(StartStep.APPLICANTS)
        await self._workers.send_applicants(day, start)
        occasions = occasions_of(StartStep.APPLICANTS, day, start)
        return await applicant_counts(self._runner.work(), self._region, day, *occasions)

    async def _notifications(self) -> dict[str, int]:
        day, start = await self._day_of(StartStep.NOTIFICATIONS)
        await self._workers.send_notifications(day, start)
        occasions = occasions_of(StartStep.NOTIFICATIONS, day, start)
        return await notification_counts(self._runner.work(), self._region, day, *occasions)

    async def _day_of(self, step: StartStep) -> tuple[date, RegionStart]:
        """Return the day of a step's file, stored when the step first begins."""
        days = {step: self._region.day}
        start = await self._change(
            lambda start: msgspec.structs.replace(start, file_days={**days, **start.file_days})
        )
        return start.file_days[step], start

    async def _started(self) -> RegionStart:
        start = await stored_start(self._runner.work(), self._region.deanery)
        if start is None:
            raise StartWaitsError(self._region.deanery, "its start has not begun")
        return start


def _unfinished(file: InboundFile | None) -> str:
    """Return why the start can't go on with an RMF; "" if all its rows were handed on."""
    if file is None:
        return "has not been processed yet"
    if file.state is not FileState.SPLIT:
        return f"is {file.state.value}: {file.reason}"
    if file.incomplete and file.open_findings:
        return (
            f"is incomplete: {file.incomplete}. Ask ESR for the whole file under the same name, or settle the"
            f" finding (tis-esr files {file.name} --settle TEXT)"
        )
    return ""
