"""Traces of files: reading or writing one is a span of the file's own trace, and each traced row of it one of the row's."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tis_esr.engine.message_traces import is_sampled, origin, shown, trace_of
from tis_esr.tracing import names, spans
from tis_esr.tracing.spans import Kind, Open, Span, Start, Value


@contextmanager
def file_span(name: str, file: str) -> Iterator[Open]:
    """Record the block as a span of the trace of a file, if traces are on.

    It is below the work in progress if that is in the same trace, and linked with it otherwise.
    """
    context, above = spans.new(trace_of(f"{file}:0")), spans.current()
    if spans.recorder() is None:
        yield Open(context)
        return
    parent = above if above is not None and above.trace_id == context.trace_id else None
    links = [above] if above is not None and above.is_sampled and parent is None else []
    with spans.opened(
        name, Kind.INTERNAL, context, parent, {names.FILE_NAME: shown(file, file)}, links
    ) as span:
        yield span


def about_file(file: str) -> AbstractContextManager[None]:
    """Do the block's work in the trace of a file, unless it is part of other work, which has a context already."""
    if spans.recorder() is None or spans.current() is not None:
        return nullcontext()
    return spans.within(origin(f"{file}:0"))


class WrittenRows:
    """The traced rows of an outbound file that is being written."""

    def __init__(self, file: str) -> None:
        self._file, self._start = file, Start.now()
        self._rows: list[tuple[str, int, bool]] = []

    def add(self, correlation_id: str, row: int, *, answers_row: bool) -> None:
        """Note a row (from 1) and what it answers: an inbound row, or else a change or a command."""
        if is_sampled(correlation_id):
            self._rows.append((correlation_id, row, answers_row))

    def written(self) -> None:
        """Record the rows, each in the trace of its inbound row; to be called within the file's span."""
        recorder, end, file = spans.recorder(), self._start.end(), spans.current()
        if recorder is None or file is None:
            return
        for correlation_id, row, answers_row in self._rows:
            first = origin(correlation_id)
            parent = first if answers_row else None
            noted: dict[str, Value] = {
                names.FILE_NAME: self._file,
                names.ROW: row,
                names.MESSAGING_MESSAGE_CONVERSATION_ID: correlation_id,
            }
            recorder.record(
                Span(
                    "write row",
                    Kind.INTERNAL,
                    spans.new(first.trace_id),
                    parent,
                    self._start.wall,
                    end,
                    noted,
                    [file],
                )
            )
