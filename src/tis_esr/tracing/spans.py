"""The context of the work in progress, and the spans recorded of it: nothing, at the cost of one comparison, if traces are off."""

import random
import time
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol

from tis_esr.tracing.names import SPANS_LEFT_OUT

Value = str | int | bool
CHILDREN: Final = 10
"""So many spans directly below one are recorded; of the others it says how many they were."""


class Kind(Enum):
    """The kinds of spans, as OpenTelemetry names them."""

    INTERNAL = "INTERNAL"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Start(NamedTuple):
    """A moment of the wall clock (nanoseconds since 1970), and of the monotonic clock."""

    wall: int
    ticks: int

    @classmethod
    def now(cls) -> "Start":
        """Return this moment."""
        return cls(time.time_ns(), time.monotonic_ns())

    def end(self) -> int:
        """Return the moment now, in nanoseconds since 1970, as far behind this one as time has passed."""
        return self.wall + time.monotonic_ns() - self.ticks


@dataclass(slots=True)
class Context:
    """The ids of a span, and whether its trace is recorded. ``left`` is how many more spans below it are."""

    trace_id: int
    span_id: int
    is_sampled: bool
    left: int = CHILDREN

    @property
    def traceparent(self) -> str:
        """Return it in the form of the W3C's header."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.is_sampled:02d}"


class Span(NamedTuple):
    """A span that has ended; times are nanoseconds since 1970. ``error`` is a class or a code, never a text."""

    name: str
    kind: Kind
    context: Context
    parent: Context | None
    begun: int
    ended: int
    attributes: Mapping[str, Value]
    links: Sequence[Context] = ()
    error: str = ""


class Recorder(Protocol):
    """Where spans go. ``system`` is the messaging system, as ``messaging.system`` names it."""

    system: str

    def samples(self, trace_id: int) -> bool:
        """Return whether a trace is recorded; the same in every process with the same share."""
        ...

    def record(self, span: Span) -> None:
        """Take a span; never waits and never fails."""
        ...

    def __hash__(self) -> int:
        """Return the identity's: what it samples is remembered."""
        ...


@dataclass(slots=True)
class Open:
    """A span in progress; attributes and the error may be set until it ends."""

    context: Context
    attributes: MutableMapping[str, Value] = field(default_factory=dict)
    error: str = ""


_recorder: Recorder | None = None
_current: ContextVar[Context | None] = ContextVar("span", default=None)
_muted: ContextVar[bool] = ContextVar("muted", default=False)


def recorder() -> Recorder | None:
    """Return where spans go, None if traces are off."""
    return None if _recorder is None or _muted.get() else _recorder


@contextmanager
def muted() -> Iterator[None]:
    """Record nothing of the block: a dry run does nothing."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


@contextmanager
def recording(chosen: Recorder) -> Iterator[None]:
    """Record the spans of this process meanwhile."""
    global _recorder
    before, _recorder = _recorder, chosen
    try:
        yield
    finally:
        _recorder = before


def current() -> Context | None:
    """Return the context of the work in progress."""
    return _current.get()


@contextmanager
def within(context: Context | None) -> Iterator[None]:
    """Do the block's work in a context; tasks that it starts inherit it."""
    if context is None:
        yield
        return
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def new(trace_id: int | None = None, *, is_sampled: bool = True) -> Context:
    """Return the context of another span, in a trace or in a new one."""
    return Context(trace_id or random.getrandbits(128), random.getrandbits(64) or 1, is_sampled)


def is_recording() -> bool:
    """Return whether the work in progress is recorded."""
    return recorder() is not None and (context := _current.get()) is not None and context.is_sampled


@contextmanager
def child(
    name: str, kind: Kind, attributes: Mapping[str, Value], links: Sequence[Context] = ()
) -> Iterator[Open | None]:
    """Record the block as a span below the current one; None where that is not recorded."""
    above = _current.get()
    if recorder() is None or above is None or not _has_room(above):
        yield None
        return
    with opened(name, kind, new(above.trace_id), above, attributes, links) as span:
        yield span


@contextmanager
def opened(
    name: str,
    kind: Kind,
    context: Context,
    parent: Context | None,
    attributes: Mapping[str, Value],
    links: Sequence[Context] = (),
) -> Iterator[Open]:
    """Record the block as this span, with the class of what it raises as its error."""
    span, start = Open(context, dict(attributes)), Start.now()
    token = _current.set(context)
    try:
        yield span
    except BaseException as error:
        span.error = span.error or type(error).__name__
        raise
    finally:
        _current.reset(token)
        if (to := recorder()) is not None and context.is_sampled:
            noted = {**span.attributes, **left_out(context)}
            to.record(Span(name, kind, context, parent, start.wall, start.end(), noted, links, span.error))


def _has_room(above: Context) -> bool:
    if not above.is_sampled:
        return False
    above.left -= 1
    return above.left >= 0


def left_out(context: Context) -> dict[str, Value]:
    """Return the attribute that says how many spans below this one were not recorded."""
    return {SPANS_LEFT_OUT: -context.left} if context.left < 0 else {}


def with_ids(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add ``trace_id`` and ``span_id`` of the work in progress to an event of the log, if traces are on."""
    if _recorder is not None and (context := _current.get()) is not None:
        event.setdefault("trace_id", f"{context.trace_id:032x}")
        event.setdefault("span_id", f"{context.span_id:016x}")
    return event
