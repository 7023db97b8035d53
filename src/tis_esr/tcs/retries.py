"""When a call to TCS is retried at once, and after how long."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import stamina

from tis_esr import wall_clock
from tis_esr.tcs.breaker import LONGEST_RETRY_AFTER
from tis_esr.tcs.tcs_errors import (
    TcsAccessError,
    TcsNotAskedError,
    TcsNotSentError,
    TcsServerError,
    TcsUnavailableError,
    TcsUncertainError,
    TcsUnreadableError,
)
from tis_esr.tcs.tcs_settings import TcsSettings

WAITED_FOR: Final = 5.0
"""Seconds that a call waits for a Retry-After; a longer one is passed to the caller."""

_UNAVAILABLE: Final = 503
_NO_TIME: Final = 0.001
"""Seconds; stamina warns of none."""
_NOT_AT_ONCE: Final = frozenset({400, 401, 403, 407})
"""Responses to a login, from TCS or the token endpoint, that a retry does not change."""


def rounds(
    settings: TcsSettings, on: Callable[[Exception], bool | float], *, spent: float = 0.0
) -> AsyncIterator[stamina.Attempt]:
    """Return the attempts of one call, which has taken ``spent`` seconds so far. After two timeouts there are no more.

    The context form of stamina is used on purpose: its other forms log the arguments of the call.
    """
    return stamina.retry_context(
        on,
        attempts=settings.attempts,
        timeout=max(_NO_TIME, 2 * settings.timeout_seconds - spent),
        wait_initial=settings.first_wait_seconds,
        wait_max=settings.longest_wait_seconds,
        wait_jitter=settings.first_wait_seconds,
    )


def worth_repeating(error: Exception) -> bool | float:
    """Return whether to retry the call, or the seconds that TCS asked us to wait first.

    After ``TcsUncertainError`` only a PATCH to which TCS responded is retried: it stores the same a second time, while
    anything else could be stored twice. Never after a denial of access, nor for a token that the provider rejects.
    """
    if isinstance(error, TcsUncertainError) and not _stores_the_same(error):
        return False
    if isinstance(error, TcsAccessError | TcsNotSentError | TcsNotAskedError):
        return False
    if isinstance(error, TcsServerError | TcsUnreadableError):
        return True
    if not isinstance(error, TcsUnavailableError) or error.status in _NOT_AT_ONCE:
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= WAITED_FOR else False


def _stores_the_same(error: TcsUncertainError) -> bool:
    return error.method == "PATCH" and error.status == _UNAVAILABLE and not error.may_arrive


def seconds_of_retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (it may also be a date); None if there is none.

    Never more than ``LONGEST_RETRY_AFTER``.
    """
    if not value:
        return None
    if value.strip().isdecimal():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - wall_clock.now()).total_seconds()), LONGEST_RETRY_AFTER)
