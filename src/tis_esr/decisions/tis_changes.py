"""What a change record of TIS is about: the thing, how new the record is, and what it says of posts and people.

The public form of TIS's own database changes: ``data`` (columns as text) and ``metadata`` (timestamp, operation, table).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tis_esr.errors import TisEsrError


class Table(StrEnum):
    """The tables of TCS whose changes matter to ESR."""

    POST = "Post"
    PLACEMENT = "Placement"
    PERSON = "Person"
    CONTACT_DETAILS = "ContactDetails"
    PERSONAL_DETAILS = "PersonalDetails"
    GMC_DETAILS = "GmcDetails"
    GDC_DETAILS = "GdcDetails"


OPERATIONS = ("load", "insert", "update", "delete")
_TABLES = {table.casefold(): table for table in Table}
_MOST = 2**63 - 1


class BadChangeError(TisEsrError):
    """A record that is no change of TIS. ``reason`` names the field and never quotes personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TisChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change: ``at`` (UTC) is the version of the thing that the record reports.

    ``post_id`` and ``number`` (NPN) are of a post, or of a placement's post. ``person_id`` is whose details, or whose placement, it is.
    """

    table: Table
    id: int
    operation: str
    at: datetime
    post_id: int | None = None
    number: str = ""
    person_id: int | None = None

    @property
    def key(self) -> str:
        """Return the thing that it is about, as ``Placement:17``."""
        return f"{self.table}:{self.id}"


def read_change(record: object) -> TisChange | None:
    """Return what a record reports; None for a table or a kind of record that says nothing to ESR.

    Raises BadChangeError where a field that is needed is missing or of the wrong kind.
    """
    if not isinstance(record, Mapping):
        raise BadChangeError("the record is not an object")
    metadata = _object(record, "metadata")
    if str(metadata.get("record-type", "data")).casefold() != "data":
        return None
    table = _TABLES.get(_text(metadata, "table-name").casefold())
    if table is None:
        return None
    operation = _text(metadata, "operation").casefold()
    if operation not in OPERATIONS:
        raise BadChangeError(f"metadata.operation is not one of {', '.join(OPERATIONS)}")
    data = _object(record, "data")
    id_ = _number(data, "id")
    if id_ is None:
        raise BadChangeError("data.id is missing")
    change = TisChange(table=table, id=id_, operation=operation, at=_moment(metadata))
    if table is Table.POST:
        number = data.get("nationalPostNumber") or ""
        if not isinstance(number, str):
            raise BadChangeError("data.nationalPostNumber is not a text")
        return msgspec.structs.replace(change, post_id=id_, number=number.strip())
    if table is Table.PLACEMENT:
        post_id, person_id = _number(data, "postId"), _number(data, "traineeId")
        return msgspec.structs.replace(change, post_id=post_id, person_id=person_id)
    return msgspec.structs.replace(change, person_id=id_)


def is_ahead(change: TisChange, today: date) -> bool:
    """Return whether a change is dated more than a day after today: it would supersede all that follow until then."""
    return change.at.date() > today + timedelta(days=1)


def _object(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    if not isinstance(found, Mapping):
        raise BadChangeError(f"{name} is missing, or not an object")
    return found


def _text(metadata: Mapping[str, Any], name: str) -> str:
    found = metadata.get(name)
    if not isinstance(found, str) or not found.strip():
        raise BadChangeError(f"metadata.{name} is missing, or not a text")
    return found.strip()


def _number(data: Mapping[str, Any], name: str) -> int | None:
    """Return an id, which the feed writes as text; None where it is empty."""
    found = data.get(name)
    if found is None or found == "":
        return None
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < len(str(_MOST)):
        return int(found)
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _MOST:
        return found
    raise BadChangeError(f"data.{name} is not a whole number")


def _moment(metadata: Mapping[str, Any]) -> datetime:
    text = _text(metadata, "timestamp")
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadChangeError("metadata.timestamp is not a moment in ISO form") from error
