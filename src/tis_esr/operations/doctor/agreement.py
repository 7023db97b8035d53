"""Processes of different versions, on different brokers or schemas, or with settings that disagree (incidents A1, A8, A11)."""

from collections.abc import Callable, Iterable, Sequence

from tis_esr import __version__
from tis_esr.engine.production.server_checks import AMQP, Finding
from tis_esr.operations.doctor.check import not_checked
from tis_esr.operations.doctor.running import announced_processes
from tis_esr.operations.processes.announced import Process, live
from tis_esr.settings import Settings

_SUBJECT = "tis-esr run"


async def check(settings: Settings) -> list[Finding]:
    """Compare the running processes with each other, and this program's version with theirs."""
    found = announced_processes(settings)
    if found is None:
        return [not_checked(_SUBJECT, "whether processes agree", "the store could not be read")]
    running = live(*found)
    return [*disagreements(running), *other_version(running)]


def disagreements(running: Sequence[Process]) -> list[Finding]:
    """Return what differs between processes that must agree."""
    return [
        *_differing(running, "versions", lambda p: p.version, _SUBJECT, "upgrade the older ones"),
        *_differing(
            running, "schemas", lambda p: str(p.schema), _SUBJECT,
            "stop the older ones: they read the store in another way",
        ),
        *_differing(
            [process for process in running if process.broker], "brokers", _broker, AMQP,
            "set the same address for all of them: messages on another broker are not seen by the others",
        ),
        *_settings(running),
    ]  # fmt: skip


def other_version(running: Sequence[Process]) -> list[Finding]:
    """Return a note if this program has another version than the processes."""
    others = sorted({process.version for process in running} - {__version__})
    if not others:
        return []
    problem = f"this program is {__version__}, the processes run {', '.join(others)}"
    return [Finding(_SUBJECT, problem, "use the version that runs, or finish the upgrade", is_note=True)]


def _settings(running: Sequence[Process]) -> list[Finding]:
    found = []
    for name in sorted({name for process in running for name in process.settings}):
        having = [process for process in running if name in process.settings]
        setting, remedy = f"TIS_ESR_{name.upper()}", "set the same value for all, and restart them"
        found += _differing(having, "values", _value_of(name), setting, remedy)
    return found


def _value_of(name: str) -> Callable[[Process], str]:
    return lambda process: process.settings[name]


def _differing(
    processes: Iterable[Process], what: str, value: Callable[[Process], str], setting: str, remedy: str
) -> list[Finding]:
    by_value: dict[str, list[str]] = {}
    for process in processes:
        by_value.setdefault(value(process), []).append(process.name)
    if len(by_value) < 2:
        return []
    shown = "; ".join(f"{value} in {', '.join(names)}" for value, names in sorted(by_value.items()))
    return [Finding(setting, f"processes have different {what}: {shown}", remedy)]


def _broker(process: Process) -> str:
    virtual_host = process.amqp.partition("://")[2].partition("/")[2]
    return f"{process.broker}/{virtual_host}"
