"""The errors of TCS, by who has to act.

``TcsUnavailableError`` is transient; ``TcsServerError`` may be one record's fault; ``TcsRefusedError``,
``TcsConflictError`` and ``TcsUnreadableRecordError`` are about the request or the record. Texts name the endpoint by
its template and have no value that was sent or received, because those are personal data.
"""

import re
from typing import ClassVar, Final

import msgspec

from tis_esr.counted import counted
from tis_esr.errors import Exit, TisEsrError
from tis_esr.tcs.models import FIELDS


class TcsError(TisEsrError):
    """A failed call to TCS.

    ``path`` is the endpoint's template (``/api/people/in/{ids}``), ``status`` the HTTP status if there was a response,
    ``outcome`` the label under which calls are counted.
    """

    exit_code = Exit.UNAVAILABLE

    outcome: ClassVar[str] = "error"

    def __init__(self, method: str, path: str, happened: str, *, status: int | None = None) -> None:
        super().__init__(f"TCS: {method} {path} {happened}. {self.advice}".rstrip())
        self.method = method
        self.path = path
        self.happened = happened
        self.status = status


class TcsUnavailableError(TcsError):
    """TCS is unavailable; the same call works later (incidents A4, A9, A20, A21).

    ``retry_after`` is how many seconds to wait, if TCS or the circuit breaker gave a time.
    """

    outcome = "unavailable"
    advice = "No action needed at first: it is retried. If it lasts, check TCS, its URL and the credentials"

    def __init__(
        self,
        method: str,
        path: str,
        happened: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(method, path, happened, status=status)
        self.retry_after = retry_after


class TcsNotAskedError(TcsUnavailableError):
    """The circuit breaker is open, so the call was not sent. ``retry_after`` is always set."""

    outcome = "not_asked"


class TcsUnreadableError(TcsUnavailableError):
    """A response that does not come from TCS: a proxy's page, or JSON that does not match the contract (incident A8)."""

    outcome = "unreadable"
    advice = (
        "If it lasts, see with curl what answers at TCS's address (a proxy, a login page, the wrong context "
        "path), or compare TCS's version with the fields in tcs/models.py"
    )


class TcsNotSentError(TcsUnavailableError):
    """The call could not be sent before its ``send_by``, so it has no effect. Not a failure of TCS.

    ``before`` is how many calls waited before it, ``at_once`` how many could be in flight.
    """

    outcome = "not_sent"
    advice = "No action needed: it is retried. If it lasts, find out why TCS is slow"

    def __init__(self, method: str, path: str, before: int, at_once: int) -> None:
        reason = f"TCS is slow: {counted(before, 'call was', 'calls were')} waiting before it, {at_once} may be in flight"
        happened = (
            f"was not sent before its deadline ({reason if before else 'TCS or our login to it is slow'})"
        )
        super().__init__(method, path, happened)
        self.before = before
        self.at_once = at_once


class TcsAccessError(TcsUnavailableError):
    """TCS denies access to us, not to the record: our user lacks the endpoint's permission (403, or 401 with a reason). It ends once the permission is granted; no other endpoint is affected."""

    outcome = "access_denied"

    def __init__(self, method: str, path: str, happened: str, *, status: int, permission: str) -> None:
        asked = f"{happened}: our user lacks the permission {permission}; have TCS's administrators grant it"
        super().__init__(method, path, asked, status=status)
        self.permission = permission


class TcsUncertainError(TcsUnavailableError):
    """A write was sent, and whether TCS stored it is unknown.

    Check TCS before a retry. ``may_arrive``: TCS may still act on the call later (timeout, connection lost, 408, 502,
    504), at most ``TcsSettings.uncertain_seconds`` after it was sent. Else TCS has responded, and nothing happens later
    (500, 503, an unreadable response). ``suspect``: TCS responded with 500 to this write but correctly to another call,
    so if it is not stored after a few retries, the record may be at fault.

    The caller that cancels a write must treat it as uncertain with ``may_arrive``: nothing is raised for it here.
    """

    outcome = "uncertain"
    advice = "It may or may not be stored: check TCS before sending it again"

    def __init__(
        self,
        method: str,
        path: str,
        happened: str,
        *,
        may_arrive: bool,
        status: int | None = None,
        retry_after: float | None = None,
        suspect: bool = False,
    ) -> None:
        super().__init__(method, path, happened, status=status, retry_after=retry_after)
        self.may_arrive = may_arrive
        self.suspect = suspect


class TcsServerError(TcsError):
    """TCS failed on all attempts of this read with 500, but responded correctly to another call.

    So either TCS cannot process the record, or only a part of TCS is failing.
    """

    outcome = "server_error"
    advice = "TCS answers other calls, so check this record first, then TCS's log"


class TcsRefusedError(TcsError):
    """TCS rejects the request permanently (400, 405 ...).

    ``reason`` is TCS's error code, if any, ``fields`` the names of the rejected fields.
    """

    outcome = "refused"
    advice = "Repeating it won't help: correct the record"

    def __init__(
        self,
        method: str,
        path: str,
        happened: str,
        *,
        status: int | None = None,
        reason: str | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        said = f"{happened} ({reason})" if reason else happened
        super().__init__(
            method, path, f"{said}, fields: {', '.join(fields)}" if fields else said, status=status
        )
        self.reason = reason
        self.fields = fields


class TcsNotFoundError(TcsRefusedError):
    """TCS has no such record (404 with the empty body that only TCS itself sends)."""

    outcome = "not_found"
    advice = "It was deleted in TIS, or the id is wrong"


class TcsUnreadableRecordError(TcsError):
    """A record has an unreadable value.

    ``kind`` is the record's (``post``), ``record_id`` TCS's id if it has one, ``field`` the path of the field
    (``contactDetails.title``), "" if the whole record is unreadable.
    """

    outcome = "unreadable_record"
    advice = "Have the field corrected in TIS, then retry the message (tis-esr parked retry)"

    def __init__(self, method: str, path: str, kind: str, record_id: int | None, field: str) -> None:
        which = f"{kind} {record_id}" if record_id is not None else f"a {kind} without an id"
        where = f"at {field}" if field else "at all"
        super().__init__(method, path, f"answered with {which}, which can't be read {where}", status=200)
        self.kind = kind
        self.record_id = record_id
        self.field = field


class NotTcsError(TisEsrError):
    """Something other than TCS responds at the address of TCS; nothing works until that is corrected."""

    exit_code = Exit.USAGE

    def __init__(self, url: str, happened: str) -> None:
        super().__init__(
            f"{url} is not TCS: a look-up of posts {happened}. Probably the context path is wrong: "
            "correct tcs_url (TIS_ESR_TCS_URL) or --tcs, usually http://host:8093/tcs"
        )
        self.url = url
        self.happened = happened


class TcsConflictError(TcsError):
    """The record was changed since ``amendedDate`` was read (409)."""

    outcome = "conflict"
    advice = "Read the record again, and repeat the change with its new amendedDate"


class _FieldError(msgspec.Struct, frozen=True):
    field: str | None = None


class _ErrorBody(msgspec.Struct, frozen=True, rename="camel"):
    message: str | None = None
    field_errors: list[_FieldError] | None = None


_CODE: Final = re.compile(r"error(\.\w+)+")
_KNOWN_CODES: Final = frozenset(
    {
        "Bad request",
        "error.accessDenied",
        "error.concurrencyFailure",
        "error.idexists",
        "error.internalServerError",
        "error.methodNotSupported",
        "error.validation",
    }
)
UNKNOWN_CODE: Final = "a code that is not known"
_OTHER_FIELD: Final = "another field"
_error_body = msgspec.json.Decoder(_ErrorBody)


def complaint(body: bytes) -> tuple[str | None, tuple[str, ...]]:
    """Return code and field names of TCS's error body, without its texts, which quote what was sent.

    A 400 may echo the request instead of an error, so only known codes and names of fields that we send or read are
    returned.
    """
    try:
        said = _error_body.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, ()
    names = [error.field for error in said.field_errors or [] if error.field]
    fields = [name if FIELDS.issuperset(name.split(".")) else _OTHER_FIELD for name in names]
    return code(said.message), tuple(dict.fromkeys(fields))


def code(text: str | None) -> str | None:
    """Return a text of TCS if it is one of its codes (``error.validation``), else None."""
    if text in _KNOWN_CODES:
        return text
    return UNKNOWN_CODE if text and _CODE.fullmatch(text) else None
