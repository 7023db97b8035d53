"""Pages that say what went wrong and what to do, in the same look as the others."""

import traceback
from pathlib import Path
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tis_esr.engine.faults import UnusableStateError
from tis_esr.engine.pauses import PatienceExhaustedError
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.access.accounts import Role
from tis_esr.web.console.rendering import page, session_of

_log = structlog.get_logger()
_HOME: Final = {"href": "/", "text": "Go to the start page"}
_DOCTOR: Final = {"href": "/doctor", "text": "Check everything that the settings name"}

_TEXTS: Final = {
    400: ("Bad request", "The request can't be understood.", "Go back, and try again from the page itself."),
    403: ("Not allowed", "Your account may not open this page.", "An administrator of your sign-in can give you the role that it needs."),
    404: ("Page not found", "There is no page at this address, or nothing of this name.", "Check the address, or use the search."),
    405: ("Not possible here", "This address can't be used in this way.", "Go back, and use the page's own links and buttons."),
    408: ("Too slow", "The request took too long to arrive. Nothing was done.", "Try again."),
    413: ("Too large", "The request is larger than any form of these pages. Nothing was done.", "Send less text."),
    414: ("Address too long", "The address is longer than any of these pages has.", "Start again from the page, with fewer filters."),
    421: ("Wrong address", "This console is not served under this name.", "Use the address that the console was started with."),
    429: ("Too many requests", "Too many attempts in a short time.", "Wait a minute, then try again."),
    500: ("Something went wrong", "The page can't be shown because of an internal error. Nothing was changed.", "Try again. If it happens again, give support the time and this page's address."),
    503: ("Not available", "What this page needs is not available at the moment.", "Try again in a minute."),
    504: ("Took too long", "The store took too long to answer.", "Try again, with fewer days or an office chosen."),
}  # fmt: skip


_WAITING: Final = "Waiting does not help: "
_OTHER_STATE: Final = f"{_WAITING}put the state file back, or start the console with another one."
_OTHER_SETTING: Final = f"{_WAITING}correct that, then start the console again."
SET_TCS: Final = f"{_WAITING}set TIS_ESR_TCS_URL, then start the console again."
"""The advice where the address of TCS is not set."""
_UNKNOWN: Final = "It is not known whether what the form asked for was done."
_AGAIN: Final = "Send the form again in a minute: what you confirmed is done once, however often it is sent."


class ProblemError(HTTPException):
    """A problem with its own words: what ``happened`` and what to do, and the ``link`` to follow (address, text)."""

    def __init__(
        self,
        status: int,
        happened: str,
        advice: str = "",
        title: str = "",
        link: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(status, happened)
        self.happened, self.advice, self.title, self.link = happened, advice, title, link


async def http_problem(request: Request, error: Exception) -> Response:
    """Return the page for an HTTP error."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    title, happened, advice = _TEXTS.get(status, _TEXTS[400])
    link = _HOME
    if isinstance(error, ProblemError):
        title, happened, advice = error.title or title, error.happened, error.advice
        link = dict(zip(("href", "text"), error.link, strict=True)) if error.link else _HOME
    values = {"happened": happened, "advice": advice, "link": link}
    return page(request, "problem.html", title, values, status=status, headers=headers)


async def own_problem(request: Request, error: Exception) -> Response:
    """Return the page for an error of this program: the store away, or settings that name none; else a fault."""
    if not isinstance(error, TisEsrError) or error.exit_code is Exit.FAULT:
        return await fault(request, error)
    _log.warning("console_store_unavailable", error=type(error).__name__)
    title, _, advice = _TEXTS[503]
    session, is_form = session_of(request), _is_form(request)
    said = error.reason if isinstance(error, PatienceExhaustedError) else str(error)
    lasts = error.exit_code is Exit.USAGE
    subject = "A setting" if lasts and not isinstance(error, UnusableStateError) else "The store"
    values = {
        "happened": f"{subject} can't be used: {said}. {_UNKNOWN}"
        if is_form
        else f"{subject} can't be {'read' if subject == 'The store' else 'used'}: {said}.",
        "advice": _lasting(error) if lasts else _AGAIN if is_form else error.advice or advice,
        "link": _DOCTOR if session is not None and session.account.may(Role.OPERATOR) else _HOME,
    }
    headers = None if lasts else {"Retry-After": "60"}
    return page(request, "problem.html", title, values, status=503, headers=headers)


def _lasting(error: TisEsrError) -> str:
    """Return what to do about what stays as it is until somebody changes the state file or a setting."""
    return _OTHER_STATE if isinstance(error, UnusableStateError) else _OTHER_SETTING


async def fault(request: Request, error: Exception) -> Response:
    """Return the page for an internal error, and log its type and place alone: its text may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "tis_esr" in frame.filename] or list(frames)
    place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    _log.error("console_page_failed", error=type(error).__name__, place=place)
    if not _is_form(request):
        return await http_problem(request, HTTPException(500))
    happened = f"The page can't be shown because of an internal error. {_UNKNOWN}"
    advice = "See the page that it is about, and the audit, before you send it again. Give support the time and this page's address."
    return await http_problem(request, ProblemError(500, happened, advice))


def _is_form(request: Request) -> bool:
    return request.method == "POST"
