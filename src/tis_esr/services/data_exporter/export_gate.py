"""The gate of exports: a deanery's export waits while its inbound is unfinished or TCS is unavailable, but not forever.

What it waits for is read from what DataExporter sees anyway: messages of the deanery's inbound files that are not
handled, its own records that have to be compared with TIS, and this process's client of TCS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from tis_esr.counted import counted
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.handlers import never
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import GenerateFile
from tis_esr.services.data_exporter.export_run import ExportRun
from tis_esr.services.data_exporter.outbound import Outbound

_log = structlog.get_logger()

LONGEST_WAIT = 1800.0
"""The longest time in seconds that an export waits after it was requested: half of the hour between APP and DNC."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0


@dataclass(frozen=True)
class Gate:
    """What exports wait for, and for how long at most, in seconds.

    ``inbound`` are the queues whose messages lead to records, ``is_tcs_refusing`` says whether TCS is unavailable.
    """

    inbound: Sequence[str] = ()
    is_tcs_refusing: Callable[[], bool] = never
    longest_wait: float = LONGEST_WAIT


@dataclass
class _Wait:
    """A command that waits: when this process first received it, and the records whose comparison it has requested."""

    seen: float
    compared: set[tuple[int, float]] = field(default_factory=set)
    is_logged: bool = False


class Waits:
    """The commands of one process that wait at the gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._waits: dict[str, _Wait] = {}

    async def passed(self, run: ExportRun | None, work: Work, command: GenerateFile, message: Message) -> str:
        """Return what the export lacks because it has waited long enough; "" if it lacks nothing.

        ``run`` is the export whose records have to be compared with TIS, None where there are none. Staleness is judged
        by the moment at which this process first received the command: nothing becomes stale by waiting. Raises
        TransientError while there is anything to wait for: records whose comparison was requested, but led to nothing
        and is no longer in progress, are not waited for.
        """
        now = work.time()
        wait = self._waits.setdefault(message.id, _Wait(seen=now))
        requested = frozenset(wait.compared)
        inbound = await unhandled(work, command.deanery, self._gate.inbound)
        stale = await self._being_compared(run, work, command, wait)
        trouble = "TCS unavailable" if self._gate.is_tcs_refusing() else ""
        uncompared = f"{counted(len(stale), 'record')} not compared with TIS" if stale else ""
        lacks = "; ".join(filter(None, (inbound, uncompared, trouble)))
        may_change = bool(inbound or trouble) or not requested.issuperset(map(_as_built, stale))
        waited = now - (command.asked_at or wait.seen)
        if lacks and may_change and waited < self._gate.longest_wait:
            if not wait.is_logged:
                _log.info("export_waits", queue=message.queue, deanery=command.deanery, reason=lacks)
            wait.is_logged = True
            pause = min(max(waited / 4, _SHORTEST_PAUSE), _LONGEST_PAUSE, self._gate.longest_wait - waited)
            raise TransientError(
                f"the export of {command.deanery} waits: {lacks}", retry_after=pause, expected=True
            )
        if lacks:
            _log.warning("export_incomplete", queue=message.queue, deanery=command.deanery, reason=lacks)
        return lacks

    def over(self, message: Message) -> None:
        """Forget a command that was handled."""
        self._waits.pop(message.id, None)

    async def _being_compared(
        self, run: ExportRun | None, work: Work, command: GenerateFile, wait: _Wait
    ) -> list[Outbound]:
        """Have the stale candidates compared with TIS, each once as it was built; return them."""
        if run is None:
            return []
        day: date = command.day or work.today
        stale = await run.stale(day, [command.deanery], at=wait.seen, only=command.only)
        await run.ask_to_compare([record for record in stale if _as_built(record) not in wait.compared])
        wait.compared.update(map(_as_built, stale))
        return stale


async def unhandled(work: Work, deanery: str, inbound: Sequence[str]) -> str:
    """Return how many messages of a deanery's inbound files are not handled, as text; "" if there are none."""
    number = sum((await work.unfinished(f"DE_{deanery}_", inbound)).values())
    return f"{counted(number, 'message')} of its inbound files not handled" if number else ""


def _as_built(record: Outbound) -> tuple[int, float]:
    return record.position_id, record.built_at
