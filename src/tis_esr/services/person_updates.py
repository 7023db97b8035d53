"""Bringing what ESR knows of people to TIS: who it is, whether it may, what differs, and the calls.

Part of the InboundDataWriter. What is about to be changed is written into the journal first, so that a
restart in the middle knows what was meant and looks what came of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from tis_esr.decisions.person_updates import (
    ADD_FIELDS,
    CONTACT,
    PER_FIELDS,
    PERSONAL,
    FieldChange,
    Goes,
    absence_changes,
    detail_changes,
    is_host,
    is_primary,
    registration_numbers,
)
from tis_esr.decisions.positions import Stamp
from tis_esr.engine.documents import Collection
from tis_esr.engine.messages import Message
from tis_esr.engine.rows import RowState
from tis_esr.engine.work import Work
from tis_esr.records.filenames import FileName
from tis_esr.services.concurrently import each
from tis_esr.services.messages import Assignment, AssignmentRow
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.errors import TcsConflict, TcsRefused
from tis_esr.tcs.models import Absence, ContactDetails, Person, PersonalDetails, Placement

_CONFLICTS_IN_A_ROW = 5


class Outcome(StrEnum):
    """What came of one update; PLANNED only between the decision and the call."""

    PLANNED = "PLANNED"
    APPLIED = "APPLIED"
    REFUSED = "REFUSED"


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one person: old, new, and whether it was applied or refused, with the reason."""

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

    @property
    def key(self) -> str:
        """Return ``row's correlation id:row:field``."""
        return f"{self.correlation_id}:{self.row}:{self.section}.{self.field}"


class LastUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The newest assignment that was taken for a person: older ones change nothing."""

    person_id: int
    stamp: Stamp


JOURNAL = Collection(
    "inbounddatawriter.journal",
    JournalEntry,
    lambda entry: entry.key,
    ("person_id", "gmc_number", "correlation_id"),
)
PEOPLE = Collection("inbounddatawriter.people", LastUpdate, lambda last: str(last.person_id))


@dataclass
class Case:
    """One assignment on its way: the person it is about, and what is to be done."""

    message: Message
    rows: list[AssignmentRow]
    gmc: list[str]
    gdc: list[str]
    person: Person | None = None
    plans: list["Plan"] = field(default_factory=list)

    def values(self, record_type: str) -> list[tuple[int, dict[str, Any]]]:
        """Return number and values of the rows of one type."""
        return [(row.row, row.values) for row in self.rows if row.type == record_type]

    @property
    def head(self) -> dict[str, Any]:
        """Return the ASG row's values."""
        return self.rows[0].values


@dataclass
class Plan:
    """One call to TCS and the journal's entries for it."""

    kind: str
    row: int
    changes: dict[str, Any]
    entries: list[JournalEntry]
    absence_id: str = ""
    refused: str = ""


async def update_people(tcs: Tcs, work: Work, messages: Sequence[Message]) -> None:
    """Handle a batch of assignments: sort out, plan, write down what is meant, do it, write down what came."""
    cases = [_case(message) for message in messages]
    written = await work.find(JOURNAL, {"correlation_id": [message.correlation_id for message in messages]})
    meant = {entry.key: entry for entry in written}
    permitted = [case for case in cases if not _ignored(work, case)]
    matched = await _matched(tcs, work, permitted)
    fresh = await _not_superseded(work, matched)
    for wave in _waves(fresh):
        await _plan(tcs, work, wave, meant)
        if any(case.plans for case in wave):
            await work.save_intent()
            await _carry_out_all(tcs, work, wave)
        for case in wave:
            _account_done(work, case)


def _case(message: Message) -> Case:
    rows = message.decode(Assignment).rows
    gmc, gdc = registration_numbers(row.values for row in rows if row.type == "PBD")
    return Case(message, rows, gmc, gdc)


def _waves(cases: Sequence[Case]) -> list[list[Case]]:
    """Put the assignments of one person into separate waves, in their order: the second sees the first's effect."""
    waves: list[list[Case]] = []
    seen: dict[int, int] = {}
    for case in cases:
        person_id = case.person.id if case.person else 0
        number = seen.get(person_id, -1) + 1
        seen[person_id] = number
        if number == len(waves):
            waves.append([])
        waves[number].append(case)
    return waves


def _ignored(work: Work, case: Case) -> bool:
    reason = ""
    if is_host(case.head.get("hostLeadIndicator")):
        reason = "a host employer's record: the lead employer's is the one that counts"
    elif case.head.get("changeDeleteIndicator") == "D":
        reason = "a deleted assignment changes nothing about the person"
    if not reason:
        return False
    _account_all(work, case, RowState.IGNORED, reason)
    _refuse(work, case, None, reason)
    return True


