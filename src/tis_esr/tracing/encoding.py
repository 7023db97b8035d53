"""Spans in OTLP's protobuf; needs the extra ``traces``."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2 as otlp

from tis_esr import __version__
from tis_esr.tracing import names
from tis_esr.tracing.spans import Kind, Span, Value

_KINDS = {kind: otlp.Span.SpanKind.Value(f"SPAN_KIND_{kind.value}") for kind in Kind}
_ERROR = otlp.Status(code=otlp.Status.STATUS_CODE_ERROR)


def encoded(spans: Sequence[Span], resource: Mapping[str, str]) -> bytes:
    """Return the request that exports spans of the process that ``resource`` describes."""
    of_scope = otlp.ScopeSpans(
        scope=InstrumentationScope(name="tis_esr", version=__version__), spans=map(_span, spans)
    )
    whole = otlp.ResourceSpans(
        resource=Resource(attributes=[_pair(*pair) for pair in resource.items()]), scope_spans=[of_scope]
    )
    request: bytes = ExportTraceServiceRequest(resource_spans=[whole]).SerializeToString()
    return request


def _span(span: Span) -> otlp.Span:
    attributes = [_pair(*pair) for pair in span.attributes.items()]
    if span.error:
        attributes.append(_pair(names.ERROR_TYPE, span.error))
    return otlp.Span(
        trace_id=span.context.trace_id.to_bytes(16),
        span_id=span.context.span_id.to_bytes(8),
        parent_span_id=span.parent.span_id.to_bytes(8) if span.parent else b"",
        name=span.name,
        kind=_KINDS[span.kind],
        start_time_unix_nano=span.begun,
        end_time_unix_nano=span.ended,
        attributes=attributes,
        links=[
            otlp.Span.Link(trace_id=link.trace_id.to_bytes(16), span_id=link.span_id.to_bytes(8))
            for link in span.links
        ],
        status=_ERROR if span.error else None,
    )


@lru_cache(maxsize=1024, typed=True)
def _pair(key: str, value: Value) -> KeyValue:
    """Return an attribute; most are the same in many spans."""
    if isinstance(value, bool):
        return KeyValue(key=key, value=AnyValue(bool_value=value))
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))
