"""Opens what a step of a recovery needs: the engine, and for steps that call TCS from this process, TCS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import partial

from tis_esr.operations.audit.trail import Person
from tis_esr.operations.composition import engine_for_operation, reader_of, system
from tis_esr.operations.outage import Outage
from tis_esr.operations.recovery.reports import Place
from tis_esr.operations.recovery.steps import CALLING_TCS, Recovery
from tis_esr.operations.recovery.stored import RecoveryStep, StoredRecovery


@asynccontextmanager
async def opened_recovery(
    place: Place, person: Person, found: Outage, stored: StoredRecovery, day: date, step: RecoveryStep
) -> AsyncIterator[Recovery]:
    """Yield the recovery on an open engine, ready to do a step. Raises what opening raises."""
    settings, open_reader = place.settings, partial(reader_of, place.settings, place.state)
    if step is RecoveryStep.STATUSES or (step in CALLING_TCS and not place.has_services):
        async with system(settings, place.state, place.tcs_url, place.inbound, place.out, day) as opened:
            yield Recovery(place, opened.runner, opened.tcs, person, found, stored, day, open_reader)
    else:
        async with engine_for_operation(settings, place.state, day) as runner:
            yield Recovery(place, runner, None, person, found, stored, day, open_reader)
