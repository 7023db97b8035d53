"""The bodies of the messages between the services."""

from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.position_view import PositionView

MATCHED = "MATCHED"
UNMATCHED = "UNMATCHED"


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What all bodies share: immutable, camelCase on the wire, unknown fields ignored."""


class PositionSaved(Body, frozen=True):
    """``esr.queue.{por,pos}.saved``: a row of this position was saved; it waits to be reconciled."""

    position_id: int


class PositionDue(Body, frozen=True):
    """``esr.queue.position.due``: look a position up in TIS again, and have its records generated again."""

    position_id: int


class PositionReconciled(Body, frozen=True):
    """``esr.queue.position.reconciled``: a position and its outcome.

    ``revision`` is the position's version: it grows with each row applied, and each time that something the
    position's records are built from has changed. ``found_later`` says that TIS did not have its post at first.
    """

    position: PositionView
    status: str
    deleted: bool
    revision: int
    found_later: bool = False

    @property
    def live(self) -> bool:
        """Return whether applicants and notifications are made for it."""
        return self.status == MATCHED and not self.deleted


class PositionChanged(Body, frozen=True):
    """``esr.queue.position.changed``: what TCS should hold of a position id and number, as of a revision.

    ``sources`` are the rows that the position is known by, see PositionView.
    """

    revision: int
    sources: list[str]
    post_id: int
    position_id: int
    position_number: int
    status: str
    filename: str
    event_date_time: str


class Applicant(Body, frozen=True):
    """One applicant record: a placement that has not started yet, for one position of its post."""

    placement_id: int
    person_id: int
    gmc_number: str | None
    date_from: date
    date_to: date
    fields: dict[str, Any]
    missing: list[str]
    unmapped: list[str]


class ApplicantsGenerated(Body, frozen=True):
    """``esr.queue.apprecord.generated``: all applicant records of one position, which may be none.

    ``built_on`` is the day on which TIS was asked, ``built_at`` the moment by the engine's clock; where they
    aren't said, TIS has to be asked again.
    """

    position: PositionView
    revision: int
    applicants: list[Applicant]
    built_on: date | None = None
    built_at: float = 0.0


class NotificationDue(Body, frozen=True):
    """``esr.queue.notification.due``: generate a position's notifications, from all that is known then.

    ``revision`` is the newest of the position when this was sent: a newer one sends a message of its own.
    ``users_told`` says that those who use the VPD of this revision were notified.
    """

    position_id: int
    revision: int
    users_told: bool = False


class NotificationDraft(Body, frozen=True):
    """One notification: its key (what it is about) and its columns by name.

    ``fact`` is what types 2, 4 and 5 say: ESR is sent it once, whatever else the columns hold. ``held`` is
    the fact that ESR has without any notification. A type 1 has no fact: it is its columns.
    """

    key: str
    columns: dict[str, Any]
    fact: str = ""
    held: str = ""


class NotificationsGenerated(Body, frozen=True):
    """``esr.queue.notification.generated``: all that ESR should know of one position now.

    ``version`` counts what was generated for the position, so older ones are known as such. ``built_on`` is the
    day on which TIS was asked; where it isn't said, TIS has to be asked again.
    """

    position: PositionView
    version: int
    notifications: list[NotificationDraft]
    built_on: date | None = None
    built_at: float = 0.0


class PersonChanged(Body, frozen=True):
    """``esr.queue.person.changed``: details of a person were changed in TIS; ``post_ids`` are where they are placed."""

    person_id: int
    post_ids: list[int]


class ApplicantExported(Body, frozen=True):
    """``esr.queue.apprecord.exported``: an applicant went to ESR in ``filename``."""

    placement_id: int
    position_id: int
    position_number: int
    deanery_number: str
    person_id: int
    date_from: date
    date_to: date
    last_name: str
    first_name: str
    gmc_number: str | None
    filename: str
    exported_at: str


class AssignmentRow(Body, frozen=True):
    """One row of an assignment's group, by column name; ``unread`` are the columns whose value can't be read."""

    row: int
    type: str
    values: dict[str, Any]
    unread: list[str] = []


class Assignment(Body, frozen=True):
    """``esr.queue.asg.split``: an ASG with the PER, ADD, PBD and ABS rows that follow it.

    A long assignment is several messages: ``head`` are its ASG and PBD rows where an earlier one has brought them.
    """

    rows: list[AssignmentRow]
    head: list[AssignmentRow] = []


class Unreadable(Body, frozen=True):
    """A row that could not be used: its type and the reason, for a person."""

    raw: str
    problems: list[str]


class RmtRow(Body, frozen=True):
    """A data row of an RMF or RMC by what ESR knows it by: position or assignment, and post number, as far as they can be read."""

    row: int
    record_id: int | None = None
    deanery_number: str = ""


class RmtSplit(Body, frozen=True):
    """``esr.queue.rmt.split``: the data rows of one chunk of an RMF or RMC, to be acknowledged to ESR.

    The chunk covers the rows from ``first`` up to ``end``, which is not in it; with ``is_last`` the file ends there,
    and ``incomplete`` says why it is not whole.
    """

    first: int
    end: int
    is_last: bool
    rows: list[RmtRow]
    incomplete: str = ""


class AcknowledgeFile(Body, frozen=True):
    """``esr.queue.rtcfilegenerationcommand``: write the RTC of an RMF or RMC once all its rows are accounted for."""

    source: str


class FileArrived(Body, frozen=True):
    """``esr.queue.file.arrived``: a file from ESR is in the store; ``stamp`` is how the store showed it, if known."""

    name: str
    stamp: str = ""


class GenerateFile(Body, frozen=True):
    """``esr.queue.{app,notification}filegenerationcommand``: make a deanery's file; of today where no day is given.

    ``asked_at`` is the moment of asking, by the engine's clock. With ``only`` (keys of applicant records,
    ``placement:position``) it is a file of its own for these. With ``full`` the file of notifications is a DNF, which
    ``again`` makes also where nothing is new since the last one.
    """

    deanery: str
    day: date | None = None
    asked_at: float | None = None
    only: list[str] = []
    full: bool = False
    again: bool = False
