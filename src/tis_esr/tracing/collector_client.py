"""Sends encoded spans to a collector by OTLP over HTTP, and reads its reply."""

from dataclasses import dataclass
from typing import Final

import msgspec
import urllib3

from tis_esr.tracing.collector_address import Destination

_SECONDS: Final = 10.0
_TRANSIENT: Final = (429, 502, 503, 504)
"""The statuses after which OTLP has a request retried."""
_TEXT: Final = 200
_NO_REASON: Final = "rejected without a reason"


class _Partial(msgspec.Struct, rename="camel"):
    """What a collector did not take of a request; its reply names what is not zero only."""

    rejected_spans: int | str = 0
    error_message: str = ""


class _Accepted(msgspec.Struct, rename="camel"):
    """A collector's reply."""

    partial_success: _Partial = msgspec.field(default_factory=_Partial)


class _Error(msgspec.Struct):
    """A collector's reply that says why a request failed."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of spans: how many were ``rejected``, and why; or that they should be retried (``is_transient``).

    ``pause`` is in how many seconds the collector wants them, 0 if it says nothing.
    """

    rejected: int = 0
    reason: str = ""
    is_transient: bool = False
    pause: float = 0.0


class CollectorClient:
    """A connection to a collector, for one thread."""

    def __init__(self, to: Destination) -> None:
        self._url = to.url
        self._headers = {**to.headers, "content-type": "application/json"}
        self._pool = urllib3.PoolManager(
            num_pools=1, retries=False, timeout=urllib3.Timeout(_SECONDS), ca_certs=to.ca_file
        )

    def send(self, body: bytes, number: int) -> Reply:
        """Send a request with that number of spans; times out after 10 seconds."""
        try:
            reply = self._pool.request("POST", self._url, body=body, headers=self._headers, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Reply(reason=type(error).__name__, is_transient=True)
        status, reason = reply.status, f"HTTP {reply.status} {reply.reason or ''}".strip()
        if 200 <= status < 300:
            return _partial(reply.data)
        if status in _TRANSIENT:
            after = reply.headers.get("retry-after", "")
            return Reply(reason=reason, is_transient=True, pause=float(after) if after.isdecimal() else 0.0)
        return Reply(number, f"{reason}: {_said(reply.data)}".removesuffix(": "))


def _partial(body: bytes) -> Reply:
    """Return what a reply without an error says; nothing if it is another's, such as a proxy's."""
    try:
        partial = msgspec.json.decode(body or b"{}", type=_Accepted).partial_success
        rejected = int(partial.rejected_spans)
    except ValueError:
        return Reply()
    return Reply(rejected, partial.error_message[:_TEXT] or (_NO_REASON if rejected else ""))


def _said(body: bytes) -> str:
    """Return the text of a collector's error; "" for what is no error of OTLP's."""
    try:
        return msgspec.json.decode(body, type=_Error).message[:_TEXT]
    except ValueError:
        return ""
