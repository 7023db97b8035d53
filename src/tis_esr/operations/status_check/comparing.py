"""Compares page by page, each with its reads of TCS and the repairs that follow: bounded, and resumed where it stopped."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Commit, Cursor
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.status_check.differences import (
    Difference,
    DifferenceKind,
    Linked,
    Sent,
    of_placement,
    of_post,
)
from tis_esr.operations.status_check.repairs import (
    CHANGED_QUEUE,
    EXPORTED_QUEUE,
    export_repair,
    position_repair,
)
from tis_esr.operations.status_check.stored_run import HOLD_SECONDS, STATUS_RUNS, StatusRun, stored_run
from tis_esr.services.concurrently import outcomes
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    SENT,
    ApplicantRecord,
    OutboundFile,
    OutboundState,
)
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import RECONCILED
from tis_esr.tcs.tcs_errors import TcsError, TcsUnavailableError
from tis_esr.wall_clock import LONDON

PAGE: Final = 100
"""Documents a page: at most that many calls to TCS are requested at once."""
REPAIR: Final = "status.repair"
"""The act in the audit."""
NIGHTLY: Final = Person("tis-esr", "nightly comparison")
"""Who repairs by schedule."""
_PHASES: Final = 2


class StatusBusyError(TisEsrError):
    """Another process makes a comparison; ``holder`` names it."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"{holder} compares statuses with TIS at the moment; wait until it is finished, or for"
            f" {HOLD_SECONDS:.0f} seconds if it was interrupted"
        )
        self.holder = holder


