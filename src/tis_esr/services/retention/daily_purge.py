"""One purge a day: every rule in turn, in small units of work, each with its count in the audit.

It may end anywhere and goes on the next time. One process purges at a time; were there two all the same, the
versions of the audit's document would let only one of them take effect.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

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
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Rule, Step

_HOLD_SECONDS = 60.0


@dataclass
class Purge:
    """Removes what is old. ``holder`` names this process; ``present`` lists the inbound store.

    ``pause`` is how many seconds it rests after each step, ``goes_on`` is asked before each: it stops where that is
    False. ``removed`` counts what this process has removed since it began.
    """

    runner: Runner
    retention: Retention
    holder: str
    present: history.Present | None = None
    pause: float = 0.0
    goes_on: Callable[[], bool] = lambda: True
    removed: Counter[str] = field(default_factory=Counter)
    _hold_until: float = 0.0

    async def of_day(self, day: date) -> PurgeOfDay | None:
        """Purge for a day unless that is done; return what was purged for it.

        None where others are at it, or the day can't be right, see ``is_plausible``.

        Raises TransientError, ConflictError among them: what was removed stays removed, and the next call goes on.
        """
        known = (await self.runner.work().get(PURGES, [day.isoformat()])).get(day.isoformat())
        if known is not None and known.finished:
            return known
        return await self.again(day) if await self.is_plausible(day) else None

    async def is_plausible(self, day: date) -> bool:
        """Say whether a file came, and is dated, in the days before: by a day years ahead everything would be old."""
        since = day - FILES_COME_WITHIN
        found = await self.runner.work().written_before(FILES, day, (since.isoformat(), ""), DOCUMENTS_A_STEP)
        return any(file.day is not None and file.day >= since for _, file in found)

    async def again(self, day: date) -> PurgeOfDay | None:
        """Purge for a day, also where it was purged before."""
        cutoffs = await self._cutoffs(day)
        if not await self._begin(cutoffs):
            return None
        for rule in self._rules():
            cursor: Cursor | None = None
            while self.goes_on():
                step = self._step(cutoffs, cursor)
                cursor = await rule(step)
                if (
                    step.work.has_changes
                    or step.removed
                    or self._hold_until - step.work.time() < _HOLD_SECONDS / 2
                ):
                    await self._commit(step)
                if cursor is None:
                    break
        return await self._end(cutoffs)

    async def dry_run(self, day: date) -> PurgeOfDay:
        """Return what a purge for a day would remove; nothing is changed."""
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
        return self.retention.cutoffs(day, waiting)

    def _rules(self) -> list[Rule]:
        """Return the rules in their order: messages before rows, rows before the ledger, records before positions."""
        return [
            handled_messages.discard_parked,
            handled_messages.forget_messages,
            handled_messages.forget_rows,
            personal_values.blank_journal,
            personal_values.blank_applicants,
            personal_values.remove_resent,
            history.by_age(JOURNAL),
            history.by_age(DECISIONS),
            history.by_age(TIS_EXPORTS),
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
        ]

    def _step(self, cutoffs: Cutoffs, after: Cursor | None, *, is_dry_run: bool = False) -> Step:
        return Step(self.runner.engine, self.runner.work(), cutoffs, after, is_dry_run)

    async def _begin(self, cutoffs: Cutoffs) -> bool:
        """Take the purge of the day, and move the ledger's oldest day before anything goes; say whether it is ours."""
        work = self.runner.work()
        known = (await work.get(PURGES, [cutoffs.day.isoformat()])).get(cutoffs.day.isoformat())
        if known is not None and known.holder not in {"", self.holder} and known.until > work.time():
            return False
        audit = _audit(cutoffs, known.removed if known else {})
        work.put(PURGES, self._held(audit, work.time()))
        await move(work, cutoffs.history)
        await work.commit()
        return True

    async def _commit(self, step: Step) -> None:
        """Commit a step with its count. Raises ConflictError where another process has taken the purge over."""
        key = step.cutoffs.day.isoformat()
        known = (await step.work.get(PURGES, [key]))[key]
        if known.holder != self.holder:
            raise ConflictError(PURGES.name)
        counted = msgspec.structs.replace(known, removed=dict(Counter(known.removed) + step.removed))
        step.work.put(PURGES, self._held(counted, step.work.time()))
        await step.work.commit()
        self.removed += step.removed
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
