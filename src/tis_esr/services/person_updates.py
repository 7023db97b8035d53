"""Bringing what ESR knows of people to TIS: who it is, whether it may, what differs, and the calls.

Part of the InboundDataWriter. What is about to be changed is written into the journal first, so that a
restart in the middle knows what was meant and looks what came of it.
"""

from collections.abc import Sequence

from tis_esr.decisions.person_updates import is_primary, registration_numbers
from tis_esr.engine.messages import Message
from tis_esr.engine.rows import RowState
from tis_esr.engine.work import Work
from tis_esr.services.messages import Assignment
from tis_esr.services.person_changes import carry_out, plan_calls
from tis_esr.services.person_journal import JOURNAL, Case
from tis_esr.services.person_matching import is_ignored, matched, not_superseded
from tis_esr.tcs.client import Tcs


async def update_people(tcs: Tcs, work: Work, messages: Sequence[Message]) -> None:
    """Handle a batch of assignments: sort out, plan, write down what is meant, do it, write down what came.

    Each row is accounted for; an assignment of which TCS refused something is parked.
    """
    cases = [_case(message) for message in messages]
    written = await work.find(JOURNAL, {"correlation_id": [message.correlation_id for message in messages]})
    meant = {entry.key: entry for entry in written}
    permitted = [case for case in cases if not is_ignored(work, case)]
    found = await matched(tcs, work, permitted)
    fresh = await not_superseded(work, found)
    for wave in _waves(fresh):
        await plan_calls(tcs, work, wave, meant)
        if any(case.plans for case in wave):
            await work.save_intent()
            await carry_out(tcs, work, wave)
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
