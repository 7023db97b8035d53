"""What ``tis-esr doctor`` checks: everything that the settings name. It changes nothing."""

import os
import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from pika.exceptions import AMQPError
from pydantic import SecretStr

from tis_esr.engine.embedded.schema import open_state
from tis_esr.engine.faults import StateInUseError, UnusableStateError
from tis_esr.engine.production.rabbitmq.liveness import accepts_messages, queues_without_consumer
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import AMQP, Finding, findings_of
from tis_esr.engine.supervision import Supervisor
from tis_esr.files.file_store import FileStore, Nowhere
from tis_esr.files.folder import BadFolderError
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.composition import addresses, engine_of, token_source
from tis_esr.operations.configured_stores import inbound_store, outbound_store, same_place
from tis_esr.services.flow import Dependencies, bindings_only, services
from tis_esr.settings import BadSettingsError, Settings, unknown_variables
from tis_esr.tcs.client import BadTcsUrlError, Tcs, TcsSettings
from tis_esr.tcs.tcs_errors import NotTcsError, TcsError

_USER = re.compile(r"(?<=://).*@", re.DOTALL)


_QUERY = re.compile(r"(?<=://)([^?#]*)([?#]).*", re.DOTALL)


_RUN = "start tis-esr run"


_ALARM = Finding(
    AMQP,
    "RabbitMQ accepts no messages: its memory or disk alarm is raised",
    "see rabbitmq-diagnostics alarms, and free memory or disk space on its nodes",
)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check; ``ok`` is also true for findings that need no action."""

    name: str
    ok: bool
    findings: list[Finding]


def shown(value: object) -> str:
    """Return a setting's value for printing, without secrets, and without the credentials and query of a URL."""
    if value is None:
        return "(not set)"
    if isinstance(value, SecretStr):
        return "(set, not shown)"
    return _QUERY.sub(r"\1\2(not shown)", _USER.sub("(not shown)@", str(value)))


async def _unknown(_: Settings) -> list[Finding]:
    return [Finding("environment", sentence, "correct or remove it") for sentence in unknown_variables()]


async def _engine(settings: Settings) -> list[Finding]:
    if settings.engine == "production":
        try:
            found = await findings_of(addresses(settings), ALL_COLLECTIONS, queues(bindings_only()))
            if any(finding.setting == AMQP for finding in found):
                return found
            return found if await accepts_messages(addresses(settings).amqp_url) else [*found, _ALARM]
        except BadSettingsError as error:
            return [Finding("TIS_ESR_ENGINE", str(error), "set it, or use the embedded engine")]
        except (AMQPError, OSError, TimeoutError):
            return [_ALARM]
    if not settings.state.exists():
        return []
    try:
        open_state(settings.state, read_only=True).close()
    except UnusableStateError as error:
        return [Finding("TIS_ESR_STATE", error.reason, "name another file")]
    return []


async def services_running(settings: Settings) -> list[Finding]:
    """Name the services that no process runs; on the embedded engine one process holds the state file."""
    if settings.engine == "embedded":
        if await _is_held(settings):
            return []
        problem = f"no process has {settings.state} open: no files are read and no exports are scheduled"
        return [Finding("tis-esr run", problem, f"{_RUN}, unless each day is run manually with tis-esr day")]
    nowhere = Nowhere()
    dependencies = Dependencies(Tcs(TcsSettings(base_url="http://localhost/tcs")), nowhere, nowhere)
    by_service = {name: [h.queue for h in own] for name, own in services(dependencies).items()}
    try:
        idle = set(
            await queues_without_consumer(
                addresses(settings).amqp_url, [q for own in by_service.values() for q in own]
            )
        )
    except (BadSettingsError, AMQPError, OSError, TimeoutError, ValueError):
        return [Finding("tis-esr run", "could not list the consumers of RabbitMQ's queues", "see engine")]
    stopped = [name for name, own in by_service.items() if idle.intersection(own)]
    if not stopped:
        return []
    if len(stopped) == len(by_service):
        return [Finding("tis-esr run", "no process is running: nothing reads the queues", _RUN)]
    named = ", ".join(stopped)
    return [Finding("tis-esr run", f"no process runs {named}", f"start tis-esr run {' '.join(stopped)}")]


async def _is_held(settings: Settings) -> bool:
    if not settings.state.exists():
        return False
    try:
        async with Supervisor() as supervisor, engine_of(settings, bindings_only(), supervisor):
            return False
    except StateInUseError:
        return True
    except UnusableStateError:
        return False


async def _inbound(settings: Settings) -> list[Finding]:
    return await _store(lambda: inbound_store(settings), "TIS_ESR_FILES_IN", "TIS_ESR_INBOUND")


async def _outbound(settings: Settings) -> list[Finding]:
    if same_place(settings):
        return [
            Finding("TIS_ESR_OUTBOUND", "is the same place as TIS_ESR_INBOUND", "use two different places")
        ]
    found = await _store(
        lambda: outbound_store(settings, make=False), "TIS_ESR_FILES_OUT", "TIS_ESR_OUTBOUND"
    )
    if not found and settings.files_out == "folder" and not os.access(settings.outbound, os.W_OK):
        return [Finding("TIS_ESR_OUTBOUND", f"{settings.outbound} can't be written", "grant the permission")]
    return found


async def _store(make: Callable[[], FileStore], setting: str, place: str) -> list[Finding]:
    try:
        store = make()
        await store.listing()
    except BadSettingsError as error:
        return [Finding(setting, str(error), "set it")]
    except BadFolderError as error:
        return [Finding(place, str(error), "create the folder, or correct its name")]
    except OSError as error:
        return [Finding(setting, str(error), "fix that and try again")]
    return []


async def _tcs(settings: Settings) -> list[Finding]:
    if settings.tcs_url is None:
        return [Finding("TIS_ESR_TCS_URL", "is not set", "tis-esr run needs it: http://host:8093/tcs")]
    try:
        tcs_settings = TcsSettings(settings.tcs_url, timeout_seconds=10, attempts=1)
        async with Tcs(tcs_settings, token_source(settings)) as tcs:
            await tcs.posts_by_npn(["TIS-ESR-CHECKUP"])
    except BadTcsUrlError as error:
        return [
            Finding(
                "TIS_ESR_TCS_URL",
                f"the address {error.problem}",
                "write it with its context path, such as http://host:8093/tcs",
            )
        ]
    except (TcsError, NotTcsError, ValueError) as error:
        return [Finding("TIS_ESR_TCS_URL", str(error), "correct it, or TIS_ESR_TCS_TOKEN_URL and its client")]
    return []


CHECKS: Final[dict[str, Callable[[Settings], Awaitable[list[Finding]]]]] = {
    "settings": _unknown,
    "engine": _engine,
    "processes": services_running,
    "files in": _inbound,
    "files out": _outbound,
    "TCS": _tcs,
}
