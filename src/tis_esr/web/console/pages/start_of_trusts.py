"""The start page of accounts that are limited to some trusts: the pages that show theirs."""

from starlette.requests import Request
from starlette.responses import Response

from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.rendering import page


def start_of_trusts(request: Request) -> Response:
    """List the pages that the account may open; the board is of offices, and shows them nothing of theirs alone."""
    account = account_of(request)
    pages = [one for one in console_of(request).menu if one.is_for(account) and one.path != "/"]
    return page(request, "start_of_trusts.html", "Start", {"pages": pages, "account": account})
