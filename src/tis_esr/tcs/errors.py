"""What can go wrong with TCS, told apart by who has to act.

``TcsUnavailable`` passes by itself; ``TcsServerError`` makes one record suspect; ``TcsRefused`` and
``TcsConflict`` are about the request. Texts name the endpoint by its template and carry no value that was
sent or received, because those are personal data.
"""

from typing import ClassVar

import msgspec


class TcsError(Exception):
    """A call to TCS that brought no result.

    ``path`` is the endpoint's template (``/api/people/in/{ids}``), ``status`` the HTTP status if there was
    an answer, ``outcome`` the word under which calls are counted.
    """

    outcome: ClassVar[str] = "error"
    advice: ClassVar[str] = ""

    def __init__(self, method: str, path: str, happened: str, *, status: int | None = None) -> None:
        super().__init__(f"TCS: {method} {path} {happened}. {self.advice}".rstrip())
        self.method = method
        self.path = path
        self.happened = happened
        self.status = status


class TcsUnavailable(TcsError):  # noqa: N818 - says what the matter is
    """TCS can't be used now; the same call works later (incidents A4, A9, A20, A21).

    ``retry_after`` is how many seconds to wait, when TCS or the circuit breaker said so.
    """

    outcome = "unavailable"
    advice = (
        "Nothing to do for a short while: repeat it later. If it lasts, check TCS, its address and our login"
    )

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


class TcsNotAsked(TcsUnavailable):
    """The circuit breaker is open, so the call wasn't sent. ``retry_after`` is always set."""

    outcome = "not_asked"


class TcsUnreadable(TcsUnavailable):
    """An answer that TCS doesn't give: a proxy's page, or other JSON than the contract's (incident A8)."""

    outcome = "unreadable"
    advice = (
        "If it lasts, see with curl what answers at TCS's address (a proxy, a login page, the wrong context "
        "path), or compare TCS's version with the fields in tcs/models.py"
    )


class TcsUncertain(TcsUnavailable):
    """Something was to be appended, and nobody knows whether it was.

    Look whether it is there before trying again. If ``status`` is 500 and it isn't there, TCS may be
    refusing this very record: after a few such rounds treat it as suspect.
    """

    outcome = "uncertain"
    advice = "It may or may not be stored: look in TCS before sending it again"


class TcsServerError(TcsError):
    """TCS failed on this call through all attempts, while it answered another call well.

    So either the record is one that TCS can't digest, or only a part of TCS is in trouble.
    """

    outcome = "server_error"
    advice = "TCS answers other calls, so look at this record first, then at TCS's log"


class TcsRefused(TcsError):  # noqa: N818 - says what the matter is
    """TCS refuses the request for good (400, 403, 405 ...).

    ``reason`` is TCS's error code if it gave one, ``fields`` the names of the fields it complained of.
    """

    outcome = "refused"
    advice = "Repeating it won't help: correct the record, or for 403 give our TCS user the permission"

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


class TcsNotFound(TcsRefused):
    """TCS has no such record (404 with the empty body that only TCS itself sends)."""

    outcome = "not_found"
    advice = "It was deleted in TIS, or the id is wrong"


class TcsConflict(TcsError):  # noqa: N818 - says what the matter is
    """The record was changed since ``amendedDate`` was read (409)."""

    outcome = "conflict"
    advice = "Read the record again, and repeat the change with its new amendedDate"


class _FieldError(msgspec.Struct, frozen=True):
    field: str | None = None


class _ErrorBody(msgspec.Struct, frozen=True, rename="camel"):
    message: str | None = None
    field_errors: list[_FieldError] | None = None


_error_body = msgspec.json.Decoder(_ErrorBody)


def complaint(body: bytes) -> tuple[str | None, tuple[str, ...]]:
    """Return code and field names of TCS's error body; nothing of the texts, which quote what was sent.

    A 400 may echo the request instead of an error, so only what looks like a code or a name is taken.
    """
    try:
        said = _error_body.decode(body)
    except msgspec.MsgspecError:
        return None, ()
    code = (
        said.message
        if said.message and (said.message.startswith("error.") or said.message == "Bad request")
        else None
    )
    names = [error.field for error in said.field_errors or [] if error.field]
    return code, tuple(name for name in names if name.replace(".", "").isidentifier())
