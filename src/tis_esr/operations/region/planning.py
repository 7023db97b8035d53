"""What each step of a region's start did, or would do, with counts; stores and sends nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tis_esr.decisions.sent_list import LineProblem
from tis_esr.engine.dry_run import DryRun
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.files.file_store import Discarding
from tis_esr.operations.dates import iso
from tis_esr.operations.region.known import (
    applicant_counts,
    files_of,
    lines_in,
    list_counts,
    matched,
    notification_counts,
    occasions_of,
    problems_of,
    stored_start,
)
from tis_esr.operations.region.reports import (
    NotANewRegionError,
    Region,
    RegionReport,
    StepReport,
    StepState,
)
from tis_esr.operations.region.sentences import AHEAD, in_words
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, ExportRun
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.services.data_exporter.region_starts import RegionStart, StartStep
from tis_esr.services.data_exporter.sent_before import mark_sent
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.restored import refuse_withheld
from tis_esr.tracing.spans import muted


@dataclass(frozen=True)
class _Plan:
    """What a step would do: ``counts``, and the ``names`` of its files; ``waits`` says that it can't be done yet, and why."""

    counts: dict[str, int] = field(default_factory=dict)
    names: Sequence[str] = ()
    waits: str = ""


async def report(runner: Runner, region: Region, *, dry_run: bool = False) -> RegionReport:
    """Return the state of a region's start, and what the steps that can be done now would do.

    Raises NotANewRegionError if files were sent for a deanery that was never started here; ExportsWithheldError; OSError.
    """
    begin = Runner(DryRun(runner.engine), runner.handlers, today=lambda: region.day).work
    await refuse_withheld(begin())
    start = await stored_start(begin(), region.deanery)
    if start is None:
        await _refuse_if_live(begin(), region.deanery)
    planner = _Planner(begin, region, start or RegionStart(deanery=region.deanery))
    with muted():
        steps = [await planner.step(step) for step in StartStep]
    return RegionReport(
        deanery=region.deanery,
        day=region.day,
        dry_run=dry_run,
        is_in_progress=start is not None and start.is_in_progress,
        is_finished=start is not None and not start.is_in_progress,
        rmf=planner.rmf,
        steps=steps,
        problems=planner.problems,
    )


async def _refuse_if_live(work: Work, deanery: str) -> None:
    sent = [file for file in await work.find(OUTBOUND_FILES, {}) if file.deanery == deanery and file.rows]
    if sent:
        raise NotANewRegionError(deanery, min(file.name for file in sent))


class _Planner:
    """Plans one step after the other on a copy in memory, so that each sees what the ones before would have done."""

    def __init__(self, begin: Callable[[], Work], region: Region, start: RegionStart) -> None:
        self._begin, self._region, self._start = begin, region, start
        self.rmf = start.rmf
        self.problems: list[LineProblem] = []
        self._is_known = True

    async def step(self, step: StartStep) -> StepReport:
        """Return what a step did or would do; LATER if that is known only after an earlier one."""
        if (known := self._start.done.get(step)) is not None:
            text = in_words(step, known.counts, self.rmf)
            return StepReport(
                step=step, state=StepState.DONE, at=iso(known.at), counts=known.counts, text=text
            )
        if not self._is_known:
            return StepReport(step=step, state=StepState.LATER, text=AHEAD[step])
        plan = await self._plans[step]()
        self._is_known = not plan.waits and step is not StartStep.FULL_FILE
        text = in_words(step, plan.counts, self.rmf, plan.names) if plan.counts else AHEAD[step]
        state = StepState.WAITING if plan.waits else StepState.NEXT
        text = f"{text}: {plan.waits}" if plan.waits else text
        return StepReport(step=step, state=state, counts=plan.counts, text=text)

    @property
    def _plans(self) -> Mapping[StartStep, Callable[[], Awaitable[_Plan]]]:
        return {
            StartStep.WITHHOLD: self._withhold,
            StartStep.OLD_FILES: self._old_files,
            StartStep.FULL_FILE: self._full_file,
            StartStep.SENT_BEFORE: self._sent_before,
            StartStep.APPLICANTS: self._applicants,
            StartStep.NOTIFICATIONS: self._notifications,
        }

    async def _withhold(self) -> _Plan:
        return _Plan()

    async def _old_files(self) -> _Plan:
        files = await files_of(self._begin(), self._region)
        self.rmf = files.rmf or ""
        if files.rmf is None:
            return _Plan(waits="it has not arrived in the inbound store")
        counts = {"set_aside": len(files.set_aside.union(files.waiting)), "already_processed": files.begun}
        return _Plan(counts, files.waiting)

    async def _full_file(self) -> _Plan:
        known = (await self._begin().get(FILES, [self.rmf])).get(self.rmf)
        rows = known.rows if known and known.rows else await lines_in(self._region.inbound, self.rmf)
        return _Plan({"rows": rows})

    async def _sent_before(self) -> _Plan:
        region = self._region
        found = await matched(self._begin(), region)
        self.problems = problems_of(region, found)
        await mark_sent(self._begin, found.keys)
        counts = list_counts(region, found)
        if not self.problems or region.skip_unknown:
            return _Plan(counts)
        return _Plan(counts, waits="correct them, or give --skip-unknown")

    async def _applicants(self) -> _Plan:
        region = self._region
        day = self._start.file_days.get(StartStep.APPLICANTS, region.day)
        run = ExportRun(
            self._begin, Discarding(), APPLICANT_EXPORT, window=region.window, only_compared=False
        )
        files = await run.run(day, [region.deanery], occasion=self._start.occasion)
        occasions = occasions_of(StartStep.APPLICANTS, day, self._start)
        counts = await applicant_counts(self._begin(), region, day, *occasions)
        return _Plan(counts, [file.name for file in files if file.rows])

    async def _notifications(self) -> _Plan:
        region = self._region
        day = self._start.file_days.get(StartStep.NOTIFICATIONS, region.day)
        run = FullExport(self._begin, Discarding(), FULL_EXPORT)
        file = await run.full(day, region.deanery, occasion=self._start.occasion)
        occasions = occasions_of(StartStep.NOTIFICATIONS, day, self._start)
        counts = await notification_counts(self._begin(), region, day, *occasions)
        return _Plan(counts, [file.name] if file is not None and file.rows else [])
