"""Interprets replies of TCS: the DTOs, or the ``TcsError`` that says who has to act."""

from typing import Final, Generic, NamedTuple, NoReturn, TypeVar

from tis_esr.tcs import tcs_errors
from tis_esr.tcs.dto_reading import Readings, Shape, UnreadableError, UnreadableRecordError
from tis_esr.tcs.endpoints import Endpoint
from tis_esr.tcs.retries import seconds_of_retry_after
from tis_esr.tcs.tcs_errors import (
    TcsServerError,
    TcsUnavailableError,
    TcsUncertainError,
    TcsUnreadableError,
    TcsUnreadableRecordError,
)
from tis_esr.tcs.wire import NoAnswerError, Reply

T = TypeVar("T")

DENIED: Final = "error.accessDenied"


class Answer(NamedTuple, Generic[T]):
    """TCS's decoded response, and its reply."""

    value: T
    reply: Reply


def answer_of(endpoint: Endpoint, reply: Reply, shape: Shape[T], readings: Readings) -> Answer[T]:
    """Return the decoded response. Raises the error that the reply means otherwise."""
    method, path, old = endpoint.method, endpoint.path, _is_old_list(endpoint, reply)
    if not old and not 200 <= reply.status < 300:
        _raise_for(endpoint, reply)
    try:
        return Answer(readings.read(shape, reply.content), reply)
    except UnreadableRecordError as error:
        if endpoint.writes:
            raise _strange(
                endpoint, f"answered with {shape.record} that can't be read", reply.status
            ) from None
        raise TcsUnreadableRecordError(method, path, shape.record, error.record_id, error.field) from None
    except UnreadableError as error:
        where = f": field {error.field} can't be read" if error.field else ""
        raise _strange(
            endpoint, f"answered {reply.status}, but not with {shape.name}{where}", reply.status
        ) from None


def unanswered(endpoint: Endpoint, error: NoAnswerError) -> TcsUnavailableError:
    """Return the error of a call without a response: a write may still take effect."""
    if endpoint.writes:
        return TcsUncertainError(endpoint.method, endpoint.path, error.reason, may_arrive=True)
    return TcsUnavailableError(endpoint.method, endpoint.path, error.reason)


def _is_old_list(endpoint: Endpoint, reply: Reply) -> bool:
    """Return whether this may be a list with status 302, as sent by TCS before 6.55.1."""
    return reply.status == 302 and endpoint.answers_302 and reply.header("Location") is None


def _strange(endpoint: Endpoint, told: str, status: int) -> TcsUnavailableError:
    if endpoint.writes:
        return TcsUncertainError(endpoint.method, endpoint.path, told, may_arrive=False, status=status)
    return TcsUnreadableError(endpoint.method, endpoint.path, told, status=status)


def _raise_for(endpoint: Endpoint, reply: Reply) -> NoReturn:
    """Raise what the status means. A 404 with a body, or a redirect, comes from a proxy in front of TCS."""
    method, path, status, told = endpoint.method, endpoint.path, reply.status, f"answered {reply.status}"
    if status == 403 or (status == 401 and tcs_errors.complaint(reply.content)[0] == DENIED):
        raise tcs_errors.TcsAccessError(method, path, told, status=status, permission=endpoint.permission)
    if status in (401, 407, 429):
        wait = seconds_of_retry_after(reply.header("Retry-After"))
        raise TcsUnavailableError(method, path, told, status=status, retry_after=wait)
    if status == 408 or status >= 500:
        _raise_for_trouble(endpoint, reply, told)
    if status == 404 and endpoint.may_miss and not reply.content:
        raise tcs_errors.TcsNotFoundError(method, path, told, status=status)
    if status == 404 or status < 400:
        raise _strange(endpoint, f"gave the unexpected response {status}", status)
    if status == 409:
        raise tcs_errors.TcsConflictError(method, path, told, status=status)
    reason, fields = tcs_errors.complaint(reply.content)
    code = reason or tcs_errors.code(reply.header("X-tcsApp-error"))
    raise tcs_errors.TcsRefusedError(method, path, told, status=status, reason=code, fields=fields)


def _raise_for_trouble(endpoint: Endpoint, reply: Reply, told: str) -> NoReturn:
    """Distinguish TCS's own failures (408 and from 501 on) from a 500, which the record may have caused.

    After a gateway's timeout TCS may still be working on a write; after a 500 or 503 it is not.
    """
    method, path, status = endpoint.method, endpoint.path, reply.status
    wait = seconds_of_retry_after(reply.header("Retry-After"))
    if endpoint.writes:
        may_arrive = status not in (500, 503)
        raise TcsUncertainError(method, path, told, may_arrive=may_arrive, status=status, retry_after=wait)
    if status == 500:
        raise TcsServerError(method, path, told, status=status)
    raise TcsUnavailableError(method, path, told, status=status, retry_after=wait)
