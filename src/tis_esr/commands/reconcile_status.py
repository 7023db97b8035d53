"""``tis-esr reconcile-status``: compares the statuses that TCS lists with what was exported and reconciled, and repairs them."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from tis_esr.commands.person import person_of
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import GOOD, NOTICE, errors, print_json, say
from tis_esr.counted import counted, plural
from tis_esr.errors import Exit
from tis_esr.files.file_store import Nowhere
from tis_esr.operations.composition import process_name, reader_of, system
from tis_esr.operations.status_check.comparing import Comparer
from tis_esr.operations.status_check.differences import Difference
from tis_esr.operations.status_check.repairs import CHANGED_QUEUE, EXPORTED_QUEUE, parked_repairs
from tis_esr.operations.status_check.report import StatusReport, report
from tis_esr.operations.status_check.stored_run import KEPT_DIFFERENCES, StatusRun
from tis_esr.operations.waiting_for_services import until_done
from tis_esr.settings import Settings

_SHOWN = 15
_REPAIRING = (CHANGED_QUEUE, EXPORTED_QUEUE)


async def reconcile_status(
    settings: Settings,
    deaneries: Sequence[str],
    day: date,
    state: Path | None,
    tcs_url: str,
    *,
    repair: bool,
    as_json: bool,
) -> Exit:
    """Compare, and repair if asked to; DONE_WITH_PARKED if differences are left."""
    nowhere = Nowhere()
    holder = process_name(settings, embedded=state is not None)
    async with system(settings, state, tcs_url, nowhere, nowhere, day) as opened:
        person = person_of(settings) if repair else None
        comparer = Comparer(opened.runner, opened.tcs, deaneries, repairs_by=person, holder=holder)
        with progress() as bars:
            bar = bars.stage("Comparing statuses with TIS", "records", total=None)

            def show(run: StatusRun) -> None:
                bar.update(run.checked)

            run = await comparer.run(show)
        found = report(run)
        if found.repaired and settings.engine == "production" and state is None:
            await _by_services(settings)
        elif found.repaired:
            await opened.runner.drain(_REPAIRING)
    parked = _parked(settings, state, run) if found.repaired else 0
    if as_json:
        print_json(found)
    else:
        _print(found)
    if parked:
        advice = "see why, and requeue or discard them: tis-esr parked"
        errors.say(
            f"{parked:,} of the repairs {plural(parked, 'was', 'were')} parked: {advice}", style=NOTICE
        )
    return Exit.DONE_WITH_PARKED if found.left or found.unchecked or parked else Exit.DONE


def _parked(settings: Settings, state: Path | None, run: StatusRun) -> int:
    with closing(reader_of(settings, state)) as reader:
        return parked_repairs(reader, run.begun_at)


async def _by_services(settings: Settings) -> None:
    """Wait until the InboundDataWriter has made the repairs. Raises NobodyWorksError if it doesn't run."""

    def left() -> int:
        with closing(reader_of(settings)) as reader:
            waiting = reader.waiting()
        return sum(waiting.get(queue, 0) for queue in _REPAIRING)

    await until_done(
        left, lambda _: None, ("status is still to be sent to TIS", "statuses are still to be sent to TIS")
    )


def _print(found: StatusReport) -> None:
    say(
        f"{counted(found.placements, 'placement')} and {counted(found.posts, 'post')} of {', '.join(found.deaneries)} were compared with TIS."
        if len(found.deaneries) < 13
        else f"{counted(found.placements, 'placement')} and {counted(found.posts, 'post')} were compared with TIS."
    )
    counts = found.counts
    style = NOTICE if sum(counts.values()) else GOOD
    say(
        f"{counts['MISSING']:,} missing, {counts['DOUBLED']:,} doubled, {counts['DIFFERENT']:,} different",
        label="Statuses in TIS:",
        style=style,
    )
    for difference in found.differences[:_SHOWN]:
        say(_line(difference), indent=2)
    total = sum(counts.values())
    if total > _SHOWN:
        where = "see --json" if total <= KEPT_DIFFERENCES else f"--json has the first {KEPT_DIFFERENCES}"
        say(f"and {total - _SHOWN:,} more: {where}", indent=2)
    if found.repaired:
        say(
            f"{found.repaired:,} were requested from the InboundDataWriter, which checks TIS before it sends them."
        )
    elif any(difference.is_repairable for difference in found.differences):
        say("To repair what can be repaired: tis-esr reconcile-status --repair")
    if any(not difference.is_repairable for difference in found.differences):
        say("Doubled statuses stay: TIS only appends. They have no effect on what is sent to ESR.")
    if found.under_way:
        say(f"{counted(found.under_way, 'status is', 'statuses are')} still on their way to TIS.")
    if found.purged:
        say(
            f"{counted(found.purged, 'status', 'statuses')} can't be known: the file was purged (keep_history_days)."
        )
    if found.unchecked:
        say(
            f"{counted(found.unchecked, 'placement or post', 'placements or posts')} could not be read; run it again.",
            style=NOTICE,
        )


def _line(difference: Difference) -> str:
    file = f" in {difference.file}" if difference.file else ""
    return (
        f"{difference.deanery} {difference.of} {difference.id}: {difference.kind.lower()}, position"
        f" {difference.position_id} (number {difference.position_number}){file}"
    )
