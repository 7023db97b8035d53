"""Sends encoded spans to a collector by OTLP over HTTP, and reads its reply; needs the extra ``traces``."""

from dataclasses import dataclass
from typing import Final

import urllib3
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tis_esr.tracing.collector_address import Destination

_SECONDS: Final = 10.0
_MAY_PASS: Final = (429, 502, 503, 504)
"""The statuses after which OTLP has the same spans sent again."""
_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of spans: how many were ``rejected``, and why; or that they should be sent again (``may_pass``).

    ``pause`` is in how many seconds the collector wants them, 0 if it says nothing.
    """

    rejected: int = 0
    reason: str = ""
    may_pass: bool = False
    pause: float = 0.0


class CollectorClient:
    """A connection to a collector, for one thread."""

    def __init__(self, to: Destination) -> None:
        self._url = to.url
        self._headers = {**to.headers, "content-type": "application/x-protobuf"}
        self._pool = urllib3.PoolManager(
            num_pools=1, retries=False, timeout=urllib3.Timeout(_SECONDS), ca_certs=to.ca_file
        )

    def send(self, body: bytes, number: int) -> Reply:
        """Send a request with that number of spans; gives up after 10 seconds without a word from the collector."""
        try:
            reply = self._pool.request("POST", self._url, body=body, headers=self._headers, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Reply(reason=type(error).__name__, may_pass=True)
        status, reason = reply.status, f"HTTP {reply.status} {reply.reason or ''}".strip()
        if 200 <= status < 300:
            return _partial(reply.data)
        if status in _MAY_PASS:
            after = reply.headers.get("retry-after", "")
            return Reply(reason=reason, may_pass=True, pause=float(after) if after.isdecimal() else 0.0)
        return Reply(number, f"{reason}: {_said(reply.data)}".removesuffix(": "))


def _partial(body: bytes) -> Reply:
    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        return Reply()
    return Reply(partial.rejected_spans, partial.error_message[:_TEXT])


def _said(body: bytes) -> str:
    """Return the text of a collector's error; "" for what is no error of OTLP's."""
    try:
        return str(Status.FromString(body).message)[:_TEXT]
    except DecodeError:
        return ""
