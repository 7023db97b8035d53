"""Whether everything that the settings name works, and the settings in force."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from tis_esr.operations.all_checks import all_checks
from tis_esr.operations.doctor import Check, shown
from tis_esr.settings import Settings
from tis_esr.web.console.console import console_of
from tis_esr.web.console.rendering import page

_SECONDS: Final = 20.0
_TRAIL: Final = (("/", "Start"),)


async def doctor(request: Request) -> Response:
    """Check everything, at most every 15 seconds however many people ask, and show what is wrong."""
    console = console_of(request)

    async def ask() -> list[Check]:
        return await all_checks(console.settings, _SECONDS)

    found, at = await console.remembered.get("doctor", ask)
    faults = [check for check in found if not check.ok]
    values = {"found": found, "at": at.isoformat(), "faults": faults}
    return page(request, "doctor.html", "Doctor", values, trail=_TRAIL)


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
