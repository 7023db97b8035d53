"""Guided procedures as task lists: recovery from an outage, the start of a region, the full file of a deanery."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import TisEsrError, UsageError
from tis_esr.first_letters import first_upper
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.dates import in_london
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.exports.withheld import withheld_since
from tis_esr.operations.moments import moment_of
from tis_esr.operations.outage import Outage, refuse_impossible
from tis_esr.operations.procedures.checklists import (
    FullFile,
    Overview,
    RegionChecklist,
    last_full_files,
    last_run,
    outage_between,
    overview,
    recovery_checklist,
    region_checklist,
)
from tis_esr.operations.procedures.performing import Where, outage_of
from tis_esr.operations.procedures.step_runs import Procedure, StepRun
from tis_esr.operations.recovery.reports import RecoveryReport, stored_recovery
from tis_esr.operations.recovery.stored import RecoveryStep, StoredRecovery
from tis_esr.operations.region.reports import StepState
from tis_esr.records.file_names import DEANERIES
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.doctor import checks_of
from tis_esr.web.console.pages.task_lists import Task, task_list
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page

TRAIL: Final = (("/", "Start"), ("/procedures", "Guided procedures"))
_MINUTES: Final = "%Y-%m-%dT%H:%M"
_OF_A_FIELD: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
"""What a browser's field for a time accepts as its value."""


class NoPlaceError(TisEsrError):
    """The settings or the file stores don't allow a recovery; ``reason`` says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutageTimesError(ProblemError):
    """Times that no outage can have; the page that asked for them asks again, with what was typed."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, f"The outage's times can't be used: {reason}.")
        self.reason = first_upper(reason)


async def procedures(request: Request, wrong: str = "") -> Response:
    """List what was begun, and forms to begin; ``wrong`` says what is wrong with the times of an outage."""
    account = account_of(request)
    found: Overview = await console_of(request).questions.ask(partial(overview, today=wall_clock.today()))
    values = {
        "recoveries": [
            {"href": recovery_address(one.key, one.full), "text": _of_outage(one.key), "stored": one}
            for one in found.recoveries
            if account.offices is None
        ],
        "recovery_steps": len(RecoveryStep),
        "restored_at": found.restored_at,
        "regions": [one for one in found.regions if account.sees(one.deanery)],
        "full_files": {
            deanery: found.full_files.get(deanery) for deanery in DEANERIES if account.sees(deanery)
        },
        "offices": account.visible_offices,
        "is_limited": account.offices is not None,
        **times_typed(request, wrong),
    }
    title = "Guided procedures"
    values["heading"] = title
    return page(
        request,
        "procedures.html",
        f"Error: {title}" if wrong else title,
        values,
        trail=TRAIL[:1],
        status=400 if wrong else 200,
    )


async def recovery(request: Request) -> Response:
    """Show what an outage delayed and dropped, and the steps that catch up."""
    try:
        begun, ended = outage_asked(request.query_params.get("from", ""), request.query_params.get("to", ""))
    except OutageTimesError as error:
        return await procedures(request, error.reason)
    full = full_asked(request.query_params.getlist("dnf"))
    found: Outage
    found, stored, run, now, restored_at = await console_of(request).questions.ask(
        partial(_recovery, where=Where(console_of(request).settings), begun=begun, ended=ended, full=full)
    )
    report, trouble = await checklist_of(request, begun, ended, full)
    tasks = [Task(step.step, step.state, step.text, step.at) for step in report.steps] if report else []
    values = {
        "outage": found,
        "restored_at": restored_at,
        "key": found.key,
        "full": stored.full,
        "trouble": trouble,
        "offices": DEANERIES,
        "query": {"from": _written(begun), "to": _written(ended)},
        "unfinished": report.unfinished if report else [],
        "here": recovery_address(found.key, stored.full),
        "held": held_unless(request, recovery_command(begun, ended)),
        **task_list(tasks, run, now),
    }
    title = "Recovery from an outage"
    return page(request, "recovery.html", title, values, trail=TRAIL)


async def region(request: Request) -> Response:
    """Show how far a region's start is, and its next step."""
    deanery = office_asked(request)
    found: RegionChecklist
    found, run, now = await console_of(request).questions.ask(partial(_region, deanery=deanery))
    tasks = [Task(step.step, step.state, step.text, step.at) for step in found.steps]
    held = held_unless(request, region_command(deanery))
    values = {
        "deanery": deanery,
        "found": found,
        "here": request.url.path,
        "held": held,
        **task_list(tasks, run, now),
    }
    return page(request, "region.html", f"Start of region {deanery}", values, trail=TRAIL)


async def full_file(request: Request) -> Response:
    """Show the last full file of a deanery, and create one."""
    deanery = office_asked(request)
    file: FullFile | None
    file, run, now = await console_of(request).questions.ask(partial(_full_file, deanery=deanery))
    last = (
        f"the last one is {file.name} with {counted(file.rows, 'row')}" if file else "none was created lately"
    )
    tasks = [
        Task("CREATE", StepState.NEXT, f"repeat who is in every position of {deanery} now and next; {last}"),
        Task("CONFIRMATION", StepState.LATER, "a DCC of the same number, the next day: see the file's page"),
    ]
    held = held_unless(request, full_file_command(deanery))
    values = {
        "deanery": deanery,
        "file": file,
        "here": request.url.path,
        "held": held,
        **task_list(tasks, run, now),
    }
    return page(request, "full_file.html", f"Full file of {deanery}", values, trail=TRAIL)


def held_unless(request: Request, command: str) -> str:
    """Return the command that does a step where this console can't, because its services hold the state file; else ""."""
    return command if console_of(request).shares_state_file else ""


