"""``tis-esr region start|status``: the guided start of a new region, step by step."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from tis_esr.commands.person import person_of
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import GOOD, HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.decisions.sent_list import LineProblem
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation
from tis_esr.operations.dates import readable
from tis_esr.operations.region.opening import Place, opened_steps
from tis_esr.operations.region.planning import report
from tis_esr.operations.region.reports import Region, RegionReport, StartWaitsError, StepReport, StepState
from tis_esr.services.data_exporter.region_starts import StartStep

_PROBLEMS_SHOWN = 20
_LABELS = {StepState.DONE: GOOD, StepState.NEXT: HEADING, StepState.WAITING: NOTICE, StepState.LATER: ""}


def status(place: Place, region: Region, *, as_json: bool) -> Exit:
    """Print what is done, what the next steps would do, and what the start waits for."""
    found = asyncio.run(_reported(place, region))
    _print(found, as_json=as_json)
    return Exit.DONE


def dry_run(place: Place, region: Region, *, as_json: bool) -> Exit:
    """Print what the steps would do; store, write and send nothing."""
    found = asyncio.run(_reported(place, region, dry_run=True))
    _print(found, as_json=as_json)
    return Exit.DONE


def start(place: Place, region: Region, confirmed: Callable[[str], bool], *, as_json: bool) -> Exit:
    """Do the steps that are left, each after a confirmation that says what it does, with counts.

    Raises StartWaitsError where the start has to wait, and UsageError for a list that can't be used.
    """
    found = asyncio.run(_reported(place, region))
    skipped: list[LineProblem] = []
    while (step := found.current) is not None:
        if step.state is StepState.WAITING:
            _print(found, as_json=as_json)
            _stop_for(region, step)
        skipped = found.problems or skipped
        if not as_json:
            _show_problems(found.problems)
        if not confirmed(f"{region.deanery}: {step.text}?"):
            say(f"stopped before: {step.text}. To go on, run the same command again")
            return Exit.DONE_WITH_PARKED
        asyncio.run(_done(place, region, step.step))
        found = asyncio.run(_reported(place, region))
        if not as_json:
            _show(next(one for one in found.steps if one.step is step.step))
    if as_json:
        print_json(msgspec.structs.replace(found, problems=skipped))
    else:
        say(f"{region.deanery} is started: its exports go by schedule.")
    return Exit.DONE


def _stop_for(region: Region, step: StepReport) -> None:
    if step.step is StartStep.SENT_BEFORE:
        raise UsageError(
            "--sent",
            f"{step.counts['unusable']} of {counted(step.counts['lines'], 'line')} can't be used: correct them, or give --skip-unknown",
        )
    raise StartWaitsError(region.deanery, "its RMF is not in the inbound store")


async def _reported(place: Place, region: Region, *, dry_run: bool = False) -> RegionReport:
    async with engine_for_operation(place.settings, place.state, region.day) as runner:
        return await report(runner, region, dry_run=dry_run)


async def _done(place: Place, region: Region, step: StartStep) -> None:
    with progress() as bars:
        show: Callable[[int], None] = _no_bar
        if place.has_services:
            show = bars.stage("Waiting for running services", "messages left", total=None).update
        async with opened_steps(place, region, person_of(place.settings), step, show) as (_, steps):
            await steps.do(step)


def _no_bar(_: int) -> None:
    """Show nothing: this process does the work, and says so by its steps."""


def _print(found: RegionReport, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if found.dry_run:
        say("nothing is stored, written or sent.", label="Dry run:", style=HEADING)
    state = (
        "is started"
        if found.is_finished
        else "is being started"
        if found.is_in_progress
        else "is not started"
    )
    say(f"{found.deanery} {state}.")
    for step in found.steps:
        _show(step)
    _show_problems(found.problems)


def _show_problems(problems: Sequence[LineProblem]) -> None:
    for problem in problems[:_PROBLEMS_SHOWN]:
        say(f"line {problem.line}: {problem.reason}", indent=2)
    if len(problems) > _PROBLEMS_SHOWN:
        say(f"and {counted(len(problems) - _PROBLEMS_SHOWN, 'more line')}: see --json", indent=2)


def _show(step: StepReport) -> None:
    when = f" {readable(step.at)}" if step.at else ""
    say(step.text, label=f"{step.state.capitalize()}{when}:", style=_LABELS[step.state])
