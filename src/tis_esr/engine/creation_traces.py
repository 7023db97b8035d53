"""Traces of what a unit of work creates: messages, and the traces that begin with them, once it is committed."""

from collections.abc import Mapping, Sequence

from tis_esr.engine.envelope import Message
from tis_esr.engine.message_traces import above, creation, is_traced, of_message, origin, shown, trace_of
from tis_esr.tracing import names, spans
from tis_esr.tracing.spans import Context, Kind, Recorder, Span, Start, Value

Beginning = tuple[str, Mapping[str, Value]]
"""The first span of a trace: its name and attributes."""


class Creations:
    """What a unit of work creates and is recorded: messages, by id, and the first spans of traces, by their ids.

    A row's first span has the id that follows from the row: other processes name it. Any other trace may begin several
    times, as a file does that arrives again, each time with a span of its own.
    """

    def __init__(self) -> None:
        self._parents: dict[str, Context | None] = {}
        self._begun: dict[int, Span] = {}

    def emitted(self, ids: Sequence[str], cause: Message, begins: Beginning | None = None) -> None:
        """Note messages that a cause emits, and the first span of its trace, if it ``begins`` with them."""
        if is_traced(cause):
            parent = above(cause) if begins is None else self._begin(begins, cause)
            self._parents.update(dict.fromkeys(ids, parent))

    def _begin(self, beginning: Beginning, cause: Message) -> Context:
        """Begin the trace of a cause, linked with the work in progress."""
        (name, attributes), current = beginning, spans.current()
        first = origin(cause.correlation_id) if cause.row else spans.new(trace_of(cause.correlation_id))
        links = [current] if current is not None and current.is_sampled else []
        noted = {
            names.MESSAGING_MESSAGE_CONVERSATION_ID: shown(cause.correlation_id, cause.source_file),
            **attributes,
        }
        now = Start.now().wall
        self._begun[first.span_id] = Span(name, Kind.INTERNAL, first, None, now, now, noted, links)
        return first

    def committed(self, messages: Sequence[Message], start: Start) -> None:
        """Record the creation of committed messages since ``start``, below the handling of what caused each."""
        recorder = spans.recorder()
        if recorder is not None and self._parents:
            end = start.end()
            for message in messages:
                if message.id in self._parents:
                    self._record(recorder, message, start.wall, end)
        self._parents, self._begun = {}, {}

    def _record(self, recorder: Recorder, message: Message, begun: int, ended: int) -> None:
        parent = self._parents[message.id]
        if parent is not None and (first := self._begun.pop(parent.span_id, None)) is not None:
            recorder.record(first)
        noted = of_message(recorder.system, "create", message)
        name = f"create {message.queue}"
        recorder.record(Span(name, Kind.PRODUCER, creation(message), parent, begun, ended, noted))
