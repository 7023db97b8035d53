"""Decodes TCS's JSON into DTOs; an unreadable value affects as little as is safe.

An invalid date affects its field; any other invalid value its record; what may be a change of TCS's contract is retried
later (incident A8).
"""

import re
from collections.abc import Hashable
from typing import Any, Final, Generic, TypeVar, get_args, get_origin

import msgspec
import structlog

from tis_esr.errors import TisEsrError

T = TypeVar("T")
log = structlog.get_logger(__name__)

_NO_DATE: Final = re.compile(r"(?:Invalid RFC3339|Timestamp is out of range).* - at `\$(?P<where>.+)`")
_WHERE: Final = re.compile(r" - at `\$(?P<where>.*)`$")
_MISSING: Final = re.compile(r"missing required field `(?P<name>\w+)`")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_ENOUGH: Final = 3
"""This many consecutive different records that are unreadable at one field suggest a change of the contract."""


class UnreadableError(TisEsrError):
    """A whole response is not as expected; ``field`` is where TCS's contract may have changed."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field


class UnreadableRecordError(TisEsrError):
    """One record can't be read at ``field``."""

    def __init__(self, record_id: int | None, field: str) -> None:
        super().__init__(record_id, field)
        self.record_id = record_id
        self.field = field


class Shape(Generic[T]):
    """The expected form of a response: ``name`` and, for one of its records, ``record`` are used in error texts."""

    def __init__(self, kind: type[T], name: str, record: str = "record") -> None:
        self.name = name
        self.record = record
        self.is_list = get_origin(kind) is list
        self.decode = msgspec.json.Decoder(kind).decode
        self._one: Any = get_args(kind)[0] if self.is_list else kind

    def converted(self, record: Any) -> Any:
        """Return one record, without invalid dates.

        Raises ``msgspec.ValidationError``. TIS may have years such as 20211, mistyped by its users. Such a date counts
        as missing, and is logged.
        """
        while True:
            try:
                return msgspec.convert(record, self._one)
            except msgspec.ValidationError as error:
                where = _NO_DATE.match(str(error))
                if where is None:
                    raise
                log.warning("tcs.invalid_date_ignored", answer=self.name, field=_named(where["where"]))
                _leave_out(record, where["where"])


class Readings:
    """Decodes the responses of one TCS.

    Remembers by shape and field which records were unreadable since the last readable one of that shape.
    """

    def __init__(self) -> None:
        self._failed: dict[Shape[Any], dict[str, set[Hashable]]] = {}

    def read(self, shape: Shape[T], body: bytes) -> T:
        """Return the DTOs. Raises UnreadableRecordError for a record that can't be read.

        Raises UnreadableError for a response without records, and if at least three different records failed at the
        same field with no readable one of their shape since: then TCS's contract may have changed for all.
        """
        try:
            answer = shape.decode(body)
        except msgspec.ValidationError:
            return self._one_by_one(shape, body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UnreadableError from None
        if answer != []:
            self._failed.pop(shape, None)
        return answer

    def _one_by_one(self, shape: Shape[T], body: bytes) -> T:
        readable: list[Any] = []
        failures: list[tuple[str, Any]] = []
        for record in _records(shape, body):
            try:
                readable.append(shape.converted(record))
            except msgspec.ValidationError as error:
                failures.append((_field(str(error)), record))
        if readable:
            self._failed.pop(shape, None)
        else:
            self._suspect_contract(shape, failures)
        if failures:
            field, record = failures[0]
            raise UnreadableRecordError(_id(record, field), field)
        answer: T = readable if shape.is_list else readable[0]  # type: ignore[assignment]  # the shape says which of the two T is
        return answer

    def _suspect_contract(self, shape: Shape[Any], failures: list[tuple[str, Any]]) -> None:
        failed = self._failed.setdefault(shape, {})
        for field, record in failures:
            identities = failed.setdefault(field, set())
            if len(identities) < _ENOUGH:
                identities.add(_identity(record))
        for field, _ in failures:
            if len(failed[field]) >= _ENOUGH:
                raise UnreadableError(field)


def _records(shape: Shape[Any], body: bytes) -> list[Any]:
    """Return the records of a JSON response, undecoded."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableError from None
    if shape.is_list and isinstance(answer, list):
        return answer
    if not shape.is_list and isinstance(answer, dict) and "id" in answer:
        return [answer]
    raise UnreadableError


def _id(record: Any, field: str) -> int | None:
    found = record.get("id") if isinstance(record, dict) and field != "id" else None
    return found if isinstance(found, int) else None


def _identity(record: Any) -> Hashable:
    """Return what identifies a record, so that one that is read again counts once."""
    return msgspec.json.encode(record.get("id", record) if isinstance(record, dict) else record)


def _field(error: str) -> str:
    """Return the path of the field that a validation error is about; names only, no values."""
    where, missing = _WHERE.search(error), _MISSING.search(error)
    names = [_named(where["where"])] if where else []
    return ".".join(name for name in [*names, missing["name"] if missing else ""] if name)


def _named(where: str) -> str:
    """Return a path without the places in lists: ``[3].events[0].status`` is ``events.status``."""
    return ".".join(name for name, _ in _STEP.findall(where) if name)


def _leave_out(answer: Any, where: str) -> None:
    """Remove the value at a path such as ``.contactDetails.amendedDate``."""
    *way, last = [name or int(index) for name, index in _STEP.findall(where)]
    for step in way:
        answer = answer[step]
    del answer[last]
