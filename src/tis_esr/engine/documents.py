"""Collections: where one service keeps one kind of document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True)
class Collection(Generic[T]):
    """A service's collection: its name, its documents' type and key, and what it is searched by.

    ``indexes`` are field names of the document, in the camelCase or snake_case of the struct.
    """

    name: str
    type: type[T]
    key: Callable[[T], str]
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Between:
    """A range condition of a search: ``first <= value < end``."""

    first: Any
    end: Any


Where = Mapping[str, Any]
"""Conditions that must all hold: a value (equal), a list of values (one of them) or a Between."""
