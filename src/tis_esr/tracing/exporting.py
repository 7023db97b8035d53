"""Export of spans by OTLP over HTTP.

A collector that is unavailable, slow or hangs costs spans, never work: the queue is bounded, a thread of its own sends it, and
the process waits a few seconds for it at its end, while its event loop goes on.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ
from typing import TYPE_CHECKING

from tis_esr.tracing import spans
from tis_esr.tracing.collector_address import destination

if TYPE_CHECKING:
    from tis_esr.tracing.otlp import Sender


@asynccontextmanager
async def exporting(
    *, share: float, system: str, instance: str, endpoint: str | None = None, sender: "Sender | None" = None
) -> AsyncIterator[None]:
    """Export this process's spans meanwhile, unless that is done already; of the rows a ``share`` (0 to 1), chosen by the trace's id.

    ``system`` is the messaging system, ``instance`` names the process, ``endpoint`` is the collector's base URL; without
    it OTEL_EXPORTER_OTLP_ENDPOINT counts. Raises BadCollectorError.
    """
    if spans.recorder() is not None:
        yield
        return
    from tis_esr.tracing.otlp import (
        OtlpRecorder,
    )  # costs time and memory, which those without traces do not pay

    recorder = OtlpRecorder(share, system, instance, destination(endpoint, environ), sender)
    try:
        with spans.recording(recorder):
            yield
    finally:
        await asyncio.to_thread(recorder.close)