def _account_all(work: Work, case: Case, state: RowState, reason: str) -> None:
    for row in case.rows:
        work.account(case.message.source_file, row.row, row.type, state, reason)


def _refuse(work: Work, case: Case, person_id: int | None, reason: str) -> None:
    work.put(
        JOURNAL,
        _entry(case, case.rows[0].row, person_id, "assignment", "all", None, None, Outcome.REFUSED, reason),
    )


def _entry(
    case: Case,
    row: int,
    person_id: int | None,
    section: str,
    name: str,
    old: str | None,
    new: str | None,
    state: Outcome,
    reason: str = "",
) -> JournalEntry:
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
    )


async def _matched(tcs: Tcs, work: Work, cases: Sequence[Case]) -> list[Case]:
    """Keep the assignments whose person is in TIS, by GMC, else GDC, and is placed in the post that ESR names."""
    by_gmc = await tcs.people_by_gmc({number for case in cases for number in case.gmc})
    by_gdc = await tcs.people_by_gdc({number for case in cases for number in case.gdc})
    found: list[tuple[Case, int]] = []
    for case in cases:
        ids = _ids(case.gmc, by_gmc) or _ids(case.gdc, by_gdc)
        if len(ids) == 1:
            found.append((case, ids.pop()))
        else:
            said = "several people in TIS have" if ids else "nobody in TIS has"
            reason = f"{said} the GMC or GDC number {', '.join(case.gmc + case.gdc) or '(none given)'}"
            _account_all(work, case, RowState.UNMATCHED, reason)
            _refuse(work, case, None, reason)
    posts = await tcs.posts_by_npn(
        {number for case, _ in found if (number := case.head.get("deaneryNumber"))}
    )
    placements = await tcs.placements_of_people({person_id for _, person_id in found})
    people = await tcs.people({person_id for _, person_id in found})
    matched = []
    for case, person_id in found:
        case.person = people.get(person_id)
        npn = case.head.get("deaneryNumber") or ""
        if case.person is not None and _placed(
            placements.get(person_id, []), {post.id for post in posts.get(npn, [])}
        ):
            matched.append(case)
        else:
            reason = f"post {npn or '(none given)'} is none of this person's in TIS"
            _account_all(work, case, RowState.UNMATCHED, reason)
            _refuse(work, case, person_id, reason)
    return matched


def _ids(numbers: Sequence[str], known: Mapping[str, Sequence[int]]) -> set[int]:
    return {person_id for number in numbers for person_id in known.get(number, ())}


def _placed(placements: Sequence[Placement], posts: set[int]) -> bool:
    return any(placement.post_id in posts for placement in placements)


async def _not_superseded(work: Work, cases: Sequence[Case]) -> list[Case]:
    """Keep what is newer than the last assignment taken for its person."""
    last = await work.get(PEOPLE, [str(case.person.id) for case in cases if case.person])
    fresh = []
    for case in cases:
        if case.person is None:
            continue
        key, name = str(case.person.id), FileName.parse(case.message.source_file)
        stamp = Stamp(name.date, name.sequence, case.message.row)
        if key in last and stamp < last[key].stamp:
            _account_all(work, case, RowState.SUPERSEDED, "a newer assignment of this person was taken")
            continue
        last[key] = LastUpdate(person_id=case.person.id, stamp=stamp)
        work.put(PEOPLE, last[key])
        fresh.append(case)
    return fresh


async def _plan(tcs: Tcs, work: Work, wave: Sequence[Case], meant: dict[str, JournalEntry]) -> None:
    people = await tcs.people({case.person.id for case in wave if case.person})
    ids = {str(values["absenceID"]) for case in wave for _, values in case.values("ABS")}
    absences = await each(sorted(ids), tcs.absence)
    for case in wave:
        if case.person is None:
            continue
        case.person = people.get(case.person.id, case.person)
        case.plans = [*_detail_plans(case, meant), *_absence_plans(case, absences, meant)]
        for plan in case.plans:
            for entry in plan.entries:
                work.put(JOURNAL, entry)
        planned = {entry.key for plan in case.plans for entry in plan.entries}
        _settle(work, case, meant, planned)


def _settle(work: Work, case: Case, meant: Mapping[str, JournalEntry], planned: set[str]) -> None:
    """Mark as applied what was meant before a restart and TIS has by now."""
    for key, entry in meant.items():
        if (
            entry.correlation_id == case.message.correlation_id
            and entry.state is Outcome.PLANNED
            and key not in planned
        ):
            work.put(JOURNAL, msgspec.structs.replace(entry, state=Outcome.APPLIED))


