"""What waits for somebody: parked messages by cause, files with findings by state, missing and unconfirmed files."""

from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader, Trace
from tis_esr.operations.file_questions.open_findings import OpenFindings
from tis_esr.operations.ledger import LedgerEntry
from tis_esr.operations.parked.listing import Choice, grouped, parked_message
from tis_esr.operations.states import words


class WaitKind(StrEnum):
    """Which list has the single things of a line."""

    PARKED = "PARKED"
    FINDINGS = "FINDINGS"


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Several things that wait for the same: what they are, how many, who acts and what they do.

    ``code`` is the cause of parked messages. ``oldest`` is a day or moment in ISO form, "" if it is not stored.
    """

    kind: WaitKind
    what: str
    number: int
    who: str
    action: str
    oldest: str = ""
    code: str = ""


def waits(reader: Reader, findings: OpenFindings, offices: Several[str] | None = None) -> list[Wait]:
    """Return what waits, of some offices or of all; messages and files without an office are only in the latter."""
    mine = findings if offices is None else findings.of(offices)
    parked = [one for one in reader.parked() if offices is None or one.deanery in offices]
    return [*_parked(parked), *_files(mine.files), *_without_a_file(mine)]


def _parked(traces: Iterable[Trace]) -> Iterator[Wait]:
    for group in grouped(map(parked_message, traces), Choice()):
        yield Wait(
            kind=WaitKind.PARKED,
            what=f"Parked: {group.title[:1].lower()}{group.title[1:]}",
            number=len(group.messages),
            who=group.who,
            action=group.action,
            oldest=group.oldest,
            code=group.cause.value,
        )


def _files(files: Iterable[LedgerEntry]) -> Iterator[Wait]:
    """Yield files with findings by their state; what is done about them is the same for all of a state."""
    groups: dict[tuple[str, str], list[LedgerEntry]] = {}
    for file in files:
        state = "incomplete" if file.incomplete else words(file.state).lower()
        groups.setdefault((state, file.to_do), []).append(file)
    for (state, to_do), some in sorted(groups.items()):
        days = [file.day for file in some if file.day is not None]
        yield Wait(
            kind=WaitKind.FINDINGS,
            what=f"Files from ESR: {state}",
            number=len(some),
            who=Who.SUPPORT.value,
            action=_sentence(to_do),
            oldest=min(days).isoformat() if days else "",
        )


def _without_a_file(found: OpenFindings) -> Iterator[Wait]:
    if found.gaps:
        yield Wait(
            kind=WaitKind.FINDINGS,
            what="Files from ESR: missing",
            number=sum(gap.number for gap in found.gaps),
            who=Who.SUPPORT.value,
            action="Ask ESR for the files.",
        )
    if found.unconfirmed:
        yield Wait(
            kind=WaitKind.FINDINGS,
            what="Files for ESR: not confirmed",
            number=len(found.unconfirmed),
            who=Who.SUPPORT.value,
            action="Ask ESR whether it received or quarantined the files.",
            oldest=min(file.day for file in found.unconfirmed).isoformat(),
        )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
