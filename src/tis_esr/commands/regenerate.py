"""``tis-esr regenerate``: has the records of a person, post, placement or deanery, or of what failed, generated again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.as_of_day import refuse_impossible_day
from tis_esr.commands.person import person_of
from tis_esr.commands.progress import Bar, progress
from tis_esr.commands.reconcile import say_parked
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.errors import Exit
from tis_esr.files.file_store import Nowhere
from tis_esr.operations.composition import (
    engine_for_operation,
    reader_of,
    system,
    tcs_for_operation,
    window,
)
from tis_esr.operations.planned_day import Change, Effect, planned_changes
from tis_esr.operations.reconciling import compare
from tis_esr.operations.regeneration.outcome import Regenerated
from tis_esr.operations.regeneration.requests import Done, Progress, count, parts, request
from tis_esr.operations.regeneration.requests import regenerate as regenerate_
from tis_esr.operations.regeneration.selection import Asked, Selection, selected
from tis_esr.operations.waiting_for_services import POLL_SECONDS, POSITIONS, until_done
from tis_esr.settings import Settings

_SHOWN = 12
_EVER = Between(0.0, 1e12)


async def regenerate(
    settings: Settings,
    asked: Asked,
    day: date,
    state: Path | None,
    tcs_url: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> Exit:
    """Generate records again, or print what that would change. Raises NobodyWorksError if no service does it."""
    open_reader = partial(reader_of, settings, state)
    with closing(open_reader()) as reader:
        async with tcs_for_operation(settings, tcs_url) as tcs:
            assert tcs is not None  # noqa: S101 - the address is required before
            selection = await selected(asked, reader, tcs)
        positions = count(reader, selection.posts, selection.numbers, selection.deaneries, _EVER)
    changes: list[Change] = []
    done = Done(requeued=len(selection.parked), left=0, parked=0)
    if dry_run:
        refuse_impossible_day(settings, state, day, dry_run=True)
        changes = await _planned(settings, selection, day, state, tcs_url)
    elif not selection.is_empty:
        done = await _done(settings, selection, day, state, tcs_url, open_reader, positions)
    outcome = Regenerated(
        day=day,
        dry_run=dry_run,
        selection=selection,
        positions=positions - done.left,
        requeued=done.requeued,
        left=done.left,
        parked=done.parked,
        changes=changes,
    )
    if as_json:
        print_json(outcome)
    else:
        _print(outcome)
    return Exit.DONE_WITH_PARKED if outcome.left or outcome.parked else Exit.DONE


async def _done(
    settings: Settings,
    selection: Selection,
    day: date,
    state: Path | None,
    tcs_url: str,
    open_reader: Callable[[], Reader],
    positions: int,
) -> Done:
    refuse_impossible_day(settings, state, day)
    person = person_of(settings)
    with progress() as bars:
        bar = bars.stage("Generating again", "positions", total=positions)
        if settings.engine == "production" and state is None:
            async with engine_for_operation(settings, None, day) as runner:
                finish = _shown(bar, partial(_by_services, open_reader))
                return await regenerate_(runner, person, selection, day, open_reader, finish)
        nowhere = Nowhere()
        async with system(settings, state, tcs_url, nowhere, nowhere, day) as opened:
            finish = _shown(bar, partial(_here, open_reader, opened.runner))
            return await regenerate_(opened.runner, person, selection, day, open_reader, finish)


def _shown(
    bar: Bar, finish: Callable[[Progress, Callable[[int], None]], Awaitable[None]]
) -> Callable[[Progress], Awaitable[None]]:
    """Return how a part is finished, with how many positions are done on the bar."""

    async def finished(part: Progress) -> None:
        done, most = bar.done, 0

        def show(left: int) -> None:
            nonlocal most
            most = max(most, left)
            bar.update(done + most - left)

        await finish(part, show)

    return finished


async def _by_services(
    open_reader: Callable[[], Reader], part: Progress, show: Callable[[int], None]
) -> None:
    await until_done(lambda: part.left(open_reader), show, POSITIONS)
    show(0)


async def _here(
    open_reader: Callable[[], Reader], runner: Runner, part: Progress, show: Callable[[int], None]
) -> None:
    """Handle the messages here, and show how many positions are left meanwhile."""
    comparing = asyncio.create_task(compare(runner))
    try:
        while not comparing.done():
            show(await asyncio.to_thread(part.left, open_reader))
            await asyncio.wait({comparing}, timeout=POLL_SECONDS)
        await comparing
        show(0)
    finally:
        comparing.cancel()
        await asyncio.gather(comparing, return_exceptions=True)


async def _planned(
    settings: Settings, selection: Selection, day: date, state: Path | None, tcs_url: str
) -> list[Change]:
    nowhere = Nowhere()
    async with system(settings, state, tcs_url, nowhere, nowhere, day) as opened:
        with progress() as bars:
            bar = bars.stage("Copying records", "steps", total=None)

            async def ask(copy: Runner) -> None:
                for part in parts(selection):
                    await request(copy, part, day)

            return await planned_changes(
                opened.runner.engine,
                opened.tcs,
                day,
                window(settings),
                ask,
                lambda name, _: bar.update(bar.done + 1, name=name),
            )


def _print(outcome: Regenerated) -> None:
    if outcome.selection.is_empty:
        say("Nothing failed since then: nothing to generate again.")
        return
    positions, requeued = outcome.positions, outcome.requeued
    was, were = ("would be", "would be") if outcome.dry_run else ("was", "were")
    if outcome.dry_run:
        say("nothing was stored or sent.", label="Dry run:", style=HEADING)
    one = f"position {was} compared with TIS and its records"
    many = f"positions {were} compared with TIS and their records"
    say(f"{counted(positions, one, many)} generated again.")
    if outcome.left:
        say(f"{outcome.left:,} could not be compared.", style=NOTICE)
    say_parked(outcome.parked)
    if requeued:
        say(f"{counted(requeued, f'parked message {was}', f'parked messages {were}')} requeued.")
    if outcome.dry_run:
        _print_changes(outcome.changes)
    else:
        say("See what the next files will have: tis-esr export applicants --dry-run")


def _print_changes(changes: list[Change]) -> None:
    effects = Counter(change.effect for change in changes)
    say(", ".join(f"{effects[effect]:,} {effect.value}" for effect in Effect), label="Records:")
    for change in changes[:_SHOWN]:
        what = "applicant" if change.kind == "APP" else f"type {change.kind}"
        say(f"{change.deanery} {what} {change.record}: {change.effect.value}", indent=2)
    if len(changes) > _SHOWN:
        say(f"and {len(changes) - _SHOWN:,} more; --json lists all", indent=2)
