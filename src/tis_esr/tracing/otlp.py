"""What ``exporting`` does: a bounded queue of spans, and the thread that sends them."""

import threading
import time
from collections import deque
from typing import Final, Protocol

from tis_esr import __version__
from tis_esr.tracing.collector_address import Destination
from tis_esr.tracing.collector_client import CollectorClient, Reply
from tis_esr.tracing.encoding import encoded
from tis_esr.tracing.losses import Losses
from tis_esr.tracing.spans import Span

QUEUE: Final = 8192
"""How many spans wait for the collector at most, about 16 MB; more are dropped."""
DELAY_SECONDS: Final = 5.0
"""How long a span waits for others at most."""
CLOSE_SECONDS: Final = 3.0
_BATCH: Final = 512
LONGEST_PAUSE: Final = 30.0
_TRACE_IDS: Final = 1 << 64
"""The lower half of a trace's id decides whether it is recorded, as OpenTelemetry's TraceIdRatioBased has it."""


class Sender(Protocol):
    """What sends requests to a collector."""

    def send(self, body: bytes, number: int) -> Reply:
        """Send a request with that number of spans, in bounded time; must not raise."""
        ...


class OtlpRecorder:
    """Queues spans, and has a thread send them; see Recorder.

    A transient failure is retried after a pause, while others wait in the queue. What the collector rejects, and what
    the queue has no room for, is lost and counted.
    """

    def __init__(
        self, share: float, system: str, instance: str, to: Destination, sender: Sender | None = None
    ) -> None:
        self.system = system
        self._bound = round(share * _TRACE_IDS)
        self._sender = sender or CollectorClient(to)
        self._resource = {
            "service.name": to.service,
            "service.version": __version__,
            "service.instance.id": instance,
        }
        self._waiting: deque[Span] = deque()
        self._losses = Losses()
        self._due = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def samples(self, trace_id: int) -> bool:
        """See Recorder.samples: OpenTelemetry's own rule for a share of traces."""
        return trace_id % _TRACE_IDS < self._bound

    def record(self, span: Span) -> None:
        """See Recorder.record. What finds the queue full is dropped, and counted."""
        with self._due:
            self._losses.recorded += 1
            if len(self._waiting) >= QUEUE:
                self._losses.failed(1, "the queue is full", time.monotonic())
                return
            self._waiting.append(span)
            if len(self._waiting) == _BATCH:
                self._due.notify()

    def close(self) -> None:
        """Send the remaining spans, for CLOSE_SECONDS at most, and log what is lost; blocks."""
        with self._due:
            self._is_closing = True
            self._due.notify()
        self._thread.join(CLOSE_SECONDS)
        with self._due:
            self._losses.closed()

    def _run(self) -> None:
        while True:
            if batch := self._next():
                self._send(batch)
            elif self._is_closing:
                return

    def _send(self, batch: list[Span]) -> None:
        """Send spans, as often as it takes; once the process ends, one last time."""
        number, pauses = len(batch), 0
        try:
            body = encoded(batch, self._resource)
        except (TypeError, ValueError) as error:
            self._count(Reply(number, f"not encoded: {type(error).__name__}"), number)
            return
        while True:
            is_last = self._is_closing
            reply = self._sender.send(body, number)
            if not reply.is_transient or is_last:
                self._count(reply, number)
                return
            with self._due:
                self._losses.failed(0, reply.reason, time.monotonic())
                pause = reply.pause or 2.0 ** min(pauses, 5)
                self._due.wait_for(lambda: self._is_closing, min(LONGEST_PAUSE, pause))
            pauses += 1

    def _count(self, reply: Reply, number: int) -> None:
        lost = number if reply.is_transient else min(number, reply.rejected)
        with self._due:
            self._losses.sent += number - lost
            if reply.reason:
                self._losses.failed(lost, reply.reason, time.monotonic())

    def _next(self) -> list[Span]:
        """Return the spans to send: as many as fit once they are there, and otherwise after a few seconds all there are."""
        with self._due:
            self._due.wait_for(lambda: self._is_closing or len(self._waiting) >= _BATCH, DELAY_SECONDS)
            self._losses.looked(len(self._waiting) / QUEUE, time.monotonic())
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
