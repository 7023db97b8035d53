"""Does a requested step of a guided procedure in this process, and stores how it ended."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from tis_esr.counted import counted
from tis_esr.engine.faults import StateInUseError
from tis_esr.engine.runner import Runner
from tis_esr.errors import Exit, TisEsrError
from tis_esr.files.file_store import FileStore
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.composition import engine_for_operation, reader_of, window
from tis_esr.operations.configured_stores import inbound_store, outbound_store, required_setting
from tis_esr.operations.manual_export import full_file, request_full_file
from tis_esr.operations.outage import Outage
from tis_esr.operations.procedures.checklists import last_run, outage_between, region_checklist
from tis_esr.operations.procedures.step_runs import Procedure, StepRun
from tis_esr.operations.procedures.watching import StepTakenError, kept_alive, store_end
from tis_esr.operations.recovery.opening import opened_recovery
from tis_esr.operations.recovery.reports import Place, stored_recovery
from tis_esr.operations.recovery.stored import RecoveryStep, StoredRecovery
from tis_esr.operations.region.opening import Place as RegionPlace
from tis_esr.operations.region.opening import opened_steps
from tis_esr.operations.region.reports import Region
from tis_esr.services.data_exporter.region_starts import StartStep
from tis_esr.settings import Settings

_log = structlog.get_logger()
_TRIES: Final = 60
_PAUSE_SECONDS: Final = 0.5
_ASKED_BY: Final = "a guided procedure"


@dataclass(frozen=True)
class Where:
    """Where procedures work: the settings, and the state file if they name the embedded engine."""

    settings: Settings

    @property
    def state(self) -> Path | None:
        """Return the state file; None on the production engine."""
        return None if self.settings.engine == "production" else self.settings.state

    def recovery(self) -> Place:
        """Return where a recovery works. Raises BadSettingsError, BadFolderError, StoreUnavailableError."""
        settings = self.settings
        url = required_setting(settings.tcs_url, "tcs_url", _ASKED_BY)
        return Place(settings, self.state, url, inbound_store(settings), outbound_store(settings))

    def region(self, deanery: str, day: date) -> Region:
        """Return a region to be started, without a list of applicants. Raises as ``recovery``."""
        return Region(
            deanery=deanery, day=day, inbound=inbound_store(self.settings), window=window(self.settings)
        )

    def region_place(self) -> RegionPlace:
        """Return where a region's start works. Raises as ``recovery``."""
        settings = self.settings
        url = required_setting(settings.tcs_url, "tcs_url", _ASKED_BY)

        def out() -> FileStore:
            return outbound_store(settings)

        return RegionPlace(settings, self.state, url, out)


async def perform(where: Where, procedure: Procedure, about: str, day: date) -> None:
    """Do the step that was requested last, as of ``day``, and store its result or why it failed. Raises nothing but cancellation.

    It is done by one process; one that fails, or whose process ends, can be requested again.
    """
    run = await asyncio.to_thread(_requested, where, procedure, about)
    if run is None or run.is_taken or run.ended_at:
        return
    try:
        await _patiently(partial(_perform, where, run, day))
    except StepTakenError:
        return
    except TisEsrError as error:
        if error.exit_code is Exit.FAULT:
            await _failed(where, run, _internal(error))
        else:
            await _failed(where, run, str(error))
    except OSError as error:
        await _failed(where, run, f"a file store can't be used: {error.strerror or type(error).__name__}")
    except Exception as error:  # noqa: BLE001 - whatever it is, the person who waits for the step must know
        await _failed(where, run, _internal(error))


def outage_of(about: str) -> tuple[datetime, datetime]:
    """Return the beginning and end of an outage by its key. Raises ValueError."""
    begun, _, ended = about.partition("/")
    return datetime.fromisoformat(begun), datetime.fromisoformat(ended)


def _requested(where: Where, procedure: Procedure, about: str) -> StepRun | None:
    try:
        with closing(reader_of(where.settings, where.state)) as reader:
            return last_run(reader, procedure, about)
    except TisEsrError as error:
        _log.warning("procedure_step_not_begun", error=type(error).__name__)
        return None


