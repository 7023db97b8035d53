"""Updates people in TIS from ESR: finds the person, checks what may change and what differs, and calls TCS.

Part of the InboundDataWriter. Planned changes are written to the journal first, so that a restart can check their
outcome.
"""

from collections.abc import Sequence

import msgspec

from tis_esr.decisions.people import CONTACT, PERSONAL, is_deletion, is_primary, registration_numbers
from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.work import Work
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.contracts.bodies import Assignment, AssignmentRow, PersonChanged
from tis_esr.services.inbound_data_writer.attempts import Attempts, Bounds
from tis_esr.services.inbound_data_writer.person_changes import carry_out, plan_calls
from tis_esr.services.inbound_data_writer.person_details import sort_out, stamped
from tis_esr.services.inbound_data_writer.person_journal import (
    JOURNAL,
    TIS_PEOPLE,
    Case,
    JournalEntry,
    TisPerson,
)
from tis_esr.services.inbound_data_writer.person_matching import is_ignored, matched
from tis_esr.services.superseding import NEWER
from tis_esr.services.tcs_error_meanings import fault_of
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.tcs_errors import TcsError


async def update_people(
    tcs: Tcs, attempts: Attempts, work: Work, messages: Sequence[Message]
) -> list[tuple[str, str]]:
    """Handle a batch of assignments: match, plan, store the plan, call TCS, store the outcome.

    The outcome of one wave is saved before the next begins, so that a later error does not lose it. Each row is
    accounted for; an assignment with a call that TCS rejected is parked. Each assignment succeeds, or is retried,
    independently. Returns column and reason of each value that is not sent to TIS, once.
    """
    cases = [_case(message) for message in messages]
    written = await work.find(JOURNAL, {"correlation_id": [message.correlation_id for message in messages]})
    meant = {entry.key: entry for entry in written}
    permitted = [case for case in cases if not is_ignored(work, case)]
    found = await matched(tcs, work, permitted)
    for number, wave in enumerate(_waves(found)):
        if number:
            await work.save_intent()
        ready = await _ready(attempts, work, wave)
        await plan_calls(tcs, work, ready, meant)
        await _carry_out(tcs, attempts, work, ready)
    withheld = [entry for case in found for plan in case.plans for entry in plan.withheld]
    return [(entry.column, entry.code) for entry in withheld if entry.key not in meant]


async def _ready(attempts: Attempts, work: Work, wave: Sequence[Case]) -> list[Case]:
    """Keep the cases whose person has no earlier write that may still take effect; the others are retried later."""
    known = await work.get(TIS_PEOPLE, [_key(case) for case in wave])
    ready = []
    for case in wave:
        if case.person is None:
            continue
        person = known.get(_key(case)) or TisPerson(person_id=case.person.id)
        wait = attempts.must_wait(work, person.open, _key(case), f"person {person.person_id}")
        if wait is not None:
            work.fail(case.message, wait)
            continue
        sort_out(case, person, work.today)
        ready.append(case)
    return ready


async def _carry_out(tcs: Tcs, attempts: Attempts, work: Work, cases: Sequence[Case]) -> None:
    """Make the calls of a wave; cases without calls are stored before them.

    So what is stored after the calls concerns people whom only this process has open: no other process can make that
    commit fail.
    """
    calling = [case for case in cases if _is_calling(case)]
    bounds = attempts.begin(work)
    for case in cases:
        if not _is_calling(case):
            _end(attempts, work, bounds, case, None)
    for case in calling:
        if case.known is not None:
            work.put(TIS_PEOPLE, msgspec.structs.replace(case.known, open=bounds.attempt))
    if not calling:
        return
    await work.save_intent()
    ended = await carry_out(tcs, work, calling, bounds)
    attempts.end(bounds, ((_key(calling[number]), error) for number, error in ended.items()))
    for number, case in enumerate(calling):
        _end(attempts, work, bounds, case, ended[number])


def _is_calling(case: Case) -> bool:
    return any(plan.kind != "none" for plan in case.plans)


def _key(case: Case) -> str:
    return str(case.person.id) if case.person else ""


def _end(attempts: Attempts, work: Work, bounds: Bounds, case: Case, error: TcsError | None) -> None:
    """Store the outcome of a case: what TIS has by now is kept, whatever happened to the rest.

    Each attempt that changed something sends the message again: an earlier one may have been handled since.
    """
    if case.known is None:
        return
    stamps = stamped(case, case.known, case.plans)
    left = attempts.after(work, bounds, error)
    after = msgspec.structs.replace(case.known, stamps=stamps, open=left)
    if after != case.known or _is_calling(case):
        work.put(TIS_PEOPLE, after)
    changed = {plan.kind for plan in case.plans if plan.done} | case.settled
    for section in sorted(changed & {CONTACT, PERSONAL}):
        body = PersonChanged(person_id=case.known.person_id, post_ids=case.post_ids)
        work.emit("person.changed", body, cause=case.message, key=f"{section}:{bounds.attempt.id}")
    if error is not None:
        work.fail(case.message, fault_of(error))
    else:
        _account_done(work, case)


def _case(message: Message) -> Case:
    body = message.decode(Assignment)
    gmc, gdc = registration_numbers(row.values for row in (*body.head, *body.rows) if row.type == "PBD")
    return Case(message, body.rows, gmc, gdc, body.head)


def _waves(cases: Sequence[Case]) -> list[list[Case]]:
    """Put the assignments of one person into separate waves, the oldest first: the next sees its effect."""
    waves: list[list[Case]] = []
    seen: dict[int, int] = {}
    for case in sorted(cases, key=lambda case: case.stamp(case.message.row)):
        person_id = case.person.id if case.person else 0
        number = seen.get(person_id, -1) + 1
        seen[person_id] = number
        if number == len(waves):
            waves.append([])
        waves[number].append(case)
    return waves


def _account_done(work: Work, case: Case) -> None:
    refused = {plan.row: plan.refused for plan in case.plans if plan.refused}
    withheld: dict[int, list[JournalEntry]] = {}
    for plan in case.plans:
        withheld.setdefault(plan.row, []).extend(plan.withheld)
    brings_nothing = bool(case.superseded) and not any(case.given.values())
    for row in case.rows:
        if row.row not in refused:
            state, reason = _outcome(case, row, withheld.get(row.row, ()), brings_nothing=brings_nothing)
            work.account(case.message.source_file, row.row, row.type, state, reason)
    if refused:
        reason = f"TCS rejected it: {next(iter(refused.values()))}"
        work.park(case.message, reason, ParkingCause.TCS_REJECTED)


def _outcome(
    case: Case, row: AssignmentRow, withheld: Sequence[JournalEntry], *, brings_nothing: bool
) -> tuple[RowState, str]:
    """Return the outcome of a row without rejected calls: applied only if TIS now has one of its values.

    ``withheld`` are its entries that are not sent to TIS; ``brings_nothing`` says that newer rows had all of it.
    """
    said = "; ".join(f"{entry.column}: {entry.reason}" for entry in withheld)
    if is_deletion(row.values):
        return RowState.IGNORED, said or "ESR deleted the record; TIS keeps what it has of it"
    if row.type == "ADD" and not is_primary(row.values):
        return RowState.IGNORED, "not the primary address"
    if row.row in case.superseded or (brings_nothing and not withheld):
        return RowState.SUPERSEDED, NEWER
    if withheld and not case.given.get(row.row):
        return RowState.IGNORED, f"no value is sent to TIS: {said}"
    return RowState.APPLIED, f"not applied: {said}" if said else ""
