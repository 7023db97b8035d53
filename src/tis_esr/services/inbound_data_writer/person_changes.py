"""Changes of a person in TCS: planned, stored, then carried out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.people import (
    CONTACT,
    PER_FIELDS,
    PERSONAL,
    FieldChange,
    RefusedValue,
    absence_changes,
    absence_refusals,
    attendance_id,
    detail_changes,
    is_deletion,
)
from tis_esr.decisions.person_refusals import Refusal
from tis_esr.engine import message_traces
from tis_esr.engine.work import Work
from tis_esr.services.concurrently import both, each, outcomes
from tis_esr.services.inbound_data_writer.attempts import Bounds
from tis_esr.services.inbound_data_writer.person_details import absence_sources, detail_sources, news_of
from tis_esr.services.inbound_data_writer.person_journal import (
    JOURNAL,
    Case,
    JournalEntry,
    Outcome,
    Plan,
    entry_of,
)
from tis_esr.services.superseding import NEWER
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Absence, ContactDetails, PersonalDetails
from tis_esr.tcs.tcs_errors import (
    TcsConflictError,
    TcsError,
    TcsRefusedError,
    TcsUnavailableError,
    TcsUncertainError,
)

_CONFLICTS_IN_A_ROW = 5


async def plan_calls(tcs: Tcs, work: Work, cases: Sequence[Case], meant: Mapping[str, JournalEntry]) -> None:
    """Plan the calls that update each case's person from ESR, and write them to the journal.

    The cases are about different people. TCS is only read. ``meant`` has the earlier journal entries by key: a planned
    call that is no longer needed was made before.
    """
    ids = {attendance_id(values) for case in cases for _, values in absence_sources(case)}
    people, absences = await both(
        tcs.people({case.person.id for case in cases if case.person}), each(sorted(ids), tcs.absence)
    )
    before: dict[str, list[JournalEntry]] = {}
    for entry in meant.values():
        before.setdefault(entry.correlation_id, []).append(entry)
    for case in cases:
        if case.person is None:
            continue
        case.person = people.get(case.person.id, case.person)
        case.plans = [
            *_detail_plans(case, meant, work.today),
            *_absence_plans(case, absences, meant),
            *_withheld_absences(case),
        ]
        for plan in case.plans:
            for entry in plan.entries:
                work.put(JOURNAL, entry)
        _settle(work, case, before.get(case.message.correlation_id, ()))


async def carry_out(
    tcs: Tcs, work: Work, cases: Sequence[Case], bounds: Bounds
) -> dict[int, TcsError | None]:
    """Make the planned calls, concurrently for different people, and record the outcome of each.

    What TCS rejects is in the plan's ``refused``; any other error of TCS is returned, by the number of the case, and
    completed calls are kept.
    """
    return await outcomes(range(len(cases)), lambda number: _carry_out_one(tcs, work, cases[number], bounds))


def _settle(work: Work, case: Case, meant: Iterable[JournalEntry]) -> None:
    """Mark earlier planned entries of a case as applied if TIS has them by now, unless a newer row was faster."""
    planned = {entry.key for plan in case.plans for entry in plan.entries}
    fresh = {detail for details in case.given.values() for detail in details}
    for entry in meant:
        if entry.state is not Outcome.PLANNED or entry.key in planned:
            continue
        superseded = entry.section in (CONTACT, PERSONAL) and f"{entry.section}.{entry.field}" not in fresh
        if superseded and not _holds(case, entry):
            work.put(
                JOURNAL,
                msgspec.structs.replace(entry, state=Outcome.REFUSED, reason=NEWER, code=Refusal.SUPERSEDED),
            )
        else:
            work.put(JOURNAL, msgspec.structs.replace(entry, state=Outcome.APPLIED))
            case.settled.add(entry.section)


def _holds(case: Case, entry: JournalEntry) -> bool:
    """Return whether TIS has the planned value: then the call took effect, even if a newer row has the same value."""
    details = case.person and (
        case.person.contact_details if entry.section == CONTACT else case.person.personal_details
    )
    stored = msgspec.to_builtins(details) if details else {}
    return _said(stored.get(entry.field)) == entry.new


def _detail_plans(case: Case, meant: Mapping[str, JournalEntry], today: date) -> list[Plan]:
    person = case.person
    if person is None:
        return []
    contact = person.contact_details or ContactDetails(id=person.id)
    personal = person.personal_details or PersonalDetails(id=person.id)
    plans = []
    unread = {row.row: row.unread for row in case.rows}
    for row, values, fields in detail_sources(case):
        changes, refused = detail_changes(values, news_of(case, row, fields), contact, personal, today)
        for section in (CONTACT, PERSONAL):
            of_section = [change for change in changes if change.section == section]
            if of_section:
                entries = [_planned(case, row, change, meant) for change in of_section]
                plans.append(Plan(section, row, {change.field: change.new for change in of_section}, entries))
        plans += [_refused(case, row, value) for value in [*refused, *_unread(unread[row])]]
    return plans


def _unread(unread: Collection[str]) -> list[RefusedValue]:
    """Return the details whose text is not a valid date."""
    return [
        RefusedValue(section=m.section, field=m.field, column=m.column, why=Refusal.UNREADABLE)
        for m in PER_FIELDS
        if m.column in unread
    ]


def _refused(case: Case, row: int, value: RefusedValue, *, of: str = "") -> Plan:
    """Return the journal entry of a value that is not sent to TIS. ``of`` names the absence."""
    person_id = case.person.id if case.person else None
    section = f"{value.section} {of}".strip()
    entry = entry_of(
        case, row, person_id, section, value.field, None, None, Outcome.REFUSED, value.why.text, value.why
    )
    entry = msgspec.structs.replace(entry, column=value.column)
    return Plan("none", row, {}, [entry])


def _planned(case: Case, row: int, change: FieldChange, meant: Mapping[str, JournalEntry]) -> JournalEntry:
    person_id = case.person.id if case.person else None
    entry = entry_of(
        case,
        row,
        person_id,
        change.section,
        change.field,
        change.old,
        change.new,
        Outcome.PLANNED,
        change.repaired,
    )
    entry = msgspec.structs.replace(entry, column=change.column)
    before = meant.get(entry.key)
    return entry if before is None else msgspec.structs.replace(entry, old=before.old)


def _absence_plans(
    case: Case, absences: Mapping[str, Absence | None], meant: Mapping[str, JournalEntry]
) -> list[Plan]:
    plans = []
    for row, values in absence_sources(case):
        absence_id = attendance_id(values)
        known = absences.get(absence_id)
        fresh = {detail.rpartition(".")[2] for detail in case.given[row]}
        changes = {name: value for name, value in absence_changes(values, known).items() if name in fresh}
        if not fresh or (known is not None and not changes):
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
        plans.append(Plan("absence", row, changes, entries, absence_id=absence_id))
    return plans


def _withheld_absences(case: Case) -> list[Plan]:
    """Return the absences that are not changed in TIS: those that ESR deleted, and those that violate TIS's rules."""
    plans = []
    for row, values in case.values("ABS"):
        refused = absence_refusals(values)
        if is_deletion(values):
            why = Refusal.ABSENCE_DELETED
            refused = [RefusedValue(section="absence", field="all", column="changeDeleteIndicator", why=why)]
        plans += [_refused(case, row, value, of=attendance_id(values)) for value in refused]
    return plans


