"""A dry run of a day: what the comparison with TIS, the daily rules and the exports would do, on a copy.

The copy is a state file of its own, which is removed at the end. TCS is only read; no file is written.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.protocol import Cursor, Engine, Stored
from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import Discarding, Nowhere
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.planned_files import PlannedFile, files_of_day, planned
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.app_generator.applicant_generation import DECISIONS, GENERATED
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    COUNTERS,
    HANDLED,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    PENDING,
    RESENT,
    RUNS,
    NotificationRecord,
    Outbound,
    RecordState,
)
from tis_esr.services.data_exporter.region_starts import REGION_STARTS
from tis_esr.services.day import clock, compare_and_export, request_comparison
from tis_esr.services.flow import STAGES, Dependencies, handlers
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, VPD_USES
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.tcs.client import Tcs
from tis_esr.tracing.spans import muted

_COPIED: tuple[Collection[Any], ...] = (
    REGION_STARTS,
    COUNTERS,
    RUNS,
    OUTBOUND_FILES,
    RESENT,
    APPLICANTS,
    NOTIFICATIONS,
    HANDLED,
    VPD_USES,
    KNOWN_POSITIONS,
    GENERATED,
    DECISIONS,
    POSITIONS,
)
"""In the order opposite to the flow: while services run, no copied version is older than what was made from it."""
_AT_ONCE = 500
_PATIENCE = 60.0


class Effect(StrEnum):
    """What a day would do to a record, compared with what is stored now."""

    NEW = "new"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    INVALID = "missing data"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One record that would be another one: ``kind`` is APP or the notification's type (1, 2, 4, 5)."""

    deanery: str
    kind: str
    record: str
    position_id: int
    effect: Effect


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison did, or in a ``dry_run`` what it and the exports of the day would do.

    ``positions`` is how many were compared, and ``parked`` how many messages were parked meanwhile. Only a dry run has the rest: the records that would change, the files that
    would be written, and those of the day that were sent already, whose rows are not in ``files``.
    """

    day: date
    deaneries: list[str]
    dry_run: bool
    positions: int
    parked: int = 0
    changes: list[Change] = []
    files: list[PlannedFile] = []
    sent: list[PlannedFile] = []


async def planned_day(
    source: Engine,
    tcs: Tcs,
    day: date,
    deaneries: Sequence[str],
    window: ApplicantWindow,
    progress: Callable[[str, int], None],
) -> Compared:
    """Return what a day would do. Raises PatienceExhaustedError if TCS does not answer."""
    async with on_a_copy(tcs, day, window) as runner:
        progress("Copying records", 0)
        positions = await _copy(source, runner, frozenset(deaneries))
        sent = await files_of_day(runner.work, ("APP", "DNC"), day, deaneries)
        await request_comparison(runner, day, deaneries)
        files = await compare_and_export(
            runner, Discarding(), day, deaneries, occasion="dry run", window=window, progress=progress
        )
        changes = await _all_changes(source, runner.engine, frozenset(deaneries))
    return Compared(
        day=day,
        deaneries=list(deaneries),
        dry_run=True,
        positions=positions,
        changes=changes,
        files=planned(files),
        sent=planned(sent),
    )


async def planned_changes(
    source: Engine,
    tcs: Tcs,
    day: date,
    window: ApplicantWindow,
    request: Callable[[Runner], Awaitable[None]],
    progress: Callable[[str, int], None],
) -> list[Change]:
    """Return what the messages that ``request`` sends would change. Raises PatienceExhaustedError if TCS does not answer."""
    async with on_a_copy(tcs, day, window) as runner:
        progress("Copying records", 0)
        await _copy(source, runner, frozenset())
        await request(runner)
        progress("Comparing with TIS", 0)
        for stage in STAGES:
            await runner.drain(stage)
        return await _all_changes(source, runner.engine, frozenset(DEANERIES))


@asynccontextmanager
async def on_a_copy(tcs: Tcs, day: date, window: ApplicantWindow) -> AsyncIterator[Runner]:
    """Yield a runner of all services on an empty state file, which is removed at the end; no trace tells of it."""
    with TemporaryDirectory(prefix="tis-esr-") as folder:
        copy = await asyncio.to_thread(EmbeddedEngine, Path(folder) / "state", ALL_COLLECTIONS)
        try:
            found = handlers(Dependencies(tcs, Nowhere(), Discarding(), window))
            with muted():
                yield Runner(copy, found, today=lambda: day, now=clock(day), patience=_PATIENCE)
        finally:
            copy.close()


async def _copy(source: Engine, runner: Runner, deaneries: frozenset[str]) -> int:
    """Copy what the day needs; return how many positions are to be compared."""
    compared = 0
    for collection in _COPIED:
        async for page in _pages(source, collection):
            work = runner.work()
            await work.get(collection, [stored.key for stored in page])
            for stored in page:
                document = msgspec.json.decode(stored.body, type=collection.type)
                if isinstance(document, Position) and document.reconciled_at is not None:
                    document = msgspec.structs.replace(document, reconciled_at=0.0)
                    compared += document.deanery in deaneries
                work.put(collection, document)
            await work.commit()
    return compared


async def _pages(engine: Engine, collection: Collection[Any]) -> AsyncIterator[list[Stored]]:
    """Yield all documents, page by page, those last that were written last."""
    after: Cursor | None = None
    while page := await engine.written_before(collection, date.max, after, _AT_ONCE):
        yield page
        after = (page[-1].written_on, page[-1].key)


async def _all_changes(source: Engine, copy: Engine, deaneries: frozenset[str]) -> list[Change]:
    found = [change async for change in _changes(source, copy, deaneries)]
    return sorted(found, key=lambda change: (change.deanery, change.effect, change.kind, change.record))


async def _changes(source: Engine, copy: Engine, deaneries: frozenset[str]) -> AsyncIterator[Change]:
    for collection in (APPLICANTS, NOTIFICATIONS):
        async for page in _pages(copy, collection):
            now = {stored.key: stored for stored in await source.get(collection, [one.key for one in page])}
            for stored in page:
                after = msgspec.json.decode(stored.body, type=collection.type)
                known = now.get(stored.key)
                before = None if known is None else msgspec.json.decode(known.body, type=collection.type)
                effect = effect_on(before, after)
                if effect is not None and after.deanery in deaneries:
                    yield Change(
                        deanery=after.deanery,
                        kind=after.type if isinstance(after, NotificationRecord) else "APP",
                        record=stored.key,
                        position_id=after.position_id,
                        effect=effect,
                    )


def effect_on(before: Outbound | None, after: Outbound) -> Effect | None:
    """Return what the day would do to a record; None if it stays as it is, whether or not it is exported."""
    if after.state is RecordState.DELETED_BEFORE_EXPORT:
        return Effect.CANCELLED if before is not None and before.state in PENDING else None
    if after.state is RecordState.INVALID_DATA:
        same = before is not None and (before.state, before.reason) == (after.state, after.reason)
        return None if same else Effect.INVALID
    if before is None or before.state is RecordState.DELETED_BEFORE_EXPORT:
        return Effect.NEW
    return Effect.CHANGED if before.fields != after.fields else None