class Comparer:
    """Compares everything, or some deaneries, and requests what is missing if it repairs. ``holder`` names this process.

    It repairs in the name of ``repairs_by``: the audit has when that begins, goes on and ends.
    """

    def __init__(
        self, runner: Runner, tcs: Tcs, deaneries: Sequence[str], *, repairs_by: Person | None, holder: str
    ) -> None:
        self._runner, self._tcs, self._person = runner, tcs, repairs_by
        self._deaneries, self._repairs, self._holder = sorted(deaneries), repairs_by is not None, holder

    async def run(
        self, progress: Callable[[StatusRun], None], goes_on: Callable[[], bool] = lambda: True
    ) -> StatusRun:
        """Begin, or go on with an interrupted comparison of the same kind, until it is finished or ``goes_on`` is false.

        ``goes_on`` is also called at each attempt while TCS or the store is unavailable, so that it can be a heartbeat.
        Raises StatusBusyError and PatienceExhaustedError.
        """

        async def page() -> StatusRun:
            goes_on()
            return await self._page()

        run = await self._runner.patiently("status comparison", self._begun)
        while not run.is_finished and goes_on():
            run = await self._runner.patiently("status comparison", page)
            progress(run)
        return run

    async def _begun(self) -> StatusRun:
        work = self._runner.work()
        known, now = await stored_run(work), work.time()
        if known is not None and not known.is_finished:
            if known.holder != self._holder and known.until > now:
                raise StatusBusyError(known.holder)
            if (known.deaneries, known.repairs) == (self._deaneries, self._repairs):
                if (
                    self._person != NIGHTLY
                ):  # processes may take it over from each other while TCS is unavailable
                    await self._audit(work, "goes on")
                return await self._kept(work, known)
        await self._audit(work, "begun")
        run = StatusRun(begun_at=now, deaneries=self._deaneries, repairs=self._repairs)
        return await self._kept(work, run)

    async def _audit(self, work: Work, result: str) -> None:
        if self._person is not None:
            await record(work, self._person, REPAIR, self._deaneries, result=result)

    async def _kept(self, work: Work, run: StatusRun) -> StatusRun:
        kept = msgspec.structs.replace(run, holder=self._holder, until=work.time() + HOLD_SECONDS)
        work.put(STATUS_RUNS, kept)
        await work.commit()
        return kept

    async def _page(self) -> StatusRun:
        work = self._runner.work()
        run = await stored_run(work)
        if run is None or run.holder != self._holder:
            raise StatusBusyError(run.holder if run else "another process")
        after: Cursor | None = (run.after[0], run.after[1]) if run.after else None
        if run.phase == 0:
            applicants = await work.written_before(APPLICANTS, date.max, after, PAGE)
            run, messages = await self._placements(work, run, [record for _, record in applicants])
            cursor = applicants[-1][0] if applicants else None
        else:
            positions = await work.written_before(POSITIONS, date.max, after, PAGE)
            run, messages = await self._posts(work, run, [position for _, position in positions])
            cursor = positions[-1][0] if positions else None
        if messages:
            await self._runner.engine.commit(Commit(messages=list(messages)))
        run = msgspec.structs.replace(run, after=[str(part) for part in cursor] if cursor else [])
        if cursor is None:
            is_last = run.phase == _PHASES - 1
            run = msgspec.structs.replace(
                run, phase=run.phase + 1, finished_at=work.time() if is_last else 0.0
            )
            if is_last:
                await self._audit(
                    work, f"{run.repaired} of {counted(sum(run.counts.values()), 'difference')}"
                )
        return await self._kept(work, run)

    async def _placements(
        self, work: Work, run: StatusRun, records: Sequence[ApplicantRecord]
    ) -> tuple[StatusRun, list[Message]]:
        mine = [r for r in records if r.state in SENT and r.file and r.deanery in self._deaneries]
        by_placement: dict[int, list[ApplicantRecord]] = {}
        for applicant in mine:
            by_placement.setdefault(applicant.placement_id, []).append(applicant)
        told = await outcomes(by_placement, self._tcs.placement)
        _raise_unavailable(told)
        found: list[Difference] = []
        for placement_id, own in by_placement.items():
            placement = told[placement_id]
            if placement is not None and not isinstance(placement, TcsError):
                found += of_placement([_sent(record) for record in own], placement.esr_events or [])
        files = await work.get(OUTBOUND_FILES, {record.file or "" for record in mine})
        purged = {one.key for one in found if one.kind is DifferenceKind.MISSING and one.file not in files}
        found = [difference for difference in found if difference.key not in purged]
        waiting = await self._unsent(work, found) | _of_unsent_files(found, files)
        found = [difference for difference in found if difference.key not in waiting]
        messages = self._export_repairs(run, found, mine, files) if self._repairs else []
        run = msgspec.structs.replace(
            run,
            checked=run.checked + len(records),
            placements=run.placements + len(by_placement),
            unchecked=run.unchecked + _failed(told),
            under_way=run.under_way + len(waiting),
            purged=run.purged + len(purged),
            repaired=run.repaired + len(messages),
        )
        return run.with_differences(found), messages

    async def _unsent(self, work: Work, found: Sequence[Difference]) -> set[str]:
        """Return the missing events that the InboundDataWriter still has to send, or is sending."""
        keys = {f"{d.id}:{d.position_id}:{d.file}": d.key for d in found if d.file}
        known = await work.get(TIS_EXPORTS, keys)
        depths = (await self._runner.engine.depths()).queues if keys else {}
        is_busy = depths.get(EXPORTED_QUEUE, (0, 0.0))[0] > 0
        return {kept for key, kept in keys.items() if is_busy and not (key in known and known[key].confirmed)}

    def _export_repairs(
        self,
        run: StatusRun,
        found: Sequence[Difference],
        records: Sequence[ApplicantRecord],
        files: Mapping[str, OutboundFile],
    ) -> list[Message]:
        by_key = {(r.placement_id, r.position_id, r.file): r for r in records}
        messages = []
        for difference in found:
            record = by_key.get((difference.id, difference.position_id, difference.file))
            if record is None or not difference.is_repairable:
                continue
            at = datetime.combine(files[difference.file].day, APPLICANT_EXPORT.at, LONDON)
            messages.append(export_repair(record, difference.file, at, run.begun_at))
        return messages

    async def _posts(
        self, work: Work, run: StatusRun, positions: Sequence[Position]
    ) -> tuple[StatusRun, list[Message]]:
        mine = {
            p.position_id: p for p in positions if p.notified is not None and p.deanery in self._deaneries
        }
        by_post: dict[int, list[Linked]] = {}
        for position in mine.values():
            if position.notified is not None:
                by_post.setdefault(position.notified.post_id, []).append(_linked(position))
        told = await outcomes(by_post, self._tcs.post)
        _raise_unavailable(told)
        found: list[Difference] = []
        for post_id, own in by_post.items():
            post = told[post_id]
            if post is not None and not isinstance(post, TcsError):
                found += of_post(own, post.current_reconciled_events or [])
        depths = (await self._runner.engine.depths()).queues if found else {}
        is_busy = depths.get(CHANGED_QUEUE, (0, 0.0))[0] > 0
        under_way, found = (len(found), []) if is_busy else (0, found)
        messages = []
        for difference in found if self._repairs else []:
            position = mine[difference.position_id]
            if difference.is_repairable and position.notified is not None:
                messages.append(position_repair(position, position.notified, work.now, run.begun_at))
        run = msgspec.structs.replace(
            run,
            checked=run.checked + len(positions),
            posts=run.posts + len(by_post),
            unchecked=run.unchecked + _failed(told),
            under_way=run.under_way + under_way,
            repaired=run.repaired + len(messages),
        )
        return run.with_differences(found), messages


def _of_unsent_files(found: Sequence[Difference], files: Mapping[str, OutboundFile]) -> set[str]:
    """Return the missing events of applicants whose file is not sent yet: their rows are allocated before it is written."""
    unsent = {name for name, file in files.items() if file.state is not OutboundState.SENT}
    return {one.key for one in found if one.kind is DifferenceKind.MISSING and one.file in unsent}


def _sent(record: ApplicantRecord) -> Sent:
    return Sent(
        placement_id=record.placement_id,
        position_id=record.position_id,
        position_number=record.position_number or 0,
        file=record.file or "",
        deanery=record.deanery,
    )


def _linked(position: Position) -> Linked:
    notified = position.notified
    assert notified is not None  # noqa: S101 - only such positions are compared
    return Linked(
        post_id=notified.post_id,
        position_id=position.position_id,
        position_number=notified.position_number,
        deanery=position.deanery,
        is_listed=notified.status == RECONCILED,
    )


def _raise_unavailable(told: Mapping[int, object]) -> None:
    """Raise what only time repairs: the page is repeated."""
    for outcome in told.values():
        if isinstance(outcome, TcsUnavailableError):
            raise TransientError(str(outcome)) from outcome


def _failed(told: Mapping[int, object]) -> int:
    return sum(isinstance(outcome, TcsError) for outcome in told.values())
