"""Positions that ESR deleted long ago, with everything stored about them; and the guards of TIS against older rows."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.retention_periods import are_stamps_over
from tis_esr.engine.collection import Collection
from tis_esr.engine.protocol import Cursor
from tis_esr.services.app_generator.applicant_generation import GENERATED
from tis_esr.services.data_exporter.outbound import APPLICANTS, HANDLED, NOTIFICATIONS
from tis_esr.services.inbound_data_writer.person_journal import TIS_PEOPLE
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, VPD_USES
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Step, end_of, not_looked_at
from tis_esr.tcs.models import DELETED

_POSITIONS_A_STEP = 25
STAMPS = "stamps of people's details"


async def remove_positions(step: Step) -> Cursor | None:
    """Remove deleted positions, each with what every service stores about it, in one unit of work.

    Everything is removed together: a position that reappears begins with its first revision, which must be new to all
    services.
    """
    found = await step.work.written_before(POSITIONS, step.cutoffs.guards, step.after, _POSITIONS_A_STEP)
    gone = [position for _, position in found if _is_over(position, step)]
    ids = [position.position_id for position in gone]
    told_of = await _told_of(step, ids)
    for position in gone:
        if position.position_id not in told_of:
            step.remove(POSITIONS, position)
            await _remove_the_rest(step, position)
    return found[-1][0] if len(found) == _POSITIONS_A_STEP else None


def _is_over(position: Position, step: Step) -> bool:
    if not position.deleted or position.reconciled != position.revision:
        return False
    if position.notified is not None and position.notified.status != DELETED:
        return False
    return are_stamps_over(_stamp_days(position), step.cutoffs)


def _stamp_days(position: Position) -> Iterable[date]:
    for claim in position.claims.values():
        for row in (claim.por, claim.pos):
            if row is not None:
                yield row.stamp.day


async def _told_of(step: Step, ids: list[int]) -> set[int]:
    """Return the positions that still have stored records for ESR, which are removed first."""
    if not ids:
        return set()
    applicants = await step.work.find(APPLICANTS, {"position_id": ids})
    notifications = await step.work.find(NOTIFICATIONS, {"position_id": ids})
    return {record.position_id for record in (*applicants, *notifications)}


async def _remove_the_rest(step: Step, position: Position) -> None:
    key = str(position.position_id)
    notified = position.notified.position_number if position.notified else None
    kept: Mapping[Collection[Any], list[str]] = {
        GENERATED: [key],
        KNOWN_POSITIONS: [key],
        HANDLED: [f"applicants:{key}", f"notifications:{key}"],
        TIS_POSITIONS: [f"{key}:{number}" for number in {position.position_number, notified}],
    }
    for collection, keys in kept.items():
        for document in (await step.work.get(collection, keys)).values():
            step.remove(collection, document)
    for use in await step.work.find(VPD_USES, {"position_id": [position.position_id]}):
        step.remove(VPD_USES, use)


async def remove_tis_positions(step: Step) -> Cursor | None:
    """Remove the TCS state of positions and numbers that were deleted long ago."""
    found = await step.work.written_before(TIS_POSITIONS, step.cutoffs.guards, step.after, DOCUMENTS_A_STEP)
    for _, known in found:
        if known.wanted.status == DELETED:
            step.remove(TIS_POSITIONS, known)
    return end_of(found)


async def remove_people(step: Step) -> Cursor | None:
    """Remove the stamps of people's details, if no row as old as that can still arrive."""
    found = await step.work.written_before(TIS_PEOPLE, step.cutoffs.guards, step.after, DOCUMENTS_A_STEP)
    for _, person in found:
        if are_stamps_over((stamp.day for stamp in person.stamps.values()), step.cutoffs):
            step.remove(TIS_PEOPLE, person)
    return end_of(found)


async def trim_people(step: Step) -> Cursor | None:
    """Remove the old stamps of people who were written since the last purge: each absence leaves some."""
    found = await not_looked_at(step, TIS_PEOPLE, step.cutoffs.day)
    for (written_on, _), person in found:
        kept = {
            name: stamp
            for name, stamp in person.stamps.items()
            if not are_stamps_over([stamp.day], step.cutoffs)
        }
        if 0 < len(kept) < len(person.stamps):
            step.work.put(TIS_PEOPLE, msgspec.structs.replace(person, stamps=kept), written_on=written_on)
            step.removed[STAMPS] += len(person.stamps) - len(kept)
    return end_of(found)
