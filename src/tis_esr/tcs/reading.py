"""TCS's JSON into DTOs, fast when it is as agreed and forgiving where one field isn't."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Shape(Generic[T]):
    """What an answer should be: ``name`` says it in an error text."""

    def __init__(self, kind: type[T], name: str) -> None:
        self.name = name
        self._decoder = msgspec.json.Decoder(kind)

    def read(self, body: bytes) -> T:
        """Return the DTOs. Raises ``msgspec.MsgspecError`` when the answer isn't that."""
        return self._decoder.decode(body)
