"""Spans in OTLP's JSON: ids in hexadecimal digits, 64-bit numbers as texts, enumerations as numbers."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from tis_esr import __version__
from tis_esr.tracing import names
from tis_esr.tracing.spans import Kind, Span, Value

_KINDS: Final = {Kind.INTERNAL: 1, Kind.CLIENT: 3, Kind.PRODUCER: 4, Kind.CONSUMER: 5}
_ERROR: Final = {"code": 2}
_SCOPE: Final = {"name": "tis_esr", "version": __version__}
_encoder = msgspec.json.Encoder()


def encoded(spans: Sequence[Span], resource: Mapping[str, str]) -> bytes:
    """Return the request that exports spans of the process that ``resource`` describes. Raises ValueError."""
    of_scope = {"scope": _SCOPE, "spans": [_span(span) for span in spans]}
    attributes = [_pair(*pair) for pair in resource.items()]
    return _encoder.encode(
        {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [of_scope]}]}
    )


def _span(span: Span) -> dict[str, Any]:
    attributes = [_pair(*pair) for pair in span.attributes.items()]
    found = {
        "traceId": f"{span.context.trace_id:032x}",
        "spanId": f"{span.context.span_id:016x}",
        "name": span.name,
        "kind": _KINDS[span.kind],
        "startTimeUnixNano": str(span.begun),
        "endTimeUnixNano": str(span.ended),
        "attributes": attributes,
    }
    if span.parent:
        found["parentSpanId"] = f"{span.parent.span_id:016x}"
    if span.links:
        found["links"] = [
            {"traceId": f"{link.trace_id:032x}", "spanId": f"{link.span_id:016x}"} for link in span.links
        ]
    if span.error:
        attributes.append(_pair(names.ERROR_TYPE, span.error))
        found["status"] = _ERROR
    return found


@lru_cache(maxsize=1024, typed=True)
def _pair(key: str, value: Value) -> msgspec.Raw:
    """Return an attribute; most are the same in many spans."""
    if isinstance(value, bool):
        typed: dict[str, Value] = {"boolValue": value}
    elif isinstance(value, int):
        typed = {"intValue": str(value)}
    else:
        typed = {"stringValue": value}
    return msgspec.Raw(_encoder.encode({"key": key, "value": typed}))
