"""The processes of the installation: heartbeat, version, services, and what must agree and does not."""

from functools import partial
from typing import Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.processes.listing import ListedProcess, Processes, ProcessState, processes
from tis_esr.operations.processes.overview import (
    ProcessOverview,
    has_every_service,
    process_overview,
    settings_of,
)
from tis_esr.operations.states import words
from tis_esr.web.console.console import console_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import moment, tag

_TRAIL: Final = (("/", "Start"), ("/processes", "Processes"))
_COLOURS: Final = {ProcessState.RUNNING: "green", ProcessState.GONE: "red"}


def _link(process: ListedProcess) -> Markup:
    return Markup('<a class="app-ident" href="/processes/{}">{}</a>').format(
        quote(process.name, safe=""), process.name
    )


def _services(process: ListedProcess) -> str:
    return "all services" if has_every_service(process) else ", ".join(process.services)


_TABLE: Final = Table[ListedProcess](
    columns=(
        Column("name", "Process", lambda one: one.name, _link),
        Column("state", "State", lambda one: words(one.state), lambda one: tag(words(one.state), _COLOURS[one.state])),
        Column("heartbeat", "Last heartbeat", lambda one: one.heartbeat, lambda one: moment(one.heartbeat)),
        Column("silent", "Seconds ago", lambda one: int(one.silent_seconds), is_number=True),
        Column("version", "Version", lambda one: one.version),
        Column("schema", "Schema", lambda one: one.schema, is_number=True),
        Column("services", "Services", _services),
        Column("host", "Host", lambda one: one.host),
        Column("pid", "Process id", lambda one: str(one.pid)),
        Column("started", "Since", lambda one: one.started, lambda one: moment(one.started)),
        Column("settings", "Settings", lambda one: one.digest),
    ),
    key=lambda one: one.name,
    sort="name",
)  # fmt: skip


async def process_list(request: Request) -> Response:
    """Show every process that runs, or is gone for less than a day, and what is wrong about them."""
    console = console_of(request)
    found: ProcessOverview = await console.questions.ask(process_overview)
    states = [one.state for one in found.found.processes]
    values = {
        "table": _TABLE.page(request, found.found.processes, csv="/processes.csv"),
        "running": states.count(ProcessState.RUNNING),
        "gone": states.count(ProcessState.GONE),
        "found": found,
        "is_embedded": console.settings.engine == "embedded",
    }
    return page(request, "processes.html", "Processes", values, trail=_TRAIL[:1])


async def processes_csv(request: Request) -> Response:
    """Return what the page shows as CSV."""
    found: Processes = await console_of(request).questions.ask(processes)
    return _TABLE.csv(request, "processes", found.processes)


async def process(request: Request) -> Response:
    """Show one process with the settings that must agree between processes."""
    name = request.path_params["name"]
    found, one = await console_of(request).questions.ask(partial(_one, name=name))
    if one is None:
        raise ProblemError(
            404,
            "No process of this name runs, or it is gone for more than a day.",
            "Open the list of processes.",
            "No such process",
        )
    values = {
        "one": one,
        "services": _services(one),
        "state": (words(one.state), _COLOURS[one.state]),
        "settings": settings_of(found, one),
    }
    return page(request, "process.html", f"Process {one.name}", values, trail=_TRAIL)


def _one(reader: Reader, name: str) -> tuple[Processes, ListedProcess | None]:
    found = processes(reader)
    return found, next((one for one in found.processes if one.name == name), None)
