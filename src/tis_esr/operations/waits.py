"""What waits for somebody: parked messages by cause, files with findings by state, missing and unconfirmed files."""

from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import ParkedTally, Reader
from tis_esr.first_letters import first_lower, first_upper
from tis_esr.operations.file_questions.open_findings import OpenFindings
from tis_esr.operations.ledger import LedgerEntry
from tis_esr.operations.parked.catalogue import CATALOGUE
from tis_esr.operations.parked.grouping import counted_by
from tis_esr.operations.parked.kinds import Grouping
from tis_esr.operations.parked.listing import Choice
from tis_esr.operations.states import words
from tis_esr.parking_causes import ParkingCause


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
    parked = [one for one in reader.parked_tallies() if offices is None or one.deanery in offices]
    return [*_parked(parked), *_files(mine.files), *_without_a_file(mine)]


def _parked(tallies: Iterable[ParkedTally]) -> Iterator[Wait]:
    for group in counted_by(Grouping.CAUSE, tallies, Choice(), 0.0):
        text = CATALOGUE[ParkingCause(group.key)]
        yield Wait(
            kind=WaitKind.PARKED,
            what=f"Parked: {first_lower(text.title)}",
            number=group.number,
            who=text.who,
            action=text.action,
            oldest=group.oldest,
            code=group.key,
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
    return f"{first_upper(text)}." if text else ""
