"""Searches the audit: who did which act, when, on what."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.audit.trail import AUDIT, AUDIT_HEAD, AuditEntry
from tis_esr.wall_clock import LONDON

LOOKED_AT: Final = 20_000
"""Entries that one search looks at, from the newest."""
_AT_ONCE: Final = 1000


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: all that meet every condition that is set.

    ``since`` is a day in London. ``on`` is what an entry is about: a whole id, or the beginning of one.
    """

    who: str = ""
    act: str = ""
    via: str = ""
    on: str = ""
    since: date | None = None

    def has(self, entry: AuditEntry) -> bool:
        """Return whether an entry meets every condition."""
        return (
            self.who in ("", entry.who)
            and self.act in ("", entry.act)
            and self.via in ("", entry.via)
            and (not self.on or any(one.startswith(self.on) for one in entry.on))
            and (self.since is None or _day(entry) >= self.since)
        )


class FoundEntries(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, the newest first; ``people`` and ``acts`` are all that were met, for further searches.

    ``not_before`` is the oldest entry that was looked at, 0 if that was the first that is kept.
    """

    entries: list[AuditEntry]
    people: list[str]
    acts: list[str]
    not_before: int = 0


def search(reader: Reader, sought: Sought, looked_at: int = LOOKED_AT) -> FoundEntries:
    """Return the entries that meet the conditions, among the newest ``looked_at``; those before ``since`` are not read."""
    seen: list[AuditEntry] = []
    for entry in _newest_first(reader):
        if sought.since is not None and _day(entry) < sought.since:
            break
        if len(seen) == looked_at:
            return _found(seen, sought, seen[-1].number)
        seen.append(entry)
    return _found(seen, sought, 0)


def one_entry(reader: Reader, number: int) -> AuditEntry | None:
    """Return an entry by its number; None if there is none."""
    return next(iter(reader.find(AUDIT, {"number": number})), None)


def _found(seen: Iterable[AuditEntry], sought: Sought, not_before: int) -> FoundEntries:
    known = list(seen)
    return FoundEntries(
        entries=[entry for entry in known if sought.has(entry)],
        people=sorted({entry.who for entry in known}),
        acts=sorted({entry.act for entry in known}),
        not_before=not_before,
    )


def _newest_first(reader: Reader) -> Iterator[AuditEntry]:
    head = next(iter(reader.get(AUDIT_HEAD, ["head"])), None)
    end = head.number + 1 if head else 1
    while end > 1:
        first = max(1, end - _AT_ONCE)
        yield from reversed(reader.find(AUDIT, {"number": Between(first, end)}, ("number",), _AT_ONCE))
        if head and first < head.first:
            return
        end = first


def _day(entry: AuditEntry) -> date:
    return entry.at.astimezone(LONDON).date()
