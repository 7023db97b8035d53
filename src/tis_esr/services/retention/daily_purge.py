"""One purge a day: every rule in turn, in small units of work, each with its count in the audit.

It can be interrupted anywhere and is continued the next time. One process purges at a time; should there be two anyway,
the versions of the audit document let only one of them take effect.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec
import structlog

from tis_esr.counted import counted
from tis_esr.decisions.retention_periods import FILES_COME_WITHIN, Cutoffs, Retention
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.protocol import Cursor
from tis_esr.engine.runner import Runner
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES, RTC_ROWS
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_reader.ledger_horizon import move
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS
from tis_esr.services.retention import deleted_positions, handled_messages, history, personal_values
from tis_esr.services.retention.audit import PURGES, PurgeOfDay
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Rule, Step, end_of
from tis_esr.services.tis_changes.tis_changes import CHANGED_THINGS

_log = structlog.get_logger()
_HOLD_SECONDS = 60.0
_TRIES = 4


@dataclass
class Purge:
    """Removes old data.

    ``holder`` names this process; ``present`` lists the inbound store. ``pause`` is the pause in seconds after each
    step; ``goes_on`` is called before each step and stops the purge with False. ``more`` are rules of what no service
    stores. ``removed`` counts what this process has removed since it began.
    """

    runner: Runner
    retention: Retention
    holder: str
    present: history.Present | None = None
    pause: float = 0.0
    goes_on: Callable[[], bool] = lambda: True
    more: Sequence[Rule] = ()
    removed: Counter[str] = field(default_factory=Counter)
    _hold_until: float = 0.0
    _warned: date | None = None

    async def of_day(self, day: date) -> PurgeOfDay | None:
        """Purge for a day unless that is done; return what was purged.

        None if another process is purging, or the day is implausible, see ``is_plausible``. Raises TransientError, also
        ConflictError: what was removed stays removed, and the next call continues.
        """
        known = (await self.runner.work().get(PURGES, [day.isoformat()])).get(day.isoformat())
        if known is not None and known.finished:
            return known
        if await self.is_plausible(day):
            return await self.again(day)
        await self._warn(day)
        return None

    async def is_plausible(self, day: date) -> bool:
        """Return whether a file arrived, and is dated, in the days before: as of a day years ahead everything would be old."""
        since = day - FILES_COME_WITHIN
        after: Cursor | None = (since.isoformat(), "")
        while after is not None:
            found = await self.runner.work().written_before(FILES, day, after, DOCUMENTS_A_STEP)
            if any(file.day is not None and file.day >= since for _, file in found):
                return True
            after = end_of(found)
        return False

    async def _warn(self, day: date) -> None:
        """Log once a day that nothing is purged, unless nothing was ever entered that could be."""
        if self._warned != day and await self.runner.work().written_before(FILES, day, None, 1):
            days = FILES_COME_WITHIN.days
            _log.warning("not_purged", reason=f"no file arrived in the {counted(days, 'day')} before {day}")
        self._warned = day

    async def again(self, day: date) -> PurgeOfDay | None:
        """Purge for a day, even if it was purged before."""
        cutoffs = await self._cutoffs(day)
        if not await self._begin(cutoffs):
            return None
        for rule in self._rules():
            cursor: Cursor | None = None
            while self.goes_on():
                cursor = await self._stepped(rule, cutoffs, cursor)
                if cursor is None:
                    break
        return await self._end(cutoffs)

    async def _stepped(self, rule: Rule, cutoffs: Cutoffs, after: Cursor | None) -> Cursor | None:
        """Do one step of a rule, again where somebody has meanwhile changed what it read; return where the next begins."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(ConflictError):
                return await self._stepped_once(rule, cutoffs, after)
        return await self._stepped_once(rule, cutoffs, after)

    async def _stepped_once(self, rule: Rule, cutoffs: Cutoffs, after: Cursor | None) -> Cursor | None:
        step = self._step(cutoffs, after)
        cursor = await rule(step)
        if step.work.has_changes or self._hold_until - step.work.time() < _HOLD_SECONDS / 2:
            await self._commit(step)
        return cursor

    async def dry_run(self, day: date) -> PurgeOfDay:
        """Return what a purge for a day would remove, without changing anything."""
        cutoffs = await self._cutoffs(day)
        counted: Counter[str] = Counter()
        for rule in self._rules():
            cursor: Cursor | None = None
            while True:
                step = self._step(cutoffs, cursor, is_dry_run=True)
                cursor = await rule(step)
                counted += step.removed
                if cursor is None:
                    break
        return _audit(cutoffs, counted)

    async def _cutoffs(self, day: date) -> Cutoffs:
        depths = await self.runner.engine.depths()
        waiting = max((seconds for _, seconds in depths.queues.values()), default=0.0)
        return self.retention.cutoffs(day, waiting, depths.open_longest)

    def _rules(self) -> list[Rule]:
        """Return the rules in their order: messages before rows, rows before the ledger, records before positions."""
        return [
            handled_messages.discard_parked,
            handled_messages.forget_messages,
            handled_messages.forget_rows,
            personal_values.blank_journal,
            personal_values.blank_applicants,
            personal_values.forget_sent_applicants,
            personal_values.remove_resent,
            history.by_age(JOURNAL),
            history.by_age(DECISIONS),
            history.by_age(TIS_EXPORTS),
            history.by_age(CHANGED_THINGS),
            history.remove_applicants,
            history.remove_notifications,
            history.remove_uses,
            history.remove_runs,
            history.by_age(RTC_ROWS),
            history.by_age(RTC_FILES),
            history.ledger(self.present),
            deleted_positions.remove_tis_positions,
            deleted_positions.remove_people,
            deleted_positions.trim_people,
            deleted_positions.remove_positions,
            history.by_age(PURGES),
            *self.more,
        ]

    def _step(self, cutoffs: Cutoffs, after: Cursor | None, *, is_dry_run: bool = False) -> Step:
        return Step(self.runner.engine, self.runner.work(), cutoffs, after, is_dry_run)

    async def _begin(self, cutoffs: Cutoffs) -> bool:
        """Take the purge of the day, and move the ledger's oldest day before anything goes; say whether it is ours.

        Of several processes that begin at the same moment one does.
        """
        work = self.runner.work()
        known = (await work.get(PURGES, [cutoffs.day.isoformat()])).get(cutoffs.day.isoformat())
        if known is not None and known.holder not in {"", self.holder} and known.until > work.time():
            return False
        audit = _audit(cutoffs, known.removed if known else {})
        work.put(PURGES, self._held(audit, work.time()))
        await move(work, cutoffs.history)
        try:
            await work.commit()
        except ConflictError:
            return False
        return True

    async def _commit(self, step: Step) -> None:
        """Commit a step with its count. Raises ConflictError if another process has taken over the purge."""
        key = step.cutoffs.day.isoformat()
        known = (await step.work.get(PURGES, [key]))[key]
        if known.holder != self.holder:
            raise ConflictError(PURGES.name)
        counted = msgspec.structs.replace(known, removed=dict(Counter(known.removed) + step.removed))
        step.work.put(PURGES, self._held(counted, step.work.time()))
        await step.work.commit()
        self.removed += step.removed
        if discarded := step.removed[handled_messages.PARKED]:
            before = step.cutoffs.personal.isoformat()
            _log.warning("parked_discarded", messages=discarded, parked_before=before)
        await asyncio.sleep(self.pause)

    async def _end(self, cutoffs: Cutoffs) -> PurgeOfDay:
        work = self.runner.work()
        known = (await work.get(PURGES, [cutoffs.day.isoformat()]))[cutoffs.day.isoformat()]
        ended = msgspec.structs.replace(known, finished=self.goes_on(), holder="", until=0.0)
        work.put(PURGES, ended)
        await work.commit()
        return ended

    def _held(self, audit: PurgeOfDay, now: float) -> PurgeOfDay:
        self._hold_until = now + _HOLD_SECONDS
        return msgspec.structs.replace(audit, holder=self.holder, until=self._hold_until)


def _audit(cutoffs: Cutoffs, removed: Mapping[str, int]) -> PurgeOfDay:
    return PurgeOfDay(
        day=cutoffs.day,
        messages=cutoffs.messages,
        personal=cutoffs.personal,
        history=cutoffs.history,
        guards=cutoffs.guards,
        removed=dict(removed),
    )
