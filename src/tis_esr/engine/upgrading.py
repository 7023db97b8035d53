"""What an upgrade of a store converts: documents, and the bodies of its messages. Each engine carries it out in its own way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.errors import Exit, TisEsrError

T = TypeVar("T")
Json = dict[str, Any]
Page = list[tuple[str, Json]]
"""Documents with their keys."""
PAGE = 500
"""Documents that are converted and written together."""


class OldDocuments(Protocol):
    """The documents as an earlier version left them; reading them changes nothing."""

    def pages(self, collection: str) -> Iterator[Page]:
        """Yield all documents of a collection in the order of their keys, PAGE at a time."""
        ...

    def get(self, collection: str, keys: Sequence[str]) -> list[Json]:
        """Return the documents that exist of these keys."""
        ...

    def find(self, collection: str, field: str, values: Sequence[Any]) -> list[Json]:
        """Return the documents whose field, which has an index, has one of these values."""
        ...


Written = tuple[Collection[Any], msgspec.Struct]
"""A converted document, and where it belongs."""


@dataclass(frozen=True)
class Step:
    """A part of an upgrade: yields what becomes of each page of ``reads``, the same however often it is repeated.

    ``keeps`` are pairs of an old and a new collection that must have equally many documents in the end.
    """

    name: str
    reads: str
    convert: Callable[[OldDocuments, Sequence[Json]], Iterable[Written]]
    keeps: Sequence[tuple[str, Collection[Any]]] = ()


@dataclass(frozen=True)
class Upgrade:
    """The way from an earlier release's stores to the present ones.

    ``embedded`` and ``production`` are the release's schema versions. ``old_collections`` are all that it had.
    ``bodies`` convert the bodies of messages that wait or are parked, by queue; ``causes`` tell from a parked message's
    body why it was parked. ``requests`` are messages that it ends with.
    """

    release: str
    embedded: int
    production: int
    old_collections: Sequence[str]
    steps: Sequence[Step]
    bodies: Mapping[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    causes: Mapping[str, Callable[[bytes], str]] = field(default_factory=dict)
    requests: Sequence[Message] = ()


_GO_ON = "nothing was changed. Report this line to support, and go on with the version that wrote it"


class UnconvertibleError(TisEsrError):
    """An upgrade would lose documents, so nothing is changed."""

    exit_code = Exit.UNAVAILABLE


class LostDocumentsError(UnconvertibleError):
    """A step keeps fewer documents than it read; names the collection and both numbers."""

    def __init__(self, collection: str, old: int, new: int) -> None:
        super().__init__(
            f"{collection}: {old} of its documents were read, {new} could be converted; {_GO_ON}"
        )


class UnconvertibleDocumentError(UnconvertibleError):
    """A document has another form than its release gave it; names the collection and its key, not its content."""

    def __init__(self, collection: str, key: str, error: Exception) -> None:
        super().__init__(
            f"{collection}: document {key} could not be converted ({type(error).__name__}); {_GO_ON}"
        )


class UnconvertibleMessageError(UnconvertibleError):
    """A message has another body than its release gave it; names the queue and the message, not its content."""

    def __init__(self, queue: str, message: str, error: Exception) -> None:
        super().__init__(
            f"{queue}: message {message} could not be converted ({type(error).__name__}); {_GO_ON}"
        )


def converted(step: Step, old: OldDocuments, page: Page) -> list[Written]:
    """Return the outcome of a page. Raises UnconvertibleDocumentError for the first document that cannot be converted."""
    try:
        return list(step.convert(old, [document for _, document in page]))
    except _FAULTS as error:
        for key, document in page:
            try:
                list(step.convert(old, [document]))
            except _FAULTS as own:
                raise UnconvertibleDocumentError(step.reads, key, own) from None
        raise UnconvertibleDocumentError(step.reads, f"{page[0][0]} or one after it", error) from None


def converted_body(queue: str, message: str, convert: Callable[[bytes], T], body: bytes) -> T:
    """Return the converted body of a message, or what else is read from it. Raises UnconvertibleMessageError."""
    try:
        return convert(body)
    except _FAULTS as error:
        raise UnconvertibleMessageError(queue, message, error) from None


_FAULTS = (LookupError, ValueError, TypeError, AttributeError, TisEsrError)
"""What converting a document or a body raises if it has another form; msgspec's errors are ValueErrors."""


def refuse_loss(step: Step, count_old: Callable[[str], int], count_new: Callable[[str], int]) -> None:
    """Raise LostDocumentsError if a step did not keep every document that it has to."""
    for before, after in step.keeps:
        old, new = count_old(before), count_new(after.name)
        if old != new:
            raise LostDocumentsError(before, old, new)
