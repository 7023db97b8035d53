"""A process that is announced in the store, as one of ``tis-esr run`` is, without running."""

from collections.abc import Sequence

from tis_esr.operations.composition import engine_for_operation
from tis_esr.operations.processes.announced import beat
from tis_esr.operations.processes.announcing import described
from tis_esr.settings import Settings


async def announce(settings: Settings, services: Sequence[str]) -> None:
    """Announce a process of these services, with one heartbeat: it counts as running for GONE_SECONDS."""
    async with engine_for_operation(settings) as runner:
        await beat(runner.work, described(settings, "announced", services))
