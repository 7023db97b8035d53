"""``tis-esr console``: serves the web console until stopped; ``tis-esr run --console``: beside the services."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from tis_esr import wall_clock
from tis_esr.commands.command_line import check_state
from tis_esr.commands.demo import demo, simulated_tcs
from tis_esr.commands.demo_folder import STATE, has_demo, kept
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, say
from tis_esr.engine.runner import Runner
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of
from tis_esr.process.garbage_collection import collect_less_often
from tis_esr.process.logs import log_events
from tis_esr.process.serving_process import Beside
from tis_esr.settings import Settings
from tis_esr.web.console.opening import local_console, refuse_open, shared_console
from tis_esr.web.http_server import refuse_unusable

_DEMO_DAYS: Final = 3
_HOST: Final = "127.0.0.1"


def console(settings: Settings, state: Path | None, port: int | None) -> Exit:
    """Serve until Ctrl-C or SIGTERM: a state file to its owner, or with a provider the engine's store to its people."""
    collect_less_often()
    if state is None and settings.console_oidc_issuer is not None:
        check_state(settings, None)
        if settings.engine == "embedded":
            reader_of(settings).close()
        log_events(settings.log_format)
        asyncio.run(_shared(settings, _port(settings, port)))
        return Exit.DONE
    if state is None:
        refuse_open(settings)
    check_state(settings, state)
    of_file = settings.model_copy(update={"engine": "embedded", "state": state or settings.state})
    reader_of(of_file).close()
    with kept(of_file.state.parent):
        asyncio.run(_local(of_file, _port(settings, port)))
    return Exit.DONE


def console_of_demo(settings: Settings, folder: Path, port: int | None) -> Exit:
    """Serve the demo in a folder as it is, or first run its three days, the last of them today; TCS is simulated meanwhile.

    Nothing is run if the port can't be used. Raises PortUnusableError, DemoInUseError, and UsageError for a folder that
    holds something else.
    """
    refuse_unusable(_HOST, _port(settings, port), "--port")
    if has_demo(folder):
        say(f"{folder} holds a demo, which is shown as it is. To replace it: {_replacing(folder)}")
    else:
        demo(settings, folder, wall_clock.today() - timedelta(days=_DEMO_DAYS - 1), _DEMO_DAYS)
    say("")
    with kept(folder), simulated_tcs(folder) as tcs:
        return console(_of_demo(settings, folder, tcs.url), folder / STATE, port)


def _of_demo(settings: Settings, folder: Path, tcs: str) -> Settings:
    """Return the settings with the demo's folders and its simulated TCS, which takes no token."""
    stores = {"files_in": "folder", "files_out": "folder"}
    folders = {"inbound": str(folder / "in"), "outbound": str(folder / "out")}
    return settings.model_copy(
        update={**stores, **folders, "tcs_url": tcs, "tcs_token": None, "tcs_token_url": None}
    )


def _replacing(folder: Path) -> str:
    return f"tis-esr demo --days {_DEMO_DAYS} --dir {folder}"


def console_beside(settings: Settings) -> Beside:
    """Return what serves the console beside services, on TIS_ESR_CONSOLE_PORT; signing in is as for ``tis-esr console``.

    Raises UsageError for a console that would be open.
    """
    name, port = person_of(settings).name, "TIS_ESR_CONSOLE_PORT"
    if settings.console_oidc_issuer is None:
        refuse_open(settings)

    @asynccontextmanager
    async def beside(runner: Runner) -> AsyncIterator[None]:
        if settings.console_oidc_issuer is None:
            async with local_console(
                settings, settings.console_port, name, _show, runner=runner, setting=port
            ):
                yield
            return
        async with shared_console(settings, settings.console_port, runner=runner, setting=port) as address:
            say(address, label="Console:", style=HEADING)
            yield

    return beside


async def _local(settings: Settings, port: int) -> None:
    stop = _stop()
    name = person_of(settings).name
    async with local_console(settings, port, name, _show):
        say(f"The console shows {settings.state} to {name}, on this machine only. Ctrl-C stops it.")
        await stop.wait()
    say("The console has stopped.")


async def _shared(settings: Settings, port: int) -> None:
    stop = _stop()
    async with shared_console(settings, port) as address:
        say(address, label="Console:", style=HEADING)
        await stop.wait()


def _show(address: str) -> None:
    say(address, label="Open this address, which signs in once:", style=HEADING)


def _port(settings: Settings, port: int | None) -> int:
    return settings.console_port if port is None else port


def _stop() -> asyncio.Event:
    """Return the event that Ctrl-C and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
