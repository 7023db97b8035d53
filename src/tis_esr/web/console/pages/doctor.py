"""Whether everything that the settings name works, and the settings in force."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from tis_esr.operations.doctor.check import Check
from tis_esr.operations.doctor.checks import examine_at_once
from tis_esr.operations.shown_settings import shown
from tis_esr.settings import Settings
from tis_esr.web.console.console import Console, console_of
from tis_esr.web.console.rendering import page

_SECONDS: Final = 12.0
_TRAIL: Final = (("/", "Start"),)


async def doctor(request: Request) -> Response:
    """Check everything, at most every 15 seconds however many people ask, and show what is wrong."""
    found, at = await checks_of(console_of(request))
    faults = [check for check in found if not check.ok]
    values = {"found": found, "at": at.isoformat(), "faults": faults}
    return page(request, "doctor.html", "Doctor", values, trail=_TRAIL)


async def checks_of(console: Console) -> tuple[list[Check], datetime]:
    """Return every check, and the moment (UTC) at which they were made: at most 15 seconds ago."""

    async def ask() -> list[Check]:
        return await console.questions.run(partial(_checked, console.settings))

    found: list[Check]
    found, at = await console.remembered.get("doctor", ask)
    return found, at


def _checked(settings: Settings) -> list[Check]:
    """Return the checks. They are made in a thread, with a loop of its own: some of them wait for servers."""
    return asyncio.run(examine_at_once(settings, _SECONDS))


async def settings(request: Request) -> Response:
    """Show the settings in force, without secrets."""
    return page(
        request,
        "settings.html",
        "Settings in force",
        {"found": _in_force(console_of(request).settings)},
        trail=_TRAIL,
    )


def _in_force(settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "name": f"TIS_ESR_{name.upper()}",
            "value": shown(getattr(settings, name)),
            "is_set": name in settings.model_fields_set,
        }
        for name in Settings.model_fields
    ]
