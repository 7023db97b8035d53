"""What ``exporting`` does with OpenTelemetry's SDK; importing it needs the extra ``traces``."""

import threading
from collections.abc import Sequence
from os import environ
from typing import Final

import structlog
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from tis_esr import __version__
from tis_esr.tracing import names
from tis_esr.tracing.spans import Context, Span

QUEUE: Final = 8192
"""How many spans wait for the collector at most, about 16 MB; more are dropped."""
CLOSE_SECONDS: Final = 3.0
_BATCH: Final = 512
_LINKS: Final = 128
_log = structlog.get_logger()


class OtlpRecorder:
    """Records spans with OpenTelemetry's SDK; see Recorder."""

    def __init__(
        self, share: float, system: str, instance: str, endpoint: str | None, exporter: SpanExporter | None
    ) -> None:
        self.system = system
        self._bound = TraceIdRatioBased(share).bound
        address = None if endpoint is None else f"{endpoint.rstrip('/')}/v1/traces"
        self._ids = _GivenIds()
        self._counted = _Counted(exporter or OTLPSpanExporter(endpoint=address))
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create(_resource(instance)),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(self._counted, max_queue_size=QUEUE, max_export_batch_size=_BATCH)
        )
        self._tracer = self._provider.get_tracer("tis_esr", __version__)

    def samples(self, trace_id: int) -> bool:
        """See Recorder.samples: OpenTelemetry's own rule for a share of traces."""
        return trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < self._bound

    def record(self, span: Span) -> None:
        """See Recorder.record. What finds the queue full is dropped, and counted."""
        if not self._counted.has_room():
            return
        self._ids.of_thread.next = span.context
        recorded = self._tracer.start_span(
            span.name,
            otel_context.Context()
            if span.parent is None
            else trace.set_span_in_context(NonRecordingSpan(_remote(span.parent)), otel_context.Context()),
            SpanKind[span.kind.value],
            span.attributes,
            [Link(_remote(link)) for link in span.links[:_LINKS]],
            span.begun,
            record_exception=False,
        )
        if span.error:
            recorded.set_attribute(names.ERROR_TYPE, span.error)
            recorded.set_status(Status(StatusCode.ERROR))
        recorded.end(span.ended)

    def close(self) -> None:
        """Export the remaining spans, for CLOSE_SECONDS at most."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces closing", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
        self._counted.close()


class _GivenIds(IdGenerator):
    """Gives a span the ids that follow from its message; each thread has its own next one."""

    def __init__(self) -> None:
        self.of_thread = threading.local()

    def generate_span_id(self) -> int:
        return int(self.of_thread.next.span_id)

    def generate_trace_id(self) -> int:
        return int(self.of_thread.next.trace_id)


class _Counted(SpanExporter):
    """Counts what is waiting, sent and lost, and logs the first loss and that spans are exported again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._recorded = self._taken = self._lost = 0
        self._lock = threading.Lock()
        self._is_closed = False

    def has_room(self) -> bool:
        """Count a span that is to be queued, or its loss where the queue is full."""
        with self._lock:
            if self._recorded - self._taken < QUEUE:
                self._recorded += 1
                return True
        self._lose(1)
        return False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export; what fails is lost, as OpenTelemetry does."""
        with self._lock:
            self._taken += len(spans)
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._lose(len(spans))
        elif self._lost:
            with self._lock:
                lost, self._lost = self._lost, 0
            _log.info("traces_exported_again", lost=lost)
        return result

    def shutdown(self) -> None:
        """Stop exporting."""
        self._exporter.shutdown()

    def close(self) -> None:
        """Log what was lost at last."""
        lost = self._lost + self._recorded - self._taken
        if lost:
            _log.warning("traces_not_exported", lost=lost, closing=True)

    def _lose(self, number: int) -> None:
        with self._lock:
            is_first = not self._lost
            self._lost += number
        if is_first:
            _log.warning("traces_not_exported", lost=number)


def _remote(context: Context) -> SpanContext:
    return SpanContext(
        context.trace_id, context.span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )


def _resource(instance: str) -> dict[str, str]:
    own = {"service.version": __version__, "service.instance.id": instance}
    return own if environ.get("OTEL_SERVICE_NAME") else {"service.name": "tis-esr", **own}
