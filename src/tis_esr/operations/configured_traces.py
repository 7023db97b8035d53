"""Traces, if the settings enable them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tis_esr.settings import Settings
from tis_esr.tracing.exporting import exporting

_SYSTEMS = {"embedded": "sqlite", "production": "rabbitmq"}


@asynccontextmanager
async def traced(settings: Settings, process: str, *, embedded: bool) -> AsyncIterator[None]:
    """Export traces meanwhile, if they are enabled. ``embedded`` says that a state file is used, whatever the engine set.

    Raises NoTracesError.
    """
    if not settings.traces:
        yield
        return
    with exporting(
        share=settings.traces_share,
        system=_SYSTEMS["embedded" if embedded else settings.engine],
        instance=process,
        endpoint=settings.traces_endpoint,
    ):
        yield
