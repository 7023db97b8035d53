"""The nightly comparison of statuses with TIS: once by any process that runs the InboundDataWriter, with repairs."""

import asyncio
from datetime import UTC, datetime

import structlog

from tis_esr.engine.pauses import PatienceExhaustedError
from tis_esr.engine.supervision import Beat
from tis_esr.operations.composition import System
from tis_esr.operations.status_check.comparing import NIGHTLY, Comparer, StatusBusyError
from tis_esr.operations.status_check.report import report
from tis_esr.operations.status_check.stored_run import StatusRun, stored_run
from tis_esr.process.polling import every
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.cron import next_after
from tis_esr.web.metrics import Metrics

_log = structlog.get_logger()
_POLL_SECONDS = 60.0


def nightly_statuses(cron: str, system: System, metrics: Metrics, stop: asyncio.Event) -> asyncio.Task[None]:
    """Start the task that compares when ``cron`` is due, and goes on with what another process left unfinished."""
    started = system.runner.engine.time()
    comparer = Comparer(system.runner, system.tcs, DEANERIES, repairs_by=NIGHTLY, holder=system.process)

    async def look(beat: Beat) -> None:
        work = system.runner.work()
        if not is_due(await stored_run(work), cron, started, work.time()):
            return

        def goes_on() -> bool:
            beat()
            return not stop.is_set()

        try:
            run = await comparer.run(lambda _: beat(), goes_on)
        except (StatusBusyError, PatienceExhaustedError) as error:
            _log.warning("statuses_not_compared", reason=str(error))
            return
        found = report(run)
        _log.info("statuses_compared", repaired=found.repaired, unchecked=found.unchecked, **found.counts)

    return every(
        _POLL_SECONDS, look, system.supervisor, metrics, stop, task="statuses", trouble="statuses_not_compared"
    )  # fmt: skip


def is_due(last: StatusRun | None, cron: str, started: float, now: float) -> bool:
    """Return whether a comparison is to begin, or to go on, at a moment of the engine's clock.

    Where none was ever made, the first is due when the schedule fires after the process was ``started``.
    """
    if last is not None and not last.is_finished:
        return last.until <= now
    since = datetime.fromtimestamp(last.begun_at if last is not None else started, UTC)
    return next_after(cron, since).timestamp() <= now
