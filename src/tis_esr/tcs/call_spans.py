"""Spans of calls to TCS, by OpenTelemetry's conventions for HTTP clients.

The values in an address may name a person, so ``url.full`` has REDACTED in their place, as the conventions allow.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from tis_esr.tcs.endpoints import Endpoint
from tis_esr.tracing import names, spans
from tis_esr.tracing.spans import Kind, Open, Value

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class CallSpan:
    """The span of one request, if it is recorded; ``may_miss`` says that 404 is a normal response."""

    span: Open | None = None
    may_miss: bool = False

    def propagated(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers of the request with the trace context, if it is recorded."""
        return headers if self.span is None else {**headers, "traceparent": self.span.context.traceparent}

    def answered(self, status: int) -> None:
        """Note the status of the reply."""
        if self.span is None:
            return
        self.span.attributes[names.HTTP_RESPONSE_STATUS_CODE] = status
        if status >= 400 and not (status == 404 and self.may_miss):
            self.span.error = str(status)


_NOT_RECORDED: Final = nullcontext(CallSpan())


def call_span(root: str, endpoint: Endpoint, resends: int) -> AbstractContextManager[CallSpan]:
    """Record the block as a request to an endpoint of TCS at the base URL ``root``, below the work in progress."""
    return _recorded(root, endpoint, resends) if spans.is_recording() else _NOT_RECORDED


@contextmanager
def _recorded(root: str, endpoint: Endpoint, resends: int) -> Iterator[CallSpan]:
    attributes = _of_endpoint(root, endpoint)
    if resends:
        attributes = {**attributes, names.HTTP_REQUEST_RESEND_COUNT: resends}
    with spans.child(f"{endpoint.method} {endpoint.path}", Kind.CLIENT, attributes) as span:
        yield CallSpan(span, endpoint.may_miss)


@cache
def _of_endpoint(root: str, endpoint: Endpoint) -> Mapping[str, Value]:
    parts = urlsplit(root)
    return {
        names.HTTP_REQUEST_METHOD: endpoint.method,
        names.URL_TEMPLATE: parts.path + endpoint.path,
        names.URL_FULL: root + re.sub(r"\{\w+\}", "REDACTED", endpoint.path),
        names.SERVER_ADDRESS: parts.hostname or "",
        names.SERVER_PORT: parts.port or _PORTS[parts.scheme],
    }
