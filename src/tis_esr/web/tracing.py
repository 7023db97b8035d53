"""OpenTelemetry traces, if the extra ``traces`` is installed: one trace per row, through all its hops.

A trace's id follows from the row's correlation id, so it need not be propagated: whichever process handles a message of
the row, its span is in the same trace. Spans hold ids and counts only.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tis_esr.engine.envelope import Message, derived_id
from tis_esr.errors import Exit, TisEsrError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


class NoTracesError(TisEsrError):
    """Traces are enabled, and the extra is not installed."""

    exit_code = Exit.USAGE

    def __init__(self) -> None:
        super().__init__("TIS_ESR_TRACES needs the extra: pip install 'tis-esr[traces]'")


class Tracing:
    """Creates a span for each message of each batch. The default exporter is OTLP."""

    def __init__(self, exporter: "SpanExporter | None" = None) -> None:
        """Raise NoTracesError if OpenTelemetry is not installed."""
        try:
            from opentelemetry import trace
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise NoTracesError from error
        self._trace = trace
        self._provider = TracerProvider(resource=Resource.create({"service.name": "tis-esr"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("tis_esr")

    def observe(self, queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
        """Create the spans of a batch that has just ended; see Observer."""
        end = time.time_ns()
        start = end - int(seconds * 1e9)
        for message in messages:
            parent = self._trace.SpanContext(
                trace_id=int(derived_id(message.correlation_id), 16),
                span_id=int(derived_id(message.id)[:16], 16),
                is_remote=True,
                trace_flags=self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED),
            )
            span = self._tracer.start_span(
                f"process {queue}",
                context=self._trace.set_span_in_context(self._trace.NonRecordingSpan(parent)),
                kind=self._trace.SpanKind.CONSUMER,
                start_time=start,
                attributes={
                    "messaging.destination.name": queue,
                    "messaging.message.id": message.id,
                    "messaging.message.conversation_id": message.correlation_id,
                    "messaging.batch.message_count": len(messages),
                    "tis_esr.outcome": outcome,
                    "tis_esr.attempt": message.attempts,
                },
            )
            span.end(end_time=end)

    def close(self) -> None:
        """Export the remaining spans."""
        self._provider.shutdown()
