"""Traces of messages: one for each inbound row, and one for each file (row 0), through all processes.

The ids follow from the envelope, so a message carries its trace context on both engines: the trace's from the
correlation id, the span's of its creation from the message id. Each attempt to handle it is a span with an id of its
own. Whether a trace is recorded follows from its id; that of a file always is, and so is a message that was
parked. A batch of several messages is a trace of its own, linked with those of its messages.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from tis_esr.engine.envelope import Identity, Message, derived_id
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.tracing import names, spans
from tis_esr.tracing.spans import Context, Kind, Recorder, Span, Start, Value

OTHER_FILE: Final = "(a file that is not ESR's)"
"""Stands in traces for what names such a file: its name may hold a person's."""
LINKS: Final = 128
"""So many messages of a batch are linked with it."""


def trace_of(correlation_id: str) -> int:
    """Return the id of the trace of a row (``file:row``), or of whatever else the correlation id names: its ``derived_id``."""
    return int.from_bytes(blake2b(correlation_id.encode(), digest_size=16).digest())


@lru_cache(maxsize=1024)
def shown(text: str, file: str) -> str:
    """Return a text about a file for a trace: as it is if the name is one of ESR's files, or there is none."""
    try:
        FileName.parse(file)
    except BadFileNameError:
        return OTHER_FILE if file else text
    return text


@lru_cache(maxsize=8192)
def _is_chosen(recorder: Recorder, correlation_id: str) -> bool:
    return correlation_id.endswith(":0") or recorder.samples(trace_of(correlation_id))


def is_sampled(correlation_id: str) -> bool:
    """Return whether the trace is recorded; the same in every process with the same share."""
    recorder = spans.recorder()
    return recorder is not None and _is_chosen(recorder, correlation_id)


def is_traced(cause: Message) -> bool:
    """Return whether the trace of a message that is handled, or of another cause, is recorded."""
    attempt = _attempt.get()
    if attempt is not None and cause.queue:
        return cause.correlation_id in attempt.rows
    return is_sampled(cause.correlation_id)


def _context(correlation_id: str, *cause: object) -> Context:
    span_id = int(derived_id(*cause)[:16], 16)
    return Context(trace_of(correlation_id), span_id, is_sampled(correlation_id))


def origin(correlation_id: str) -> Context:
    """Return the context of a trace's first span."""
    return _context(correlation_id, correlation_id, "origin")


def creation(message: Message) -> Context:
    """Return the context of the creation of a message."""
    return _context(message.correlation_id, message.id)


def traceparent(message: Message) -> str:
    """Return the context of the creation of a message in the form of the W3C's header."""
    last = "01" if is_sampled(message.correlation_id) else "00"
    return f"00-{derived_id(message.correlation_id)}-{derived_id(message.id)[:16]}-{last}"


def above(cause: Message) -> Context | None:
    """Return the context that the creation of a message belongs below; None if it is the first of its trace.

    It is the handling of its cause in the attempt in progress; of a cause that is not handled in it, the handling of a
    message of the same trace, or else the first span of the row.
    """
    attempt, current = _attempt.get(), spans.current()
    if attempt is not None and (handled := attempt.above(cause)) is not None:
        return handled
    if current is not None and current.trace_id == trace_of(cause.correlation_id):
        return current
    return origin(cause.correlation_id) if cause.row else None


def about(message: Message) -> AbstractContextManager[None]:
    """Do the block's work in the context of the handling of one message of the batch."""
    attempt = _attempt.get()
    return nullcontext() if attempt is None else attempt.about(message)


def sending(queue: str, messages: Sequence[Message]) -> AbstractContextManager[object]:
    """Record the block as the publishing of committed messages, below what committed them."""
    recorder = spans.recorder()
    if recorder is None or not spans.is_recording():
        return nullcontext()
    attributes = of_batch(recorder.system, "send", "send", queue, messages)
    links = [creation(message) for message in _traced(recorder, messages)[:LINKS]]
    return spans.child(f"send {queue}", Kind.CLIENT, attributes, links)


@contextmanager
def received(queue: str, messages: Sequence[Message], start: Start) -> Iterator[None]:
    """Record that messages were claimed since ``start``; tasks started in the block handle them below it."""
    recorder = spans.recorder()
    if recorder is None:
        yield
        return
    traced = _traced(recorder, messages)
    one = creation(messages[0]) if len(messages) == 1 else None
    context = spans.new(one.trace_id if one else None, is_sampled=bool(traced))
    if traced:
        links = () if one else [creation(message) for message in traced[:LINKS]]
        attributes = of_batch(recorder.system, "receive", "receive", queue, messages)
        recorder.record(
            Span(f"receive {queue}", Kind.CLIENT, context, one, start.wall, start.end(), attributes, links)
        )
    token = _claimed.set(frozenset([message.correlation_id for message in traced]))
    try:
        with spans.within(context):
            yield
    finally:
        _claimed.reset(token)


