"""Export of spans by OTLP over HTTP: the extra ``traces``, which is loaded only here.

A collector that is unavailable, slow or hangs costs spans, never work: the queue is bounded, a thread of its own sends it, and
the process waits a few seconds for it at its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tis_esr.errors import Exit, TisEsrError
from tis_esr.tracing import spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


class NoTracesError(TisEsrError):
    """Traces are enabled, and the extra is not installed."""

    exit_code = Exit.USAGE

    def __init__(self) -> None:
        super().__init__("TIS_ESR_TRACES needs the extra: pip install 'tis-esr[traces]'")


@contextmanager
def exporting(
    *,
    share: float,
    system: str,
    instance: str,
    endpoint: str | None = None,
    exporter: "SpanExporter | None" = None,
) -> Iterator[None]:
    """Export this process's spans meanwhile, unless that is done already; of the rows a ``share`` (0 to 1), chosen by the trace's id.

    ``system`` is the messaging system, ``instance`` names the process, ``endpoint`` is the collector's base URL; without
    it OTEL_EXPORTER_OTLP_ENDPOINT counts. Raises NoTracesError if OpenTelemetry is not installed.
    """
    if spans.recorder() is not None:
        yield
        return
    try:
        from tis_esr.tracing.otel import OtlpRecorder
    except ImportError as error:
        raise NoTracesError from error
    recorder = OtlpRecorder(share, system, instance, endpoint, exporter)
    try:
        with spans.recording(recorder):
            yield
    finally:
        recorder.close()
