"""Collections: where one service keeps one kind of document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True)
class Collection(Generic[T]):
    """A service's collection: its name, the type and key of its documents, and its searched and counted fields.

    Each of ``indexes`` names the fields of one index, in the order of its search; ``counted`` are
    further fields by whose values the documents are counted.
    """

    name: str
    type: type[T]
    key: Callable[[T], str]
    indexes: tuple[tuple[str, ...], ...] = ()
    counted: tuple[str, ...] = ()

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Return the names of all searched fields."""
        return tuple(dict.fromkeys(field for index in self.indexes for field in index))


@dataclass(frozen=True)
class Between:
    """A range condition of a search: ``first <= value < end``."""

    first: Any
    end: Any


Where = Mapping[str, Any]
"""Conditions that must all hold: a value (equal), a list of values (one of them) or a Between."""
EVERYWHERE: Where = {}
"""No condition."""


def is_impossible(where: Where) -> bool:
    """Return whether nothing can match ``where``, because a list of values is empty."""
    return any(isinstance(wanted, list | tuple | set) and not wanted for wanted in where.values())
