"""A whole interface day: processes inbound files, exports, then stops."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import FileStore
from tis_esr.records.file_names import DEANERIES, BadFileNameError, FileName
from tis_esr.services.contracts.commands import DAILY_RULES_COMMAND, RECONCILE_ALL_COMMAND, ask
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, ExportRun
from tis_esr.services.data_exporter.outbound import OutboundFile
from tis_esr.services.flow import ACKNOWLEDGING, AFTER_APPLICANTS, PEOPLE, SPLIT, STAGES, TELLING
from tis_esr.services.inbound_data_reader.file_admission import Taken
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.services.inbound_data_reader.ledger_horizon import within


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
        taken = [await reader.hold(name, reason) for name, reason in sorted(listing.odd.items())]
        taken += [
            await runner.patiently(name, partial(reader.take, inbound, name, listing.stamps[name]))
            for name in by_date_and_sequence(await within(runner.work(), listing.names))
        ]
        await _walk(runner, SPLIT)
        progress("Updating people", 0)
    await _request(runner, day, RECONCILE_ALL_COMMAND, DAILY_RULES_COMMAND)
    sent: list[OutboundFile] = []
    async with runner.beside(TELLING):
        for stage in STAGES:
            progress(_title(stage), 0)
            await runner.drain(stage)
        for export, after in ((APPLICANT_EXPORT, AFTER_APPLICANTS), (NOTIFICATION_EXPORT, ())):
            progress(f"Writing {export.file_type} files", 0)
            run = ExportRun(runner.work, out, export, window=window)
            if stale := await runner.patiently(f"{export.file_type} export", partial(run.stale, day)):
                await runner.patiently(f"{export.file_type} export", partial(run.ask_to_compare, stale))
                await _walk(runner, STAGES)
            sent += await runner.patiently(
                f"{export.file_type} export", partial(run.run, day, occasion="day")
            )
            await _walk(runner, after)
        progress("Notifying TIS", 0)
    await runner.drain(ACKNOWLEDGING)
    return DayDone(taken=taken, sent=sent)


async def _request(runner: Runner, day: date, *commands: str) -> None:
    """Send commands of the day; the same day sends each once."""
    work = runner.work()
    for command in commands:
        ask(work, command, day, DEANERIES, "day")
    await work.commit()


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
    """Return a clock for a day that is run later or earlier: that day, at the current time of day."""
    return lambda: datetime.combine(day, datetime.now(UTC).time(), UTC)
