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
    """``esr.queue.{por,pos}.saved``: a row of this position was saved; it is to be reconciled."""

    position_id: int


class PositionDue(Body, frozen=True):
    """``esr.queue.position.due``: reconcile a position with TIS again, and generate its records again."""

    position_id: int


class PositionReconciled(Body, frozen=True):
    """``esr.queue.position.reconciled``: a position and its outcome.

    ``revision`` is the position's version: it increases with each row applied, and whenever something that its records
    are built from has changed. ``found_later`` says that TIS did not have its post at first.
    """

    position: PositionView
    status: str
    deleted: bool
    revision: int
    found_later: bool = False

    @property
    def live(self) -> bool:
        """Return whether applicants and notifications are generated for it."""
        return self.status == MATCHED and not self.deleted


class PositionChanged(Body, frozen=True):
    """``esr.queue.position.changed``: what TCS should hold of a position id and number, as of a revision.

    ``sources`` are the rows that describe the position, see PositionView. With ``again`` TCS was found without it, so it
    is checked there and appended even if it was before.
    """

    revision: int
    sources: list[str]
    post_id: int
    position_id: int
    position_number: int
    status: str
    filename: str
    event_date_time: str
    again: bool = False


class TisChangeRecord(Body, frozen=True):
    """``esr.queue.tis.change``: a change of TIS in the public record form: the columns as text, and what kind of change it is.

    ``metadata`` has ``timestamp``, ``record-type``, ``operation`` (load, insert, update, delete) and ``table-name``.
    """

    data: dict[str, Any]
    metadata: dict[str, Any]


class PostChanged(Body, frozen=True):
    """``esr.queue.post.changed``: something of these posts, or of the posts with these NPNs, has changed in TIS."""

    post_ids: list[int]
    numbers: list[str] = []


class PlacementChanged(Body, frozen=True):
    """``esr.queue.placement.changed``: a placement has changed in TIS, perhaps also the post that it is in."""

    placement_id: int


class ReconcileAll(Body, frozen=True):
    """``esr.queue.reconcileallcommand``: reconcile each position of a deanery again that was not since this time of the engine's clock.

    The default is when the command is handled first.
    """

    deanery: str
    asked_at: float | None = None


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
    """``esr.queue.apprecord.generated``: all applicant records of one position, perhaps none.

    ``built_on`` is the day on which TIS was read, ``built_at`` the moment by the engine's clock; without them TIS has
    to be read again.
    """

    position: PositionView
    revision: int
    applicants: list[Applicant]
    built_on: date | None = None
    built_at: float = 0.0


class NotificationDue(Body, frozen=True):
    """``esr.queue.notification.due``: generate a position's notifications from the current data.

    ``revision`` is the newest of the position when this was sent: a newer one sends a message of its own.
    ``users_told`` says that the positions that use the VPD of this revision were notified.
    """

    position_id: int
    revision: int
    users_told: bool = False


class NotificationDraft(Body, frozen=True):
    """One notification: its key (the subject) and its columns by name.

    ``fact`` is what types 2, 4 and 5 state: it is sent to ESR once, whatever the other columns are. ``held`` is the
    fact that ESR has from the applicant file. A type 1 has no fact, only columns. ``placements`` are those that a type 1
    names; of one that says that nobody is there or next, those whose trainees are still expected: it is sent only if ESR
    has another trainee.
    """

    key: str
    columns: dict[str, Any]
    fact: str = ""
    held: str = ""
    placements: list[int] = []


class NotificationsGenerated(Body, frozen=True):
    """``esr.queue.notification.generated``: all current notifications of one position.

    ``version`` counts what was generated for the position, to recognise older messages. ``built_on`` is the day on
    which TIS was read; without it TIS has to be read again.
    """

    position: PositionView
    version: int
    notifications: list[NotificationDraft]
    built_on: date | None = None
    built_at: float = 0.0


class PersonChanged(Body, frozen=True):
    """``esr.queue.person.changed``: details of a person were changed in TIS; ``post_ids`` are the posts of their placements."""

    person_id: int
    post_ids: list[int]


class ApplicantExported(Body, frozen=True):
    """``esr.queue.apprecord.exported``: an applicant was sent to ESR in ``filename``, "" if the previous interface sent it.

    With ``again`` TCS was found without it, so it is checked there and appended even if it was before.
    """

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
    again: bool = False


class AssignmentRow(Body, frozen=True):
    """One row of an assignment's group, by column name; ``unread`` are the columns with an unreadable value."""

    row: int
    type: str
    values: dict[str, Any]
    unread: list[str] = []


class Assignment(Body, frozen=True):
    """``esr.queue.asg.split``: an ASG with the PER, ADD, PBD and ABS rows that follow it.

    A long assignment is several messages: ``head`` are its ASG and PBD rows if an earlier message had them.
    """

    rows: list[AssignmentRow]
    head: list[AssignmentRow] = []


class Unreadable(Body, frozen=True):
    """An unreadable row: its type and the reason, for a person."""

    raw: str
    problems: list[str]


class RmtRow(Body, frozen=True):
    """A data row of an RMF or RMC with ESR's ids: position or assignment, and post number, as far as they can be read."""

    row: int
    record_id: int | None = None
    deanery_number: str = ""


class RmtSplit(Body, frozen=True):
    """``esr.queue.rmt.split``: the data rows of one chunk of an RMF or RMC, to be acknowledged to ESR.

    The chunk has the rows from ``first`` up to ``end``, exclusive; with ``is_last`` the file ends there, and
    ``incomplete`` says why it is not complete.
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
    """``esr.queue.file.arrived``: a file from ESR is in the store; ``stamp`` is its state as the store reports it, if known."""

    name: str
    stamp: str = ""


class ApplyDailyRules(Body, frozen=True):
    """``esr.queue.dailyrulescommand``: generate again what the calendar has changed up to a day; today where none is given."""

    deanery: str
    day: date | None = None


class GenerateFile(Body, frozen=True):
    """``esr.queue.{app,notification}filegenerationcommand``: create a deanery's file; without a day, today's.

    ``asked_at`` is the moment of the request, by the engine's clock. With ``only`` (keys of applicant records) the file
    is a separate one for these records. With ``full`` the notification file is a DNF; ``again`` creates it even if
    nothing is new since the last one. ``region_start`` says that the start of the region requests it, which withholds others.
    """

    deanery: str
    day: date | None = None
    asked_at: float | None = None
    only: list[str] = []
    full: bool = False
    again: bool = False
    region_start: bool = False
