"""``tis-esr region start|status``: the guided start of a new region, step by step."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from tis_esr.commands.person import person_of
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import GOOD, HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.decisions.sent_list import LineProblem
from tis_esr.errors import Exit, UsageError
from tis_esr.files.file_store import FileStore
from tis_esr.operations.composition import engine_for_operation, reader_of, system
from tis_esr.operations.dates import readable
from tis_esr.operations.region.by_services import ByServices
from tis_esr.operations.region.here import Here
from tis_esr.operations.region.planning import report
from tis_esr.operations.region.reports import Region, RegionReport, StartWaitsError, StepReport, StepState
from tis_esr.operations.region.steps import Steps
from tis_esr.services.data_exporter.region_starts import StartStep
from tis_esr.settings import Settings

_PROBLEMS_SHOWN = 20
_CALLING_TCS = {StartStep.FULL_FILE, StartStep.SENT_BEFORE, StartStep.APPLICANTS}
_LABELS = {StepState.DONE: GOOD, StepState.NEXT: HEADING, StepState.WAITING: NOTICE, StepState.LATER: ""}


@dataclass(frozen=True)
class Place:
    """Where a region's start works: the settings, the state file and the TCS of a manual run, the outbound store."""

    settings: Settings
    state: Path | None
    tcs_url: str | None
    out: Callable[[], FileStore]

    @property
    def has_services(self) -> bool:
        """Return whether running services do the work."""
        return self.settings.engine == "production" and self.state is None


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
    settings = place.settings
    if place.has_services:
        async with engine_for_operation(settings, None, region.day) as runner:
            with progress() as bars:
                bar = bars.stage("Waiting for running services", "messages left", total=None)
                open_reader = partial(reader_of, settings)
                workers = ByServices(runner, region, open_reader, bar.update)
                await Steps(runner, person_of(settings), region, workers).do(step)
    elif step in _CALLING_TCS:
        if place.tcs_url is None:
            raise UsageError("--tcs", "give the URL of TCS, or set TIS_ESR_TCS_URL")
        out = place.out()
        async with system(settings, place.state, place.tcs_url, region.inbound, out, region.day) as opened:
            here = Here(opened.runner, region, out, acknowledges=settings.send_rtc)
            await Steps(opened.runner, person_of(settings), region, here).do(step)
    else:
        async with engine_for_operation(settings, place.state, region.day) as runner:
            here = Here(runner, region, place.out())
            await Steps(runner, person_of(settings), region, here).do(step)


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
