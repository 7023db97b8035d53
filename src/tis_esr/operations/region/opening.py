"""Opens what the steps of a region's start need: the engine, and where this process does the work, TCS."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.files.file_store import FileStore
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.composition import engine_for_operation, reader_of, system
from tis_esr.operations.region.by_services import ByServices
from tis_esr.operations.region.here import Here
from tis_esr.operations.region.reports import Region
from tis_esr.operations.region.steps import Steps
from tis_esr.services.data_exporter.region_starts import StartStep
from tis_esr.settings import Settings

_CALLING_TCS = {StartStep.FULL_FILE, StartStep.SENT_BEFORE, StartStep.APPLICANTS}


@dataclass(frozen=True)
class Place:
    """Where a region's start works: the settings, the state file and the TCS of a manual run, the outbound store."""

    settings: Settings
    state: Path | None
    tcs_url: str | None
    out: Callable[[], FileStore]

    @property
    def has_services(self) -> bool:
        """Return whether running services do the work."""
        return self.settings.engine == "production" and self.state is None


@asynccontextmanager
async def opened_steps(
    place: Place, region: Region, person: Person, step: StartStep, show: Callable[[int], None]
) -> AsyncIterator[tuple[Runner, Steps]]:
    """Yield an open engine and the steps on it; ``show`` is called with how many messages running services have left.

    Raises UsageError if the step needs TCS and no URL is known, and what opening raises.
    """
    settings = place.settings
    if place.has_services:
        async with engine_for_operation(settings, None, region.day) as runner:
            workers = ByServices(runner, region, partial(reader_of, settings), show)
            yield runner, Steps(runner, person, region, workers)
    elif step in _CALLING_TCS:
        if place.tcs_url is None:
            raise UsageError("--tcs", "give the URL of TCS, or set TIS_ESR_TCS_URL")
        out = place.out()
        async with system(settings, place.state, place.tcs_url, region.inbound, out, region.day) as opened:
            here = Here(opened.runner, region, out, acknowledges=settings.send_rtc)
            yield opened.runner, Steps(opened.runner, person, region, here)
    else:
        async with engine_for_operation(settings, place.state, region.day) as runner:
            yield runner, Steps(runner, person, region, Here(runner, region, place.out()))
