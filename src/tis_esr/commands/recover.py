"""``tis-esr recover``: what an outage delayed and dropped, then a checklist that ends when everything is caught up."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime

from tis_esr import wall_clock
from tis_esr.commands.as_of_day import refuse_impossible_day
from tis_esr.commands.outage import show_effects
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import GOOD, HEADING, NOTICE, print_json, say
from tis_esr.errors import Exit
from tis_esr.operations.composition import crons, reader_of, window
from tis_esr.operations.dates import readable
from tis_esr.operations.doctor.checks import examine
from tis_esr.operations.outage import Outage, outage
from tis_esr.operations.recovery.opening import opened_recovery
from tis_esr.operations.recovery.reports import (
    Place,
    RecoveryReport,
    RecoveryStepReport,
    recovery_report,
    stored_recovery,
)
from tis_esr.operations.recovery.stored import RecoveryStep
from tis_esr.operations.region.reports import StepState
from tis_esr.settings import Settings

_SHOWN = 8
_LABELS = {StepState.DONE: GOOD, StepState.NEXT: HEADING, StepState.WAITING: NOTICE, StepState.LATER: ""}


class Asked:
    """The outage that a person names, the day to treat as today if any, and the deaneries that a DNF is asked for."""

    def __init__(self, begun: datetime, ended: datetime, as_of: date | None, full: Sequence[str]) -> None:
        self.begun, self.ended, self.full, self._as_of = begun, ended, list(full), as_of

    @property
    def day(self) -> date:
        """Return today for the next step: a question may be answered on the day after it was asked."""
        return self._as_of or wall_clock.today()


def show(place: Place, asked: Asked, *, as_json: bool) -> Exit:
    """Print what the outage delayed and dropped, and what the steps would do; change nothing."""
    refuse_impossible_day(place.settings, place.state, asked.day, dry_run=True)
    found = asyncio.run(_reported(place, asked, dry_run=True))
    if as_json:
        print_json(found)
        return Exit.DONE
    say("nothing is stored, written or sent.", label="Dry run:", style=HEADING)
    _show_outage(found)
    for step in found.steps:
        _show(step)
    return Exit.DONE


def recover(place: Place, asked: Asked, confirmed: Callable[[str], bool], *, as_json: bool) -> Exit:
    """Do the steps that are left, each after a confirmation; DONE_WITH_PARKED if they leave something to a person."""
    refuse_impossible_day(place.settings, place.state, asked.day)
    found = asyncio.run(_reported(place, asked))
    if not as_json:
        _show_outage(found)
    left = False
    while (step := found.current) is not None:
        if step.state is StepState.WAITING:
            _stopped(found, step, as_json=as_json)
            return Exit.UNAVAILABLE
        if not confirmed(f"{step.text}?"):
            say(f"stopped before: {step.text}. To go on, run the same command again")
            return Exit.DONE_WITH_PARKED
        asyncio.run(_done(place, asked, found.outage, step.step))
        found = asyncio.run(_reported(place, asked))
        done = next(one for one in found.steps if one.step is step.step)
        left |= done.needs_somebody
        if not as_json:
            _show(done)
    if as_json:
        print_json(found)
    else:
        more = " What it left to a person is said with its steps." if left else ""
        say(f"The recovery is finished.{more}")
    return Exit.DONE_WITH_PARKED if left else Exit.DONE


def _stopped(found: RecoveryReport, step: RecoveryStepReport, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    _show(step)
    say("Correct that, then run the same command again: it goes on from here.")


async def _reported(place: Place, asked: Asked, *, dry_run: bool = False) -> RecoveryReport:
    with closing(reader_of(place.settings, place.state)) as reader:
        found = outage(
            reader,
            asked.begun,
            asked.ended,
            today=asked.day,
            window=window(place.settings),
            crons=crons(place.settings),
        )
        stored = stored_recovery(reader, found, asked.day, asked.full)
        is_checked = RecoveryStep.DOCTOR in stored.done
        checks = [] if is_checked else [check async for check in examine(_of_place(place))]
        return await recovery_report(reader, place, found, stored, checks, today=asked.day, dry_run=dry_run)


def _of_place(place: Place) -> Settings:
    """Return the settings with what the command line names instead."""
    changes = {"tcs_url": place.tcs_url, **({"state": place.state} if place.state else {})}
    return place.settings.model_copy(update=changes)


async def _done(place: Place, asked: Asked, found: Outage, step: RecoveryStep) -> None:
    settings = place.settings
    with closing(reader_of(settings, place.state)) as reader:
        stored = stored_recovery(reader, found, asked.day, asked.full)
    person = person_of(settings)
    async with opened_recovery(place, person, found, stored, asked.day, step) as recovery:
        await recovery.do(step)


def _show_outage(found: RecoveryReport) -> None:
    show_effects(found.outage)
    if found.unfinished:
        more = (
            f" and {len(found.unfinished) - _SHOWN:,} more (--json)" if len(found.unfinished) > _SHOWN else ""
        )
        say(", ".join(found.unfinished[:_SHOWN]) + more, label="Files to drive again:")


def _show(step: RecoveryStepReport) -> None:
    when = f" {readable(step.at)}" if step.at else ""
    say(step.text, label=f"{step.state.capitalize()}{when}:", style=_LABELS[step.state])
