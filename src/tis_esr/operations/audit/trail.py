"""The audit trail: entries that are written with the act they are about, and that can't be changed unseen.

Each entry has the hash of the one before, so a changed, inserted or removed entry breaks the chain. A trail that was
rewritten as a whole is found only where its last number and hash were noted elsewhere; ``verify`` returns both.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from tis_esr.engine.collection import Between, Collection, Where
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work

_HEAD = "head"
_AT_ONCE = 1000


class Person(msgspec.Struct, frozen=True):
    """Who acts, and ``via`` what: "command line" or "console"."""

    name: str
    via: str = "command line"


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One act or look: who, when (UTC), what, why, with which result.

    ``act`` is a short code such as ``parked.discard``, ``on`` are the ids that it was about, never personal data.
    ``previous`` is the hash of the entry before, ``hash`` that of this one. Numbers count from 1.
    """

    number: int
    at: datetime
    who: str
    via: str
    act: str
    on: list[str]
    why: str
    result: str
    previous: str
    hash: str = ""

    @property
    def key(self) -> str:
        """Return the number, so that keys are in the order of entries."""
        return str(self.number).zfill(12)

    def digest(self) -> str:
        """Return the hash over everything but the hash itself."""
        said = [
            self.number,
            self.at,
            self.who,
            self.via,
            self.act,
            self.on,
            self.why,
            self.result,
            self.previous,
        ]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


class AuditHead(msgspec.Struct, frozen=True, kw_only=True):
    """The last number used, and its hash; ``first`` is the oldest entry that no purge has removed."""

    number: int = 0
    hash: str = ""
    first: int = 1
    name: str = _HEAD


AUDIT = Collection("audit.entries", AuditEntry, lambda entry: entry.key, (("number",), ("act", "number")))
AUDIT_HEAD = Collection("audit.head", AuditHead, lambda head: head.name)


async def record(
    work: Work, person: Person, act: str, on: Sequence[str] = (), *, why: str = "", result: str = "done"
) -> AuditEntry:
    """Write an entry with everything else that ``work`` commits; two acts at one moment conflict, and one is retried.

    Its time is that of the clock, also where a day is run later.
    """
    head = await newest(work)
    entry = AuditEntry(
        number=head.number + 1,
        at=work.moment,
        who=_text(person.name),
        via=person.via,
        act=act,
        on=[_text(one) for one in on],
        why=_text(why),
        result=_text(result),
        previous=head.hash,
    )
    entry = msgspec.structs.replace(entry, hash=entry.digest())
    work.put(AUDIT, entry)
    work.put(AUDIT_HEAD, msgspec.structs.replace(head, number=entry.number, hash=entry.hash))
    return entry


async def newest(work: Work) -> AuditHead:
    """Return the number and hash of the newest entry."""
    return (await work.get(AUDIT_HEAD, [_HEAD])).get(_HEAD) or AuditHead()


def _text(said: str) -> str:
    """Return a text that can be stored, whatever bytes a terminal sent."""
    return said.encode("utf-8", "replace").decode()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the kept entries are an unbroken chain: ``broken_at`` is the first that isn't, 0 if there is none.

    ``last`` and ``hash`` are the number and hash of the newest entry.
    """

    entries: int
    broken_at: int
    reason: str = ""
    last: int = 0
    hash: str = ""


def verify(reader: Reader) -> Verdict:
    """Check the chain from the oldest entry that no purge has removed to the newest.

    What is broken is checked once more: a purge may have removed the oldest entries meanwhile.
    """
    found = _verified(reader)
    return _verified(reader) if found.broken_at else found


def _verified(reader: Reader) -> Verdict:
    head = _head(reader)
    previous: AuditEntry | None = None
    checked = 0
    for entry in _ascending(reader, head.number):
        if reason := _broken(previous, entry, head.first):
            return Verdict(entries=checked, broken_at=entry.number, reason=reason)
        previous, checked = entry, checked + 1
    last = (previous.number, previous.hash) if previous else (0, "")
    if last != (head.number, head.hash):
        return Verdict(
            entries=checked, broken_at=head.number, reason="the last entry is missing or another one"
        )
    return Verdict(entries=checked, broken_at=0, last=head.number, hash=head.hash)


def _broken(previous: AuditEntry | None, entry: AuditEntry, first: int) -> str:
    if entry.hash != entry.digest():
        return "its content was changed"
    if previous is None:
        return f"entry {first} is missing" if entry.number > first else ""
    if entry.number != previous.number + 1:
        return f"entry {previous.number + 1} is missing"
    return "" if entry.previous == previous.hash else "it does not follow the entry before it"


def entries(reader: Reader, *, last: int = 50, act: str = "") -> list[AuditEntry]:
    """Return the newest entries, newest first: at most ``last``, of one act if it is named."""
    found: list[AuditEntry] = []
    end = _head(reader).number + 1
    while end > 1 and len(found) < last:
        numbers = Between(max(1, end - _AT_ONCE), end)
        where: Where = {"act": act, "number": numbers} if act else {"number": numbers}
        found += reversed(reader.find(AUDIT, where, ("number",), _AT_ONCE))
        end = numbers.first
    return found[:last]


def _head(reader: Reader) -> AuditHead:
    return next(iter(reader.get(AUDIT_HEAD, [_HEAD])), AuditHead())


def _ascending(reader: Reader, last: int) -> Iterator[AuditEntry]:
    first = 0
    while page := reader.find(AUDIT, {"number": Between(first, last + 1)}, ("number",), _AT_ONCE):
        yield from page
        first = page[-1].number + 1
