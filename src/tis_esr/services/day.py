"""A whole interface day: processes inbound files, exports, then stops."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

from tis_esr import wall_clock
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import FileStore
from tis_esr.records.file_names import DEANERIES, BadFileNameError, FileName
from tis_esr.services.contracts.commands import DAILY_RULES_COMMAND, RECONCILE_ALL_COMMAND, ask
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, Export, ExportRun
from tis_esr.services.data_exporter.outbound import OutboundFile
from tis_esr.services.data_exporter.region_starts import sendable
from tis_esr.services.flow import ACKNOWLEDGING, AFTER_APPLICANTS, PEOPLE, SPLIT, STAGES, TELLING
from tis_esr.services.inbound_data_reader.file_admission import Taken
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.services.inbound_data_reader.ledger_horizon import within
from tis_esr.wall_clock import LONDON


@dataclass(frozen=True)
class DayDone:
    """What a day did: files processed or refused, in order, and files written or left out."""

    taken: list[Taken]
    sent: list[OutboundFile]


async def run_day(
    runner: Runner,
    inbound: FileStore,
    out: FileStore,
    day: date,
    *,
    window: ApplicantWindow | None = None,
    acknowledges: bool = False,
    progress: Callable[[str, int], None] = lambda _stage, _rows: None,
) -> DayDone:
    """Process the files by date and sequence, run the stages, export, and notify TCS.

    Can be killed at any point and called again with the same state. Raises PatienceExhaustedError, OSError.
    """
    reader = InboundDataReader(
        runner.work, lambda rows: progress("Reading files", rows), acknowledges=acknowledges
    )
    async with runner.beside(PEOPLE):
        listing = await inbound.listing()
        taken = [
            await runner.patiently(name, partial(reader.hold, name, reason))
            for name, reason in sorted(listing.odd.items())
        ]
        known = await runner.patiently("ledger", lambda: within(runner.work(), listing.names))
        taken += [
            await runner.patiently(name, partial(reader.take, inbound, name, listing.stamps[name]))
            for name in by_date_and_sequence(known)
        ]
        await _walk(runner, SPLIT)
        progress("Updating people", 0)
    await request_comparison(runner, day)
    async with runner.beside(TELLING):
        sent = await compare_and_export(runner, out, day, window=window, progress=progress)
        progress("Notifying TIS", 0)
    await runner.drain(ACKNOWLEDGING)
    return DayDone(taken=taken, sent=sent)


async def compare_and_export(
    runner: Runner,
    out: FileStore,
    day: date,
    deaneries: Sequence[str] = DEANERIES,
    *,
    occasion: str = "day",
    window: ApplicantWindow | None = None,
    progress: Callable[[str, int], None] = lambda _stage, _rows: None,
) -> list[OutboundFile]:
    """Run the stages from what was split to what is to be exported, then both exports of these deaneries."""
    sent: list[OutboundFile] = []
    for stage in STAGES:
        progress(_title(stage), 0)
        await runner.drain(stage)
    for export in (APPLICANT_EXPORT, NOTIFICATION_EXPORT):
        progress(f"Writing {export.file_type} files", 0)
        some = await _sendable(runner, deaneries, export)
        sent += await compared_export(runner, out, export, day, some, occasion=occasion, window=window)
    return sent


async def compared_export(
    runner: Runner,
    out: FileStore,
    export: Export,
    day: date,
    deaneries: Sequence[str],
    *,
    occasion: str,
    window: ApplicantWindow | None,
) -> list[OutboundFile]:
    """Compare the records to export with TIS where that is due, export them, and run the stages that follow."""
    name = f"{export.file_type} export"
    run = ExportRun(runner.work, out, export, window=window)
    if stale := await runner.patiently(name, partial(run.stale, day, deaneries)):
        await runner.patiently(name, partial(run.ask_to_compare, stale))
        await _walk(runner, STAGES)
    sent = await runner.patiently(name, partial(run.run, day, deaneries, occasion=occasion))
    await _walk(runner, AFTER_APPLICANTS if export is APPLICANT_EXPORT else ())
    return sent


async def request_comparison(
    runner: Runner, day: date, deaneries: Sequence[str] = DEANERIES, occasion: str = "day"
) -> None:
    """Have all positions of deaneries compared with TIS and the daily rules applied; the same occasion does so once a day."""

    async def request() -> None:
        work = runner.work()
        for command in (RECONCILE_ALL_COMMAND, DAILY_RULES_COMMAND):
            ask(work, command, day, deaneries, occasion)
        await work.commit()

    await runner.patiently("comparison with TIS", request)


async def _sendable(runner: Runner, deaneries: Sequence[str], export: Export) -> list[str]:
    kind = export.file_type
    return await runner.patiently(f"{kind} export", lambda: sendable(runner.work(), deaneries, kind))


async def _walk(runner: Runner, stages: Iterable[tuple[str, ...]]) -> None:
    for stage in stages:
        await runner.drain(stage)


def by_date_and_sequence(names: Iterable[str]) -> list[str]:
    """Return file names oldest first; those that are not ESR names come last, to be refused by name."""

    def order(name: str) -> tuple[bool, date, int, str]:
        try:
            parsed = FileName.parse(name)
        except BadFileNameError:
            return True, date.max, 0, name
        return False, parsed.date, parsed.sequence, name

    return sorted(names, key=order)


def _title(stage: tuple[str, ...]) -> str:
    return {
        "esr.queue.por.split": "Saving positions",
        "esr.queue.pos.split": "Saving positions",
        "esr.queue.por.saved": "Finding posts",
        "esr.queue.pos.saved": "Finding posts",
        "esr.queue.position.reconciled.notificationgenerator": "Building applicant records",
        "esr.queue.notification.due": "Building notifications",
    }.get(stage[0], "Storing records")


def clock(day: date) -> Callable[[], datetime]:
    """Return a clock (UTC) for a day that is run later or earlier: that day in London, at the current time of day there."""
    return lambda: datetime.combine(day, wall_clock.now().astimezone(LONDON).time(), LONDON).astimezone(UTC)
