"""What these pages are to people who can't see or point: the accessibility statement."""

from starlette.requests import Request
from starlette.responses import Response

from tis_esr.web.console.rendering import page


async def accessibility(request: Request) -> Response:
    """Say how accessible these pages are."""
    return page(request, "accessibility.html", "Accessibility", trail=(("/", "Start"),))
