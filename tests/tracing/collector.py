"""An OpenTelemetry collector on loopback: receives OTLP over HTTP, or refuses it, or never answers. ``Kept`` is one in memory.

Requests are read with OpenTelemetry's own definitions: a name or a type that they do not have is an error.
"""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tis_esr.tracing.collector_client import Reply

How = Literal["accepts", "refuses", "hangs", "is busy", "takes a part", "takes a part in silence"]
REASON = "no room for tenant 7"


@dataclass(frozen=True)
class Received:
    """One span as the collector has it; ids in hex, ``process`` is the instance that sent it."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    begun: int
    ended: int
    attributes: dict[str, Any]
    links: list[tuple[str, str]]
    is_error: bool
    resource: dict[str, Any]

    @property
    def process(self) -> str:
        return str(self.resource["service.instance.id"])


@dataclass
class Collector:
    """What it received, and how it answers."""

    url: str
    how: How = "accepts"
    spans: list[Received] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    requests: list[dict[str, str]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def of_trace(self, trace: str) -> list[Received]:
        """Return the spans of a trace in the order of their beginnings."""
        return sorted((span for span in self.spans if span.trace == trace), key=lambda span: span.begun)


@contextmanager
def collector(how: How = "accepts") -> Iterator[Collector]:
    """Serve a collector on a free port."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.types.add(f"{self.path} {self.headers['Content-Type']}")
            status, reply = _reply(here.how)
            is_hanging = here.how == "hangs"
            here.asked.set()
            if is_hanging:
                here.let_go.wait(60)
                return
            here.requests.append({name.lower(): value for name, value in self.headers.items()})
            if status == 200:
                here.spans += _read(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    here = Collector(f"http://127.0.0.1:{server.server_port}", how)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield here
    finally:
        here.let_go.set()
        server.shutdown()
        server.server_close()


def _reply(how: How) -> tuple[int, bytes]:
    if how == "refuses":
        return 403, json.dumps({"code": 7, "message": REASON}).encode()
    if how == "is busy":
        return 503, b""
    partial = {"rejectedSpans": "3"} if how.startswith("takes a part") else {}
    if how == "takes a part":
        partial["errorMessage"] = REASON
    return 200, json.dumps({"partialSuccess": partial}).encode()


@dataclass
class Kept:
    """Takes the place of the connection to a collector, and keeps what is sent."""

    requests: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[Received]:
        return [span for body in self.requests for span in _read(body)]

    def send(self, body: bytes, number: int) -> Reply:
        self.requests.append(body)
        return Reply()


def _read(body: bytes) -> Iterator[Received]:
    request = json_format.ParseDict(json.loads(body, object_hook=_with_bytes), ExportTraceServiceRequest())
    for of_resource in request.resource_spans:
        resource = _values(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                assert [*span.events, *(link.attributes for link in span.links if link.attributes)] == []
                assert span.status.message == ""
                yield Received(
                    name=span.name,
                    kind=type(span).SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    begun=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                    attributes=_values(span.attributes),
                    links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                    is_error=span.status.code == 2,
                    resource=resource,
                )


def _with_bytes(found: dict[str, Any]) -> dict[str, Any]:
    """OTLP writes ids in hexadecimal digits, where protobuf's JSON has Base64."""
    ids = found.keys() & {"traceId", "spanId", "parentSpanId"}
    return {**found, **{name: b64encode(bytes.fromhex(found[name])).decode() for name in ids}}


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
