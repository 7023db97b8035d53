"""An OpenTelemetry collector on loopback: receives OTLP over HTTP, or refuses it, or never answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

How = Literal["accepts", "refuses", "hangs"]


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
            here.asked.set()
            if here.how == "hangs":
                here.let_go.wait(60)
                return
            if here.how == "accepts":
                here.spans += _read(body)
            self.send_response(200 if here.how == "accepts" else 403)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

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


def _read(body: bytes) -> Iterator[Received]:
    for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _values(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
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


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
