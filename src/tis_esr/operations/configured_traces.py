"""Traces, if the settings enable them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from tis_esr.settings import Settings
from tis_esr.tracing.exporting import exporting

_SYSTEMS = {"embedded": "sqlite", "production": "rabbitmq"}


@asynccontextmanager
async def traced(settings: Settings, process: str, *, embedded: bool) -> AsyncIterator[None]:
    """Export traces meanwhile, if they are enabled; ``process`` is its name on the store.

    ``embedded`` says that a state file is used, whatever engine is set: there all processes have one name.

    Raises BadCollectorError.
    """
    if not settings.traces:
        yield
        return
    engine = "embedded" if embedded else settings.engine
    async with exporting(
        share=settings.traces_share,
        system=_SYSTEMS[engine],
        instance=process if engine == "production" else f"{process}-{uuid4().hex[:12]}",
        endpoint=settings.traces_endpoint,
    ):
        yield