def _said(value: Any) -> str | None:
    return None if value is None else str(value)


async def _carry_out_one(tcs: Tcs, work: Work, case: Case, bounds: Bounds) -> None:
    """Make the calls of a case: those about different records of TCS concurrently, others in the order of the rows.

    An error ends the calls about its record. When all have ended the most serious one is raised: one after which TCS
    may still act precedes one that is over.
    """
    about: dict[str, list[Plan]] = {}
    for plan in case.plans:
        about.setdefault(plan.section, []).append(plan)
    with message_traces.about(case.message):
        ended = await outcomes(
            about, lambda record: _carry_out_in_order(tcs, work, case, about[record], bounds)
        )
    errors = [error for error in ended.values() if error is not None]
    if errors:
        raise max(errors, key=_gravity)


def _gravity(error: TcsError) -> tuple[bool, bool, bool]:
    """Order errors: one after which TCS may still act, then any uncertain one, then any transient one."""
    if isinstance(error, TcsUncertainError):
        return error.may_arrive, True, True
    return False, False, isinstance(error, TcsUnavailableError)


async def _carry_out_in_order(
    tcs: Tcs, work: Work, case: Case, plans: Sequence[Plan], bounds: Bounds
) -> None:
    for plan in plans:
        try:
            await _call(tcs, case, plan, bounds)
        except TcsRefusedError as error:
            plan.refused = str(error)
        plan.done = not plan.refused
        if plan.kind == "none":
            continue
        outcome = Outcome.REFUSED if plan.refused else Outcome.APPLIED
        for entry in plan.entries:
            reason = plan.refused or entry.reason
            code = Refusal.REFUSED_BY_TCS if plan.refused else entry.code
            work.put(JOURNAL, msgspec.structs.replace(entry, state=outcome, reason=reason, code=code))


async def _call(tcs: Tcs, case: Case, plan: Plan, bounds: Bounds) -> None:
    if case.person is None:
        return
    if plan.kind == CONTACT:
        await tcs.patch_contact_details(case.person.id, plan.changes, send_by=bounds.send_by)
    elif plan.kind == PERSONAL:
        await tcs.patch_personal_details(case.person.id, plan.changes, send_by=bounds.send_by)
    elif plan.kind == "absence":
        await _write_absence(tcs, case.person.id, plan, bounds)


async def _write_absence(tcs: Tcs, person_id: int, plan: Plan, bounds: Bounds) -> None:
    """Create an absence, or patch it with the version it has now; read again after a conflict."""
    for _ in range(_CONFLICTS_IN_A_ROW):
        known = await tcs.absence(plan.absence_id, send_by=bounds.send_by)
        if known is None or known.id is None:
            new = {**plan.changes, "absenceAttendanceId": plan.absence_id, "personId": person_id}
            await tcs.create_absence(msgspec.convert(new, Absence), send_by=bounds.send_by)
            return
        changes = {"id": known.id, **plan.changes, "amendedDate": known.amended_date}
        try:
            await tcs.patch_absence(known.id, changes, send_by=bounds.send_by)
        except TcsConflictError:
            continue
        return
    raise TcsConflictError("PATCH", "/api/absence/{id}", "was repeatedly stale", status=409)
