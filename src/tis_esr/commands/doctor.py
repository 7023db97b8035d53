"""``tis-esr doctor``: the settings in force, and a check of everything that they name. It changes nothing."""

from tis_esr.commands.terminal import BAD, GOOD, HEADING, NOTICE, console, print_json, say
from tis_esr.errors import Exit
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.doctor.checks import examine
from tis_esr.operations.shown_settings import shown
from tis_esr.settings import Settings


async def doctor(settings: Settings, *, as_json: bool = False) -> Exit:
    """Print the settings in force and check everything that they name; UNAVAILABLE if anything is wrong."""
    in_force = {f"TIS_ESR_{name.upper()}": shown(getattr(settings, name)) for name in Settings.model_fields}
    if not as_json:
        say("Settings in force", style=HEADING)
        console.table(["setting", "value"], list(in_force.items()))
    found = []
    async for check in examine(settings):
        found.append(check)
        if not as_json:
            _print(check)
    if as_json:
        print_json({"settings": in_force, "checks": found})
    return Exit.DONE if all(check.ok for check in found) else Exit.UNAVAILABLE


def _print(check: Check) -> None:
    for finding in check.findings:
        say(str(finding), label=f"{check.name}:", style=NOTICE if finding.is_note else BAD)
    if not check.findings:
        say("OK", label=f"{check.name}:", style=GOOD)
