"""The data of person updates in TIS, and their journal.

The journal has, for each field of each person, the planned change and its outcome. It is written before TCS is called,
so that the plan is known after a restart.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from tis_esr.decisions.people import absence_section
from tis_esr.decisions.person_refusals import Refusal
from tis_esr.decisions.versions import Stamp, stamp_of
from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import AssignmentRow
from tis_esr.services.inbound_data_writer.attempts import OpenAttempt
from tis_esr.tcs.models import Person


class Outcome(StrEnum):
    """The outcome of one update; PLANNED only between the decision and the call."""

    PLANNED = "PLANNED"
    APPLIED = "APPLIED"
    REFUSED = "REFUSED"


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one person: old, new, and whether it was applied or refused, with the reason.

    ``column`` is ESR's; ``code`` is the Refusal where it was refused. The reason of an applied value says what was
    repaired in it. A refused value is not stored.
    """

    correlation_id: str
    row: int
    person_id: int | None
    gmc_number: str | None
    section: str
    field: str
    old: str | None
    new: str | None
    state: Outcome
    reason: str = ""
    code: str = ""
    column: str = ""

    @property
    def key(self) -> str:
        """Return ``row's correlation id:row:field``."""
        return f"{self.correlation_id}:{self.row}:{self.section}.{self.field}"


class TisPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom ESR's rows have updated in TIS: the stamp of the row that each detail came from.

    ``stamps`` is by section and field (``contact.legalSurname``, ``absence a1.startDate``): each detail is superseded
    independently. ``open`` is the last attempt while its outcome is not known, see ``attempts``.
    """

    person_id: int
    stamps: dict[str, Stamp] = {}
    open: OpenAttempt | None = None


JOURNAL = Collection(
    "inbounddatawriter.journal",
    JournalEntry,
    lambda entry: entry.key,
    (("gmc_number",), ("correlation_id",), ("state", "correlation_id")),
)
TIS_PEOPLE = Collection("inbounddatawriter.people", TisPerson, lambda known: str(known.person_id))


@dataclass
class Case:
    """One assignment in progress: its person, their posts, and the planned calls.

    ``known`` is the person's stored document, ``brought`` the details of each row, ``given`` those that no newer row
    had before, ``settled`` the sections for which an earlier attempt proved to have taken effect.
    """

    message: Message
    rows: list[AssignmentRow]
    gmc: list[str]
    gdc: list[str]
    heading: list[AssignmentRow] = field(default_factory=list)
    person: Person | None = None
    post_ids: list[int] = field(default_factory=list)
    known: TisPerson | None = None
    brought: dict[int, list[str]] = field(default_factory=dict)
    given: dict[int, list[str]] = field(default_factory=dict)
    superseded: set[int] = field(default_factory=set)
    plans: list["Plan"] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)

    def values(self, record_type: str) -> list[tuple[int, dict[str, Any]]]:
        """Return number and values of the rows of one type."""
        return [(row.row, row.values) for row in self.rows if row.type == record_type]

    def stamp(self, row: int) -> Stamp:
        """Return the stamp of a row of the assignment."""
        return stamp_of(self.message.source_file, row)

    @property
    def head(self) -> dict[str, Any]:
        """Return the ASG row's values, from the message's head if an earlier message had the row."""
        return (self.heading or self.rows)[0].values


@dataclass
class Plan:
    """One call to TCS and its journal entries; ``done`` and ``refused`` are its outcome."""

    kind: str
    row: int
    changes: dict[str, Any]
    entries: list[JournalEntry]
    absence_id: str = ""
    done: bool = False
    refused: str = ""

    @property
    def withheld(self) -> list[JournalEntry]:
        """Return the entries of the row that are not sent to TIS."""
        return self.entries if self.kind == "none" else []

    @property
    def details(self) -> list[str]:
        """Return what the call changes, by section and field."""
        return [f"{self.section}.{name}" for name in self.changes]

    @property
    def section(self) -> str:
        """Return what the call is about: a section of the person's details, or one absence."""
        return absence_section(self.absence_id) if self.kind == "absence" else self.kind


def entry_of(
    case: Case,
    row: int,
    person_id: int | None,
    section: str,
    name: str,
    old: str | None,
    new: str | None,
    state: Outcome,
    reason: str = "",
    code: str = "",
) -> JournalEntry:
    """Return a new journal entry about one field of the case's person, not stored yet."""
    return JournalEntry(
        correlation_id=case.message.correlation_id,
        row=row,
        person_id=person_id,
        gmc_number=case.gmc[0] if case.gmc else None,
        section=section,
        field=name,
        old=old,
        new=new,
        state=state,
        reason=reason,
        code=code,
    )


def refuse(work: Work, case: Case, person_id: int | None, reason: str, code: Refusal) -> None:
    """Record in the journal that nothing of the assignment is sent to TIS, and why."""
    row = case.rows[0].row
    entry = entry_of(case, row, person_id, "assignment", "all", None, None, Outcome.REFUSED, reason, code)
    work.put(JOURNAL, entry)


def account_all(work: Work, case: Case, state: RowState, reason: str) -> None:
    """Account for each row of the assignment with this outcome."""
    for row in case.rows:
        work.account(case.message.source_file, row.row, row.type, state, reason)
