"""``tis-esr install``: creates what the production engine needs."""

from tis_esr.commands.terminal import print_json, say
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import findings_of, install
from tis_esr.errors import Exit
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.composition import addresses
from tis_esr.services.flow import bindings_only
from tis_esr.settings import Settings


async def set_up(settings: Settings, *, check: bool, as_json: bool) -> Exit:
    """Create what the production engine needs, or print what is missing; the embedded engine needs nothing."""
    if settings.engine == "embedded":
        if as_json:
            print_json({"engine": settings.engine, "created": [], "findings": []})
        else:
            say("The embedded engine creates its state file by itself; nothing to install.")
        return Exit.DONE
    topology = queues(bindings_only())
    findings = await findings_of(addresses(settings), ALL_COLLECTIONS, topology) if check else []
    created = [] if check else list(await install(addresses(settings), ALL_COLLECTIONS, topology))
    if as_json:
        print_json({"engine": settings.engine, "created": created, "findings": findings})
    elif check:
        for finding in findings:
            say(str(finding))
        say("Something is missing or wrong." if findings else "OK: nothing is missing.")
    else:
        for name in created:
            say(f"created {name}")
        say(
            f"Created: {len(created)}. Nothing else is missing."
            if created
            else "OK: everything existed already."
        )
    return Exit.UNAVAILABLE if findings else Exit.DONE