async def _perform(where: Where, run: StepRun, day: date) -> None:
    if run.procedure is Procedure.RECOVERY:
        await _recovery(where, run, day)
    elif run.procedure is Procedure.REGION:
        await _region(where, run, day)
    else:
        await _full_file(where, run, day)


async def _recovery(where: Where, run: StepRun, day: date) -> None:
    place, step = where.recovery(), RecoveryStep(run.step)
    found, stored = await asyncio.to_thread(_outage_asked, where, run, day)
    async with opened_recovery(place, run.person, found, stored, day, step) as recovery:
        async with kept_alive(recovery.runner, run):
            text = await recovery.do(step)
        await store_end(recovery.runner, run, result=text)


def _outage_asked(where: Where, run: StepRun, day: date) -> tuple[Outage, StoredRecovery]:
    """Return the outage and its recovery; much is read for it, so not on the event loop that services may share."""
    begun, ended = outage_of(run.about)
    with closing(reader_of(where.settings, where.state)) as reader:
        found = outage_between(reader, where.settings, begun, ended, day)
        return found, stored_recovery(reader, found, day, run.full)


async def _region(where: Where, run: StepRun, day: date) -> None:
    region, step = where.region(run.about, day), StartStep(run.step)
    async with opened_steps(where.region_place(), region, run.person, step, _no_bar) as (runner, steps):
        async with kept_alive(runner, run):
            await steps.do(step)
        await store_end(runner, run, result=await asyncio.to_thread(_done, where, run, step))


def _done(where: Where, run: StepRun, step: StartStep) -> str:
    with closing(reader_of(where.settings, where.state)) as reader:
        steps = region_checklist(reader, run.about).steps
    return next(one.text for one in steps if one.step is step)


async def _full_file(where: Where, run: StepRun, day: date) -> None:
    async with engine_for_operation(where.settings, where.state, day) as runner:
        async with kept_alive(runner, run):
            result = await _created(where, runner, run, day)
        await store_end(runner, run, result=result)


async def _created(where: Where, runner: Runner, run: StepRun, day: date) -> str:
    occasion = f"{run.occasion} {day}" if run.occasion else ""
    if where.state is None:
        request = partial(
            request_full_file, runner, run.person, day, run.about, again=run.again, occasion=occasion
        )
        await runner.patiently("full file", request)
        return f"requested the DNF of {run.about} from the running DataExporter"
    async with audited(runner, run.person, "export.full", [run.about], why=f"DNF of {day}") as act:
        file = await full_file(
            runner.work, outbound_store(where.settings), day, run.about, again=run.again, occasion=occasion
        )
        act.result = (
            f"created no DNF of {run.about}: nothing is new since the last one"
            if file is None
            else f"sent {file.name} with {counted(file.rows, 'row')}"
        )
    return act.result


async def _patiently(step: Callable[[], Awaitable[None]]) -> None:
    """Do a step; while another act of this process or another holds the state file for a moment, wait."""
    for _ in range(_TRIES):
        try:
            return await step()
        except StateInUseError:
            await asyncio.sleep(_PAUSE_SECONDS)
    return await step()


async def _failed(where: Where, run: StepRun, reason: str) -> None:
    _log.warning("procedure_step_failed", procedure=run.procedure, about=run.about, step=run.step)

    async def store() -> None:
        async with engine_for_operation(where.settings, where.state) as runner:
            await store_end(runner, run, error=reason)

    try:
        await _patiently(store)
    except Exception as error:  # noqa: BLE001 - the request goes stale, and is shown as interrupted
        _log.warning("procedure_step_end_not_stored", step=run.step, error=type(error).__name__)


def _internal(error: Exception) -> str:
    """Return what is said of a fault: its type alone, as its text may hold personal data."""
    return f"an internal error ({type(error).__name__}); nothing is lost: the step can be requested again"


def _no_bar(_: int) -> None:
    """Show nothing: the page shows how far it is."""
