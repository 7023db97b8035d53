"""``tis-esr processes``: lists the processes of the installation."""

from contextlib import closing
from pathlib import Path

from tis_esr.commands.terminal import GOOD, NOTICE, print_json, say
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of
from tis_esr.operations.dates import readable
from tis_esr.operations.processes.listing import ListedProcess, ProcessState, processes
from tis_esr.services.flow import SERVICES
from tis_esr.settings import Settings


def list_processes(settings: Settings, state: Path | None, *, as_json: bool) -> Exit:
    """Print every process that runs, or is gone for less than a day."""
    with closing(reader_of(settings, state)) as reader:
        found = processes(reader)
    if as_json:
        print_json(found)
        return Exit.DONE
    for process in found.processes:
        _show(process)
    if not found.processes:
        say("No process runs: none has announced itself. Start tis-esr run.")
    elif any(process.state is ProcessState.GONE for process in found.processes):
        say("Gone: no heartbeat for a minute. Restart it, or see its log; tis-esr doctor tells what it left.")
    return Exit.DONE


def _show(process: ListedProcess) -> None:
    is_running = process.state is ProcessState.RUNNING
    say(
        f"{process.name}  version {process.version}, schema {process.schema}",
        label="Running" if is_running else "Gone",
        style=GOOD if is_running else NOTICE,
    )
    all_of_them = set(process.services) == set(SERVICES)
    say("all services" if all_of_them else ", ".join(process.services), indent=4)
    say(f"host {process.host}, pid {process.pid}; since {readable(process.started)}", indent=4)
    say(f"last heartbeat {readable(process.heartbeat)}, {process.silent_seconds:.0f} s ago", indent=4)
    say(f"store {process.store}", indent=4)
    if process.broker:
        say(f"broker {process.broker} at {process.amqp}", indent=4)
    say(f"settings {process.digest}", indent=4)
