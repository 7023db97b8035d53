"""What sources of findings look with, and what a source is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime

from tis_esr.engine.protocol import Engine
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import TisEsrError
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.judge_process import ProcessFacts
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.composition import reader_of
from tis_esr.settings import Settings


class NotKnownError(TisEsrError):
    """What a source reads is not there, which is no fault: it is not configured, or not finished.

    Its kinds are listed as not judged, and nobody is alarmed about that.
    """


@dataclass(frozen=True)
class Sight:
    """What an evaluation looks with: the settings, the engine, units of work, this process's own facts, and the moment.

    ``services`` are the queues of each service, ``own_services`` those that this process runs.
    """

    settings: Settings
    engine: Engine
    begin: Callable[[], Work]
    process: ProcessFacts
    services: Mapping[str, Sequence[str]]
    own_services: Sequence[str]
    now: datetime
    today: date

    async def read(self, look: Callable[[Reader], list[Finding]]) -> list[Finding]:
        """Read for a judgement in a thread of its own, so that nothing waits for it."""

        def looked() -> list[Finding]:
            with closing(reader_of(self.settings)) as reader:
                return look(reader)

        return await asyncio.to_thread(looked)


@dataclass(frozen=True)
class Source:
    """Judges ``kinds``, every ``seconds``, by default with each evaluation."""

    kinds: tuple[Kind, ...]
    look: Callable[[Sight], Awaitable[list[Finding]]]
    seconds: float = 0.0

    @property
    def per_process(self) -> bool:
        """Return whether each process judges these kinds about itself."""
        return self.kinds[0].per_process
