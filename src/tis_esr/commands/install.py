"""``tis-esr install``: creates what the production engine needs, and upgrades a store of an earlier release."""

from collections.abc import Sequence
from pathlib import Path

from tis_esr.commands.terminal import print_json, say
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.embedded.upgrading import upgrade_state
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import Finding, findings_of, install
from tis_esr.engine.production.upgrading import upgrade_database
from tis_esr.errors import Exit
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.composition import addresses
from tis_esr.operations.upgrades.supported import UPGRADES
from tis_esr.services.flow import bindings_only
from tis_esr.settings import Settings


async def set_up(settings: Settings, state: Path | None, *, check: bool, as_json: bool) -> Exit:
    """Create what the production engine needs, or print what is missing; upgrade the store if it needs that."""
    if settings.engine == "embedded" or state is not None:
        return _set_up_state(state or settings.state, check=check, as_json=as_json)
    topology = queues(bindings_only())
    if check:
        return await _check(settings, as_json=as_json)
    place = addresses(settings)
    upgraded = await upgrade_database(
        place, topology, UPGRADES, ALL_COLLECTIONS, _show_nothing if as_json else _show_step
    )
    created = await install(place, ALL_COLLECTIONS, topology)
    release = upgraded.release if upgraded else None
    if as_json:
        _print_json("production", created=created, upgraded_from=release)
        return Exit.DONE
    if release:
        say(f"Upgraded the database {place.database} from {release}.")
    for name in created:
        say(f"created {name}")
    what = (
        f"Created: {len(created)}. Nothing else is missing." if created else "OK: everything existed already."
    )
    say(what)
    return Exit.DONE


async def _check(settings: Settings, *, as_json: bool) -> Exit:
    findings = await findings_of(addresses(settings), ALL_COLLECTIONS, queues(bindings_only()))
    if as_json:
        _print_json("production", findings=findings)
    else:
        for finding in findings:
            say(str(finding))
        say("Something is missing or wrong." if findings else "OK: nothing is missing.")
    return Exit.UNAVAILABLE if findings else Exit.DONE


def _set_up_state(path: Path, *, check: bool, as_json: bool) -> Exit:
    """Upgrade a state file if it is of an earlier release; a new one is created by itself."""
    upgraded = None
    if path.exists() and not check:
        upgraded = upgrade_state(path, UPGRADES, ALL_COLLECTIONS, _show_nothing if as_json else _show_step)
    if path.exists():
        StateReader(path).close()
    if as_json:
        _print_json(
            "embedded",
            upgraded_from=upgraded.release if upgraded else None,
            copy=str(upgraded.copy) if upgraded else None,
        )
    elif upgraded is None:
        say("The embedded engine creates its state file by itself; nothing to install.")
    else:
        say(f"Upgraded {path} from {upgraded.release}.")
        say(
            f"{upgraded.copy} is the file as it was, with personal data: delete it once you will not go back."
        )
    return Exit.DONE


def _show_step(step: str) -> None:
    say(f"upgrade: {step}")


def _show_nothing(_: str) -> None:
    pass


def _print_json(
    engine: str,
    *,
    created: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    upgraded_from: str | None = None,
    copy: str | None = None,
) -> None:
    print_json(
        {
            "engine": engine,
            "created": list(created),
            "findings": list(findings),
            "upgraded_from": upgraded_from,
            "copy": copy,
        }
    )
