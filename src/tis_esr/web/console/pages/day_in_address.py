"""The day that an address names."""

from datetime import date, datetime

from starlette.requests import Request

from tis_esr.errors import UsageError
from tis_esr.web.console.problems import ProblemError


def day_in(request: Request) -> date | None:
    """Return the day that an address names, None for the last one. Raises ProblemError for what is no day."""
    text = request.query_params.get("day", "")
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise ProblemError(
            400, "The address asks for a day that there is not.", "It can be: a day such as 2026-11-24."
        ) from None


def no_such_day(error: UsageError) -> ProblemError:
    """Return the page for a day that can't be shown."""
    return ProblemError(
        400,
        f"This day can't be shown: {error.reason}.",
        "Choose another day, or open the last one.",
        "No such day",
    )