_claimed: ContextVar[frozenset[str] | None] = ContextVar("claimed", default=None)
"""The traced ones among the correlation ids of the messages that were claimed together."""


class Attempt:
    """One attempt to handle messages as one unit of work; the block is its handling and commit.

    A single message is handled in its own trace; several in that of their batch.
    """

    def __init__(self, queue: str, messages: Sequence[Message]) -> None:
        self._queue, self._messages = queue, messages
        self._recorder = spans.recorder()
        self.rows: frozenset[str] = frozenset()
        """The correlation ids of the traced messages."""
        if self._recorder is None:
            return
        self._start = Start.now()
        self._above = spans.current()
        self._contexts: dict[Identity, Context] = {}
        claimed = _claimed.get()
        self._traced = (
            _traced(self._recorder, messages)
            if claimed is None
            else [message for message in messages if message.correlation_id in claimed]
        )
        self.rows = frozenset([message.correlation_id for message in self._traced])
        self._mine = {message.identity for message in self._traced}
        self._of_trace = {message.correlation_id: message for message in reversed(self._traced)}
        self._batch: Context | None = None
        if len(messages) > 1:
            trace_id = self._above.trace_id if self._above else None
            self._batch = spans.new(trace_id, is_sampled=bool(self._traced))

    @contextmanager
    def block(self) -> Iterator[None]:
        """Handle and commit within this block."""
        if self._recorder is None:
            yield
            return
        token = _attempt.set(self)
        try:
            with self._handling(self._recorder):
                yield
        finally:
            _attempt.reset(token)

    def _handling(self, recorder: Recorder) -> AbstractContextManager[object]:
        if self._batch is None:
            return self.about(self._messages[0])
        return spans.opened(
            f"process_batch {self._queue}",
            Kind.CONSUMER,
            self._batch,
            self._above,
            of_batch(recorder.system, "process_batch", "process", self._queue, self._messages),
            [creation(message) for message in self._traced[:LINKS]],
        )

    def about(self, message: Message) -> AbstractContextManager[None]:
        """Do the block's work in the context of the handling of one of the messages."""
        return nullcontext() if self._recorder is None else spans.within(self._handled(message))

    def above(self, cause: Message) -> Context | None:
        """Return the context of the handling of a cause, or of a message of the same trace; None if none is handled."""
        if self._recorder is None:
            return None
        handled = cause if cause.identity in self._mine else self._of_trace.get(cause.correlation_id)
        return None if handled is None else self._handled(handled)

    def _handled(self, message: Message) -> Context:
        known = self._contexts.get(message.identity)
        if known is None:
            known = spans.new(
                trace_of(message.correlation_id), is_sampled=message.correlation_id in self.rows
            )
            self._contexts[message.identity] = known
        return known

    def ended(self, outcome: str, messages: Sequence[Message]) -> None:
        """Record the outcome of messages, a span each in the trace of its row; see Observer for the outcomes."""
        recorder = self._recorder
        if recorder is None:
            return
        is_parked, end = outcome == "parked", self._start.end()
        batch = self._batch or self._above
        for message in messages:
            if not is_parked and message.correlation_id not in self.rows:
                continue
            context = self._handled(message)
            context.is_sampled = True
            links = [batch] if batch and batch.trace_id != context.trace_id and batch.is_sampled else []
            attributes = of_message(recorder.system, "process", message)
            attributes |= {names.OUTCOME: outcome, names.ATTEMPT: message.attempts, **spans.left_out(context)}
            recorder.record(
                Span(
                    f"process {message.queue}",
                    Kind.CONSUMER,
                    context,
                    creation(message),
                    self._start.wall,
                    end,
                    attributes,
                    links,
                    "parked" if is_parked else "",
                )
            )


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def _traced(recorder: Recorder, messages: Iterable[Message]) -> list[Message]:
    return [message for message in messages if _is_chosen(recorder, message.correlation_id)]


def of_message(system: str, operation: str, message: Message) -> dict[str, Value]:
    """Return the attributes of a span about one message."""
    return {
        names.MESSAGING_SYSTEM: system,
        names.MESSAGING_OPERATION_NAME: operation,
        names.MESSAGING_OPERATION_TYPE: operation,
        names.MESSAGING_DESTINATION_NAME: message.queue,
        names.MESSAGING_MESSAGE_ID: message.id,
        names.MESSAGING_MESSAGE_CONVERSATION_ID: shown(message.correlation_id, message.source_file),
    }


def of_batch(
    system: str, name: str, operation: str, queue: str, messages: Sequence[Message]
) -> dict[str, Value]:
    """Return the attributes of a span about a batch."""
    return {
        names.MESSAGING_SYSTEM: system,
        names.MESSAGING_OPERATION_NAME: name,
        names.MESSAGING_OPERATION_TYPE: operation,
        names.MESSAGING_DESTINATION_NAME: queue,
        names.MESSAGING_BATCH_MESSAGE_COUNT: len(messages),
    }
