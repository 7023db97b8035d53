"""TCS's JSON into DTOs; a value that can't be read costs as little as is safe.

A date that is none costs its field; another value that is none costs its record; what may be a change of
TCS's contract costs nothing, and is to be read again later (incident A8).
"""

import re
from collections.abc import Hashable, Iterable
from typing import Any, Final, Generic, TypeVar, get_origin

import msgspec
import structlog

T = TypeVar("T")
log = structlog.get_logger(__name__)

_NO_DATE: Final = re.compile(r"(?:Invalid RFC3339|Timestamp is out of range).* - at `\$(?P<where>.+)`")
_WHERE: Final = re.compile(r" - at `\$(?P<where>.*)`$")
_MISSING: Final = re.compile(r"missing required field `(?P<name>\w+)`")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_ENOUGH: Final = 3
"""So many different records that can't be read at one field are a change of the contract."""


class UnreadableError(Exception):
    """An answer as a whole is not what it should be; ``field`` where one field of all its records is why."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field


class UnreadableRecordError(Exception):
    """One record can't be read at ``field``, while others of its shape are."""

    def __init__(self, record_id: int | None, field: str) -> None:
        super().__init__(record_id, field)
        self.record_id = record_id
        self.field = field


class Shape(Generic[T]):
    """What an answer should be: ``name`` and, for one of its records, ``record`` say it in an error text."""

    def __init__(self, kind: type[T], name: str, record: str = "record") -> None:
        self.name = name
        self.record = record
        self.is_list = get_origin(kind) is list
        self.decode = msgspec.json.Decoder(kind).decode
        self._one: Any = kind.__args__[0] if self.is_list else kind  # type: ignore[attr-defined]

    def converted(self, record: Any) -> Any:
        """Return one record, without the dates that are none. Raises ``msgspec.ValidationError``.

        People type years such as 20211 into TIS, and Java writes them. Such a date is read as missing, and
        logged.
        """
        while True:
            try:
                return msgspec.convert(record, self._one)
            except msgspec.ValidationError as error:
                where = _NO_DATE.match(str(error))
                if where is None:
                    raise
                log.warning("tcs.date_left_out", answer=self.name, field=_named(where["where"]))
                _leave_out(record, where["where"])


class Readings:
    """Reads the answers of one TCS, and remembers of each shape what could be read and what not."""

    def __init__(self) -> None:
        self._memories: dict[Shape[Any], _Memory] = {}

    def read(self, shape: Shape[T], body: bytes) -> T:
        """Return the DTOs. Raises UnreadableError, or UnreadableRecordError where one record is to blame.

        One record is, when its shape was read before and fewer than three different records in a row had no
        readable value in that field. Else it may be TCS's contract that changed, for all records.
        """
        memory = self._memories.setdefault(shape, _Memory())
        try:
            answer = shape.decode(body)
        except msgspec.ValidationError:
            return self._one_by_one(shape, body, memory)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UnreadableError from None
        memory.read(answer if isinstance(answer, list) else [answer])
        return answer

    def _one_by_one(self, shape: Shape[T], body: bytes, memory: "_Memory") -> T:
        records = _records(shape, body)
        readable: list[Any] = []
        failures: list[tuple[int | None, str]] = []
        for record in records:
            try:
                readable.append(shape.converted(record))
            except msgspec.ValidationError as error:
                field = _field(str(error))
                failures.append((_id(record, field), field))
                memory.failed(field, _identity(record))
        memory.read(readable)
        if failures:
            record_id, field = failures[0]
            if memory.tells_of_the_contract(field):
                raise UnreadableError(field)
            raise UnreadableRecordError(record_id, field)
        answer: T = readable if shape.is_list else readable[0]  # type: ignore[assignment]
        return answer


class _Memory:
    """What is known of a shape: whether any record was read, and which records failed at which field since."""

    def __init__(self) -> None:
        self._any = False
        self._failed: dict[str, set[Hashable]] = {}

    def read(self, records: list[Any]) -> None:
        self._any = self._any or bool(records)
        for field in list(self._failed):
            if any(_has_value(record, field) for record in records):
                del self._failed[field]

    def failed(self, field: str, identity: Hashable) -> None:
        identities = self._failed.setdefault(field, set())
        if len(identities) < _ENOUGH:
            identities.add(identity)

    def tells_of_the_contract(self, field: str) -> bool:
        return not self._any or len(self._failed.get(field, ())) >= _ENOUGH


def _records(shape: Shape[Any], body: bytes) -> list[Any]:
    """Return the records of an answer that is JSON, undecoded."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableError from None
    if not isinstance(answer, list if shape.is_list else dict):
        raise UnreadableError
    return list(answer) if shape.is_list else [answer]


def _id(record: Any, field: str) -> int | None:
    found = record.get("id") if isinstance(record, dict) and field != "id" else None
    return found if isinstance(found, int) else None


def _identity(record: Any) -> Hashable:
    """Return what tells records apart, so that one that is read again counts once."""
    return msgspec.json.encode(record.get("id", record) if isinstance(record, dict) else record)


def _field(error: str) -> str:
    """Return the path of the field that a validation error is about; names only, no values."""
    where, missing = _WHERE.search(error), _MISSING.search(error)
    names = [_named(where["where"])] if where else []
    return ".".join(name for name in [*names, missing["name"] if missing else ""] if name)


def _named(where: str) -> str:
    """Return a path without the places in lists: ``[3].events[0].status`` is ``events.status``."""
    return ".".join(name for name, _ in _STEP.findall(where) if name)


def _has_value(record: Any, field: str) -> bool:
    """Say whether a record has a value at the path, somewhere in the lists on the way."""
    found = [record]
    for step in filter(None, field.split(".")):
        found = [value for each in found for value in _flat(_value(each, step)) if value is not None]
    return bool(found)


def _value(record: Any, step: str) -> Any:
    if not isinstance(record, msgspec.Struct):
        return None
    names = (f.name for f in msgspec.structs.fields(type(record)) if f.encode_name == step)
    return getattr(record, next(names, ""), None)


def _flat(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _leave_out(answer: Any, where: str) -> None:
    """Remove the value at a path such as ``.contactDetails.amendedDate``."""
    *way, last = [name or int(index) for name, index in _STEP.findall(where)]
    for step in way:
        answer = answer[step]
    del answer[last]