def _detail_plans(case: Case, meant: Mapping[str, JournalEntry]) -> list[Plan]:
    person = case.person
    if person is None:
        return []
    contact = person.contact_details or ContactDetails(id=person.id)
    personal = person.personal_details or PersonalDetails(id=person.id)
    sources: list[tuple[int, dict[str, Any], tuple[Goes, ...]]] = [
        (row, values, PER_FIELDS) for row, values in case.values("PER")
    ]
    sources += [(row, values, ADD_FIELDS) for row, values in case.values("ADD") if is_primary(values)]
    plans = []
    for row, values, fields in sources:
        changes, unmapped = detail_changes(values, fields, contact, personal)
        for section in (CONTACT, PERSONAL):
            of_section = [change for change in changes if change.section == section]
            if of_section:
                entries = [_planned(case, row, change, meant) for change in of_section]
                plans.append(Plan(section, row, {change.field: change.new for change in of_section}, entries))
        for column in unmapped:
            reason = "TIS has no value for ESR's code"
            entry = _entry(case, row, person.id, "unmapped", column, None, None, Outcome.REFUSED, reason)
            plans.append(Plan("none", row, {}, [entry]))
    return plans


def _planned(case: Case, row: int, change: FieldChange, meant: Mapping[str, JournalEntry]) -> JournalEntry:
    person_id = case.person.id if case.person else None
    entry = _entry(
        case, row, person_id, change.section, change.field, change.old, change.new, Outcome.PLANNED
    )
    return meant.get(entry.key, entry)


def _absence_plans(
    case: Case, absences: Mapping[str, Absence | None], meant: Mapping[str, JournalEntry]
) -> list[Plan]:
    plans = []
    for row, values in case.values("ABS"):
        attendance_id = str(values["absenceID"])
        known = absences.get(attendance_id)
        changes = absence_changes(values, known)
        if values.get("changeDeleteIndicator") == "D" or (known is not None and not changes):
            continue
        stored = msgspec.to_builtins(known) if known is not None else {}
        entries = [
            _planned(
                case,
                row,
                FieldChange(section="absence", field=name, old=_said(stored.get(name)), new=str(value)),
                meant,
            )
            for name, value in changes.items()
        ]
        plans.append(Plan("absence", row, changes, entries, absence_id=attendance_id))
    return plans


def _said(value: Any) -> str | None:
    return None if value is None else str(value)


async def _carry_out_all(tcs: Tcs, work: Work, wave: Sequence[Case]) -> None:
    """Make the calls of different people side by side."""
    await each(range(len(wave)), lambda number: _carry_out(tcs, work, wave[number]))


async def _carry_out(tcs: Tcs, work: Work, case: Case) -> None:
    for plan in case.plans:
        try:
            await _call(tcs, case, plan)
        except TcsRefused as error:
            plan.refused = str(error)
        if plan.kind == "none":
            continue
        outcome = Outcome.REFUSED if plan.refused else Outcome.APPLIED
        for entry in plan.entries:
            work.put(JOURNAL, msgspec.structs.replace(entry, state=outcome, reason=plan.refused))


async def _call(tcs: Tcs, case: Case, plan: Plan) -> None:
    if case.person is None:
        return
    if plan.kind == CONTACT:
        await tcs.patch_contact_details(case.person.id, plan.changes)
    elif plan.kind == PERSONAL:
        await tcs.patch_personal_details(case.person.id, plan.changes)
    elif plan.kind == "absence":
        await _write_absence(tcs, case.person.id, plan)


async def _write_absence(tcs: Tcs, person_id: int, plan: Plan) -> None:
    """Create an absence, or patch it with the version it has now; read again where somebody was faster."""
    for _ in range(_CONFLICTS_IN_A_ROW):
        known = await tcs.absence(plan.absence_id)
        if known is None or known.id is None:
            new = {**plan.changes, "absenceAttendanceId": plan.absence_id, "personId": person_id}
            await tcs.create_absence(msgspec.convert(new, Absence))
            return
        try:
            await tcs.patch_absence(
                known.id, {"id": known.id, **plan.changes, "amendedDate": known.amended_date}
            )
        except TcsConflict:
            continue
        return
    raise TcsConflict("PATCH", "/api/absence/{id}", "was stale time and again", status=409)


def _account_done(work: Work, case: Case) -> None:
    refused = {plan.row: plan.refused for plan in case.plans if plan.refused}
    file = case.message.source_file
    for row in case.rows:
        if row.row in refused:
            continue
        if row.type == "ADD" and not is_primary(row.values):
            work.account(file, row.row, row.type, RowState.IGNORED, "not the primary address")
        else:
            work.account(file, row.row, row.type, RowState.APPLIED)
    if refused:
        work.park(case.message, f"TCS refused it: {next(iter(refused.values()))}")
