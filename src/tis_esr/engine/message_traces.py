"""Traces of messages: one for each inbound row, and one for each file (row 0), through all processes.

The ids follow from the envelope, so a message carries its trace context on both engines: the trace's from the
correlation id, the span's of its creation from the message id, that of its handling from the message id and the number
of the attempt. Whether a trace is recorded follows from its id; that of a file always is, and so is a message that was
parked. A batch of several messages is a trace of its own, linked with those of its messages.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from tis_esr.engine.envelope import Message, derived_id
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.tracing import names, spans
from tis_esr.tracing.spans import Context, Kind, Recorder, Span, Value

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


def handling(message: Message) -> Context:
    """Return the context of this attempt to handle a message; of what no message caused, the first of its trace."""
    if not message.queue:
        return origin(message.correlation_id)
    return _context(message.correlation_id, message.id, message.queue, message.attempts)


def above(cause: Message, handled: Iterable[Message]) -> Context | None:
    """Return the context that the creation of a message belongs below, None if the trace of its cause is not recorded.

    It is the handling of its cause; of a cause without a queue, that of the message of the same trace among those that
    are ``handled``, or else the first of the trace.
    """
    if not is_sampled(cause.correlation_id):
        return None
    if cause.queue:
        return handling(cause)
    of_trace = (message for message in handled if message.correlation_id == cause.correlation_id)
    return handling(next(of_trace, cause))


def about(message: Message) -> AbstractContextManager[None]:
    """Do the block's work in the context of the handling of one message of a batch."""
    return nullcontext() if spans.recorder() is None else spans.within(handling(message))


def begun(name: str, cause: Message, attributes: Mapping[str, Value]) -> None:
    """Record the first span of the trace of a cause that has no queue; it is linked with the work in progress."""
    recorder = spans.recorder()
    if recorder is None or not is_sampled(cause.correlation_id):
        return
    now, above = time.time_ns(), spans.current()
    links = [above] if above is not None and above.is_sampled else []
    noted = {
        names.MESSAGING_MESSAGE_CONVERSATION_ID: shown(cause.correlation_id, cause.source_file),
        **attributes,
    }
    recorder.record(Span(name, Kind.INTERNAL, origin(cause.correlation_id), None, now, now, noted, links))


def created(messages: Iterable[Message], causes: Mapping[str, Context], began: int) -> None:
    """Record the creation of committed messages, below the handling of what caused each: those in ``causes``, by id."""
    recorder, now = spans.recorder(), time.time_ns()
    if recorder is None or not causes:
        return
    for message in messages:
        if (parent := causes.get(message.id)) is not None:
            attributes = _of_message(recorder.system, "create", message)
            recorder.record(
                Span(
                    f"create {message.queue}",
                    Kind.PRODUCER,
                    creation(message),
                    parent,
                    began,
                    now,
                    attributes,
                )
            )


def sending(queue: str, messages: Sequence[Message]) -> AbstractContextManager[object]:
    """Record the block as the publishing of committed messages, below what committed them."""
    recorder = spans.recorder()
    if recorder is None or not spans.is_recording():
        return nullcontext()
    attributes = _of_batch(recorder.system, "send", "send", queue, messages)
    links = [creation(message) for message in _traced(recorder, messages)[:LINKS]]
    return spans.child(f"send {queue}", Kind.CLIENT, attributes, links)


@contextmanager
def received(queue: str, messages: Sequence[Message], began: int) -> Iterator[None]:
    """Record that messages were claimed since ``began``; tasks started in the block handle them below it."""
    recorder = spans.recorder()
    if recorder is None:
        yield
        return
    traced = _traced(recorder, messages)
    one = creation(messages[0]) if len(messages) == 1 else None
    context = spans.new(below=one, is_sampled=bool(traced))
    if traced:
        links = () if one else [creation(message) for message in traced[:LINKS]]
        attributes = _of_batch(recorder.system, "receive", "receive", queue, messages)
        recorder.record(
            Span(f"receive {queue}", Kind.CLIENT, context, one, began, time.time_ns(), attributes, links)
        )
    with spans.within(context):
        yield


class Attempt:
    """One attempt to handle messages as one unit of work; the block is its handling and commit.

    A single message is handled in its own trace; several in that of their batch.
    """

    def __init__(self, queue: str, messages: Sequence[Message]) -> None:
        self._queue, self._messages = queue, messages
        self._recorder = spans.recorder()
        self._began = 0
        if self._recorder is None:
            self._handling: AbstractContextManager[object] = nullcontext()
            return
        self._began = time.time_ns()
        self._above = spans.current()
        if len(messages) == 1:
            self._batch = None
            self._handling = spans.within(handling(messages[0]))
            return
        traced = _traced(self._recorder, messages)
        self._batch = spans.new(below=self._above, is_sampled=bool(traced))
        self._handling = spans.opened(
            f"process_batch {queue}",
            Kind.CONSUMER,
            self._batch,
            self._above,
            _of_batch(self._recorder.system, "process_batch", "process", queue, messages),
            [creation(message) for message in traced[:LINKS]],
        )

    def block(self) -> AbstractContextManager[object]:
        """Return the context manager of the handling and the commit."""
        return self._handling

    def ended(self, outcome: str, messages: Sequence[Message]) -> None:
        """Record the outcome of messages, a span each in the trace of its row; see Observer for the outcomes."""
        recorder = self._recorder
        if recorder is None:
            return
        now, is_parked = time.time_ns(), outcome == "parked"
        batch = self._batch or self._above
        for message in messages if is_parked else _traced(recorder, messages):
            context = handling(message)
            context.is_sampled = True
            links = [batch] if batch and batch.trace_id != context.trace_id and batch.is_sampled else []
            attributes = _of_message(recorder.system, "process", message)
            attributes |= {names.OUTCOME: outcome, names.ATTEMPT: message.attempts}
            recorder.record(
                Span(
                    f"process {message.queue}",
                    Kind.CONSUMER,
                    context,
                    creation(message),
                    self._began,
                    now,
                    attributes,
                    links,
                    "parked" if is_parked else "",
                )
            )


def _traced(recorder: Recorder, messages: Iterable[Message]) -> list[Message]:
    return [message for message in messages if _is_chosen(recorder, message.correlation_id)]


def _of_message(system: str, operation: str, message: Message) -> dict[str, Value]:
    return {
        names.MESSAGING_SYSTEM: system,
        names.MESSAGING_OPERATION_NAME: operation,
        names.MESSAGING_OPERATION_TYPE: operation,
        names.MESSAGING_DESTINATION_NAME: message.queue,
        names.MESSAGING_MESSAGE_ID: message.id,
        names.MESSAGING_MESSAGE_CONVERSATION_ID: shown(message.correlation_id, message.source_file),
    }


def _of_batch(
    system: str, name: str, operation: str, queue: str, messages: Sequence[Message]
) -> dict[str, Value]:
    return {
        names.MESSAGING_SYSTEM: system,
        names.MESSAGING_OPERATION_NAME: name,
        names.MESSAGING_OPERATION_TYPE: operation,
        names.MESSAGING_DESTINATION_NAME: queue,
        names.MESSAGING_BATCH_MESSAGE_COUNT: len(messages),
    }
