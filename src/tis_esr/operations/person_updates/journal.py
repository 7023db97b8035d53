"""Person updates in the files of some days, by file and row, and all of one person. No values and no numbers of people."""

from collections.abc import Collection as Some
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from tis_esr.decisions.person_refusals import Refusal
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.why.of_updates import who_acts
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry, Outcome

MOST: Final = 20_000
"""Updates that are read for one list."""
MOST_OF_ONE: Final = 2000
"""Updates of one person that are read."""
PERSON_FILES: Final = ("RMC", "RMF")
"""The types of file that update people."""


class UpdateState(StrEnum):
    """The outcome of an update; PLANNED only between the decision and the call."""

    PLANNED = "PLANNED"
    APPLIED = "APPLIED"
    REFUSED = "REFUSED"


class Changed(StrEnum):
    """What an update does to the value in TIS, without the value; NOT_KEPT once the values were purged."""

    SET = "SET"
    REPLACED = "REPLACED"
    REMOVED = "REMOVED"
    NOTHING = "NOTHING"
    NOT_KEPT = "NOT_KEPT"


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one person: where it came from, its outcome, why, and who must act.

    ``origin_row`` is the row of the assignment that it belongs to: with the file it finds the person. ``repaired`` says
    what was repaired in the value before it was sent.
    """

    file: str
    office: str
    day: date
    row: int
    origin_row: int
    section: str
    field: str
    column: str
    state: UpdateState
    changed: Changed
    code: str
    reason: str
    repaired: str
    who: str
    action: str

    @property
    def key(self) -> str:
        """Return what is unique: file, row, the row of the assignment, and field."""
        return f"{self.file}:{self.row:07}:{self.origin_row:07}:{self.section}.{self.field}"


class UpdateList(msgspec.Struct, frozen=True, kw_only=True):
    """Updates; ``is_cut`` says that there are more than were read."""

    updates: list[Update]
    is_cut: bool


class RefusalGroup(msgspec.Struct, frozen=True, kw_only=True):
    """How many updates were refused for one reason, of how many rows, and who must act."""

    code: str
    reason: str
    updates: int
    rows: int
    who: str
    action: str


def updates_of_days(reader: Reader, offices: Sequence[str], first: date, last: date) -> UpdateList:
    """Return the updates of the files dated ``first`` to ``last``."""
    found: list[JournalEntry] = []
    for office in offices:
        for type_ in PERSON_FILES:
            names = Between(f"DE_{office}_{type_}_{first:%Y%m%d}", f"DE_{office}_{type_}_{_after(last)}")
            left = MOST + 1 - len(found)
            if left > 0:
                found += reader.find(JOURNAL, {"correlation_id": names}, ("correlation_id",), left)
    return UpdateList(updates=list(_listed(found[:MOST])), is_cut=len(found) > MOST)


def updates_of_person(reader: Reader, file: str, row: int, offices: Some[str]) -> UpdateList | None:
    """Return all updates of the person in a row of a file, those of these offices.

    None if the row has none, or its file is of another office. A row whose person has no number has only its own updates.
    """
    entries = reader.find(JOURNAL, {"correlation_id": f"{file}:{row}"}, limit=MOST_OF_ONE)
    if not any(update.office in offices for update in _listed(entries)):
        return None
    numbers = sorted({entry.gmc_number for entry in entries if entry.gmc_number})
    if numbers:
        entries = reader.find(JOURNAL, {"gmc_number": numbers}, limit=MOST_OF_ONE + 1)
    found = [update for update in _listed(entries[:MOST_OF_ONE]) if update.office in offices]
    return UpdateList(updates=found, is_cut=len(entries) > MOST_OF_ONE)


def refusal_groups(updates: Iterable[Update]) -> list[RefusalGroup]:
    """Return the refused updates by reason, the most frequent first."""
    groups: dict[str, list[Update]] = {}
    for update in updates:
        if update.state is UpdateState.REFUSED:
            groups.setdefault(update.code, []).append(update)
    lines = [
        RefusalGroup(
            code=code,
            reason=some[0].reason,
            updates=len(some),
            rows=len({(one.file, one.row) for one in some}),
            who=some[0].who,
            action=some[0].action,
        )
        for code, some in groups.items()
    ]
    return sorted(lines, key=lambda group: (-group.updates, group.code))


def refusal_codes() -> list[str]:
    """Return the code of every reason for a refusal."""
    return [code.value for code in Refusal]


def _listed(entries: Iterable[JournalEntry]) -> Iterable[Update]:
    for entry in entries:
        name, _, row = entry.correlation_id.rpartition(":")
        try:
            parsed = FileName.parse(name)
        except BadFileNameError:
            continue
        who, action = who_acts(entry.code) if entry.state is Outcome.REFUSED else (None, "")
        yield Update(
            file=name,
            office=parsed.deanery,
            day=parsed.date,
            row=entry.row,
            origin_row=int(row) if row.isdecimal() else entry.row,
            section=entry.section,
            field=entry.field,
            column=entry.column,
            state=UpdateState(entry.state.value),
            changed=_changed(entry),
            code=entry.code,
            reason=Refusal(entry.code).text if entry.code in set(Refusal) else "",
            repaired=entry.reason if entry.state is Outcome.APPLIED else "",
            who=who.value if who is not None else "",
            action=action,
        )


def _changed(entry: JournalEntry) -> Changed:
    if entry.state is Outcome.REFUSED:
        return Changed.NOTHING
    if entry.new is None:
        return Changed.NOT_KEPT if entry.old is None else Changed.REMOVED
    return Changed.SET if entry.old is None else Changed.REPLACED


def _after(last: date) -> str:
    return f"{last + timedelta(days=1):%Y%m%d}"
