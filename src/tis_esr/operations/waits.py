"""What waits for somebody: parked messages by cause, files with findings by state, missing and unconfirmed files."""

from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from tis_esr.decisions.rejected_by_esr import REJECTION_WHO
from tis_esr.decisions.who import Who
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import ParkedTally, Reader
from tis_esr.first_letters import first_lower, first_upper
from tis_esr.operations.file_questions.open_findings import OpenFindings
from tis_esr.operations.ledger import LedgerEntry
from tis_esr.operations.parked.catalogue import CATALOGUE
from tis_esr.operations.parked.grouping import counted_by
from tis_esr.operations.parked.kinds import Grouping
from tis_esr.operations.parked.listing import Choice
from tis_esr.operations.person_updates.journal import PERSON_FILES
from tis_esr.operations.states import words
from tis_esr.parking_causes import ParkingCause
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RecordState,
)
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, Outcome

REJECTED_DAYS: Final = 30
"""Rejected notifications are counted in the files of so many days; older ones are in the reports."""
REFUSED_DAYS: Final = 7
"""Refused person updates are counted in the files of so many days."""


class WaitKind(StrEnum):
    """Which list has the single things of a line."""

    PARKED = "PARKED"
    FINDINGS = "FINDINGS"
    HELD = "HELD"
    REJECTED = "REJECTED"
    REFUSED = "REFUSED"


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Several things that wait for the same: what they are, how many, who acts and what they do.

    ``code`` is the cause of parked messages, or the type of file of held or rejected records. ``oldest`` is a day or moment in ISO form, "" if it is not stored.
    """

    kind: WaitKind
    what: str
    number: int
    who: str
    action: str
    oldest: str = ""
    code: str = ""


def waits(
    reader: Reader, findings: OpenFindings, today: date, offices: Several[str] | None = None
) -> list[Wait]:
    """Return what waits, of some offices or of all; messages and files without an office are only in the latter.

    Records and updates are counted by the store: held ones, those that ESR rejected (applicants who have not started,
    notifications in files of REJECTED_DAYS), and updates refused by TIS in files of REFUSED_DAYS.
    """
    mine = findings if offices is None else findings.of(offices)
    parked = [one for one in reader.parked_tallies() if offices is None or one.deanery in offices]
    some = sorted(DEANERIES if offices is None else offices)
    return [
        *_parked(parked),
        *_files(mine.files),
        *_without_a_file(mine),
        *_held(reader, some),
        *_rejected(reader, some, today),
        *_refused(reader, some, today),
    ]


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


def _held(reader: Reader, offices: Sequence[str]) -> Iterator[Wait]:
    where = {"state": RecordState.INVALID_DATA.value, "deanery": offices}
    for collection, what, code in (
        (APPLICANTS, "Applicants", "APP"),
        (NOTIFICATIONS, "Notifications", "DNC"),
    ):
        counted: Any = collection
        if number := reader.count(counted, where):
            yield Wait(
                kind=WaitKind.HELD,
                what=f"{what} held: data missing or not valid",
                number=number,
                who=f"{Who.LOCAL_OFFICE.value}, or {Who.TRUST.value}" if code == "APP" else Who.SUPPORT.value,
                action="Open an office and type for the records, with who acts on each.",
                code=code,
            )


def _rejected(reader: Reader, offices: Sequence[str], today: date) -> Iterator[Wait]:
    where = {"state": RecordState.REJECTED.value, "deanery": offices}
    coming = reader.count(APPLICANTS, {**where, "date_from": Between(today, date.max)})
    days = Between(today - timedelta(days=REJECTED_DAYS - 1), today + timedelta(days=1))
    files = [
        file.name
        for file in reader.find(OUTBOUND_FILES, {"day": days})
        if file.rows and file.type in {"DNC", "DNF"} and file.deanery in offices
    ]
    state = RecordState.REJECTED.value
    changes = reader.count(NOTIFICATIONS, {"file": files, "state": state}) if files else 0
    for number, what, code in ((coming, "Applicants", "APP"), (changes, "Notifications", "DNC")):
        if number:
            yield Wait(
                kind=WaitKind.REJECTED,
                what=f"{what} rejected by ESR",
                number=number,
                who=REJECTION_WHO.value,
                action="Open a file for ESR's message about each row.",
                code=code,
            )


def _refused(reader: Reader, offices: Sequence[str], today: date) -> Iterator[Wait]:
    first, end = today - timedelta(days=REFUSED_DAYS - 1), today + timedelta(days=1)
    names = [
        Between(f"DE_{office}_{type_}_{first:%Y%m%d}", f"DE_{office}_{type_}_{end:%Y%m%d}")
        for office in offices
        for type_ in PERSON_FILES
    ]
    state = Outcome.REFUSED.value
    number = sum(reader.count(JOURNAL, {"state": state, "correlation_id": one}) for one in names)
    if number:
        yield Wait(
            kind=WaitKind.REFUSED,
            what=f"Person updates refused in the last {REFUSED_DAYS} days",
            number=number,
            who=f"{Who.TRUST.value}, or {Who.LOCAL_OFFICE.value}",
            action="Open the list for the reasons, with who acts on each.",
        )


def _sentence(text: str) -> str:
    return f"{first_upper(text)}." if text else ""