def recovery_command(begun: datetime, ended: datetime) -> str:
    """Return the command of a recovery."""
    return f"tis-esr recover --from {_written(begun)} --to {_written(ended)}"


def region_command(deanery: str) -> str:
    """Return the command that starts a region."""
    return f"tis-esr region start {deanery}"


def full_file_command(deanery: str) -> str:
    """Return the command that creates a full file."""
    return f"tis-esr export notifications --full --deanery {deanery}"


def outage_asked(begun: str, ended: str) -> tuple[datetime, datetime]:
    """Return the times of an outage. Raises OutageTimesError for what can't be one."""
    if not begun.strip() or not ended.strip():
        raise OutageTimesError("enter the time at which the outage began, and the time at which it ended")
    try:
        first, last = moment_of("from", begun), moment_of("to", ended)
        refuse_impossible(first, last, wall_clock.today(), wall_clock.now())
    except UsageError as error:
        raise OutageTimesError(error.reason) from None
    return first, last


def full_asked(codes: Sequence[str]) -> list[str]:
    """Return the deaneries that a DNF is asked for. Raises ProblemError for one that there is not."""
    if set(codes) - set(DEANERIES):
        raise ProblemError(
            400, "The address asks for an office that there is not.", f"It can be: {', '.join(DEANERIES)}."
        )
    return sorted(set(codes))


def office_asked(request: Request) -> str:
    """Return the deanery of the address. Raises ProblemError for one that there is not, or that is not the person's."""
    deanery: str = request.path_params["deanery"]
    return own_office(request, deanery)


def own_office(request: Request, deanery: str) -> str:
    """Return a deanery. Raises ProblemError for one that there is not, or that is not the person's."""
    if deanery not in DEANERIES or not account_of(request).sees(deanery):
        raise ProblemError(
            404,
            "There is no office of this code, or your account does not include it.",
            f"Your account includes: {', '.join(account_of(request).visible_offices)}.",
            "No such office",
        )
    return deanery


def recovery_address(key: str, full: Sequence[str] = ()) -> str:
    """Return the address of a recovery by the key of its outage."""
    begun, ended = outage_of(key)
    pairs = [
        ("from", _written(begun)),
        ("to", _written(ended)),
        *(("dnf", one) for one in full),
    ]
    return f"/procedures/recovery?{urlencode(pairs)}"


def _written(at: datetime) -> str:
    """Return a moment for an address, which is read as the same moment: to the minute in London if that is it, else in full."""
    short = at.strftime(_MINUTES)
    return short if moment_of("at", short).timestamp() == at.timestamp() else at.isoformat()


async def checklist_of(
    request: Request, begun: datetime, ended: datetime, full: list[str], *, checked: bool = False
) -> tuple[RecoveryReport | None, str]:
    """Return the steps of a recovery; None and the reason while the settings or file stores don't allow one.

    Only if ``checked`` is the installation examined, which takes long while something is unavailable.
    """
    console = console_of(request)
    checks: list[Check] = (await checks_of(console))[0] if checked else []
    ask = partial(
        _checklist, where=Where(console.settings), begun=begun, ended=ended, full=full, checks=checks
    )
    try:
        report: RecoveryReport = await console.questions.ask(ask)
    except OSError as error:
        return None, f"a file store can't be read: {error.strerror or type(error).__name__}"
    except NoPlaceError as error:
        return None, str(error)
    return report, ""


def _checklist(
    reader: Reader, where: Where, begun: datetime, ended: datetime, full: list[str], checks: list[Check]
) -> RecoveryReport:
    try:
        place = where.recovery()
    except TisEsrError as error:
        raise NoPlaceError(str(error)) from error
    return asyncio.run(recovery_checklist(reader, place, begun, ended, wall_clock.today(), full, checks))


def _recovery(
    reader: Reader, where: Where, begun: datetime, ended: datetime, full: list[str]
) -> tuple[Outage, StoredRecovery, StepRun | None, float, datetime | None]:
    found = outage_between(reader, where.settings, begun, ended, wall_clock.today())
    stored = stored_recovery(reader, found, wall_clock.today(), full)
    run = last_run(reader, Procedure.RECOVERY, found.key)
    return found, stored, run, reader.time(), withheld_since(reader)


def _region(reader: Reader, deanery: str) -> tuple[RegionChecklist, StepRun | None, float]:
    return region_checklist(reader, deanery), last_run(reader, Procedure.REGION, deanery), reader.time()


def _full_file(reader: Reader, deanery: str) -> tuple[FullFile | None, StepRun | None, float]:
    file = last_full_files(reader, wall_clock.today()).get(deanery)
    return file, last_run(reader, Procedure.FULL_FILE, deanery), reader.time()


def times_typed(request: Request, wrong: str) -> dict[str, object]:
    """Return what the form for the times of an outage shows: those of the address, and what is wrong with them."""
    typed = (request.query_params.get(name, "") for name in ("from", "to"))
    return {
        "latest": latest_minute(),
        "typed": [one if _OF_A_FIELD.fullmatch(one) else "" for one in typed],
        "wrong": wrong,
    }


def latest_minute() -> str:
    """Return the present minute in London, the last that an outage can have begun or ended in."""
    return in_london(wall_clock.now()).strftime(_MINUTES)


def _of_outage(key: str) -> str:
    """Return an outage in words; its key has the offset that its times were given with."""
    begun, ended = map(in_london, outage_of(key))
    return f"{in_words(begun.date())} {begun:%H:%M} to {in_words(ended.date())} {ended:%H:%M}"
