"""Parts of a unit of work that can fail separately: if one loses a race, the others take effect."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.row_accounting import Row

Place = tuple[str, str]
"""A document: its collection's name and its key."""


@dataclass(eq=False)
class Part:
    """The work about one thing; ``messages`` are retried if it is lost."""

    messages: dict[Identity, Message] = field(default_factory=dict)
    is_lost: bool = False


class Parts:
    """The parts of one unit of work, and to which of them each of its writes belongs.

    A document that two parts use belongs to the unit as a whole, and so do both parts: they are lost only with
    everything else.
    """

    def __init__(self) -> None:
        self.whole = Part()
        self.current = self.whole
        self._by_name: dict[str, Part] = {}
        self._owners: dict[Place, Part] = {}
        self._tied: set[Part] = set()
        self._emitted: list[tuple[Part, Message]] = []
        self._rows: list[tuple[Part, Row]] = []

    def named(self, name: str, messages: Iterable[Message]) -> Part:
        """Return the part of that name, with these messages."""
        part = self._by_name.setdefault(name, Part())
        part.messages.update({message.identity: message for message in messages})
        return part

    def touch(self, place: Place) -> None:
        """Record that the current part has written a document, or has read what another part wrote."""
        owner = self._owners.setdefault(place, self.current)
        if owner is not self.current:
            self._tied |= {owner, self.current}
            self._owners[place] = self.whole

    def emit(self, message: Message) -> None:
        """Add a message that is sent with the current part."""
        self._emitted.append((self.current, message))

    def account(self, row: Row) -> None:
        """Add the outcome of a row to the current part."""
        self._rows.append((self.current, row))

    def stands(self, place: Place) -> bool:
        """Return whether the part of a written document is not lost."""
        return not self._owners[place].is_lost

    def emitted(self) -> list[Message]:
        """Return the messages to send, without those of lost parts."""
        return [message for part, message in self._emitted if not part.is_lost]

    def rows(self) -> list[Row]:
        """Return the outcomes of rows, without those of lost parts."""
        return [row for part, row in self._rows if not part.is_lost]

    def lose(self, places: Iterable[Place]) -> list[Message]:
        """Discard the parts that these documents belong to; return their messages, or none if all would be discarded."""
        parts = {self._owners[place]: None for place in places}
        if self.whole in parts or self._tied & parts.keys():
            return []
        for part in parts:
            part.is_lost = True
        return [message for part in parts for message in part.messages.values()]

    def saved(self) -> None:
        """Clear the writes, which have taken effect; what is added to a lost part is still discarded."""
        self._owners, self._tied, self._emitted, self._rows = {}, set(), [], []
