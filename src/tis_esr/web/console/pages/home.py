"""The start page: what there is to look at."""

from starlette.requests import Request
from starlette.responses import Response

from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.rendering import page


async def home(request: Request) -> Response:
    """List the pages that the person may open."""
    account = account_of(request)
    pages = [one for one in console_of(request).menu if one.is_for(account)]
    return page(
        request,
        "home.html",
        "TIS-ESR",
        {"pages": pages, "account": account, "heading": "What do you want to look at?"},
    )


async def accessibility(request: Request) -> Response:
    """Say how accessible these pages are."""
    return page(request, "accessibility.html", "Accessibility", trail=(("/", "Start"),))
