"""TCS's JSON into DTOs; a date that is none costs that field, not the records around it."""

import re
from typing import Any, Final, Generic, TypeVar

import msgspec
import structlog

T = TypeVar("T")
log = structlog.get_logger(__name__)

_NO_DATE: Final = re.compile(r"(?:Invalid RFC3339|Timestamp is out of range).* - at `\$(?P<where>.+)`")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")


class Shape(Generic[T]):
    """What an answer should be: ``name`` says it in an error text."""

    def __init__(self, kind: type[T], name: str) -> None:
        self.name = name
        self._kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def read(self, body: bytes) -> T:
        """Return the DTOs. Raises ``msgspec.MsgspecError`` when the answer isn't that.

        People type years such as 20211 into TIS, and Java writes them. Such a date is read as missing, and
        logged. Any other surprise means that TCS's contract changed, which must not pass as missing data
        (incident A8).
        """
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            return self._without_bad_dates(msgspec.json.decode(body), error)

    def _without_bad_dates(self, answer: Any, error: msgspec.ValidationError) -> T:
        while where := _NO_DATE.match(str(error)):
            log.warning("tcs.date_left_out", answer=self.name, field=where["where"])
            _leave_out(answer, where["where"])
            try:
                return msgspec.convert(answer, self._kind)
            except msgspec.ValidationError as next_error:
                error = next_error
        raise error


def _leave_out(answer: Any, where: str) -> None:
    """Remove the value at a path such as ``[3].contactDetails.amendedDate``."""
    *way, last = [name or int(index) for name, index in _STEP.findall(where)]
    for step in way:
        answer = answer[step]
    del answer[last]
