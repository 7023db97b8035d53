"""What the DataExporter stores: applicant records, notifications, runs and outbound files."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.records.file_names import FileName
from tis_esr.services.superseding import Handled


class RecordState(StrEnum):
    """The state of an applicant record or a notification.

    It is EXPORTED once its row in a file is allocated: from then on it will be sent.
    """

    TO_EXPORT = "TO_EXPORT"
    EXPORTED = "EXPORTED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    DELETED_BEFORE_EXPORT = "DELETED_BEFORE_EXPORT"
    INVALID_DATA = "INVALID_DATA"


GOOD_FOR = 3600.0
"""Seconds for which data read from TIS may be sent without another comparison."""

PENDING = (RecordState.TO_EXPORT, RecordState.INVALID_DATA)
SENT = (RecordState.EXPORTED, RecordState.CONFIRMED, RecordState.REJECTED)
IN_ESR = (RecordState.EXPORTED, RecordState.CONFIRMED)
"""The states of an applicant whom ESR has, unless a withdrawal was sent."""
WITHDRAWAL = "2"
"""The type of a notification that withdraws an applicant."""
OF_NOBODY = ":1:next:"
"""How the subject of a type 1 ends that says that nobody is there or next."""


class EsrAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an APC or DCC: ESR's answer to a record that it was sent.

    ``status`` is SUCCESS or FAIL, ``kind`` ERROR, WARNING, INFO or another value from ESR, ``text`` ESR's own words,
    which may quote what it was sent. ``file`` and ``row`` say where the answer is, ``of`` is our file that it answers.
    """

    file: str
    row: int
    status: str
    kind: str = ""
    text: str = ""
    applicant_number: str = ""
    assignment_id: int | None = None
    of: str = ""

    @property
    def is_accepted(self) -> bool:
        """Return whether ESR loaded the record."""
        return self.status == "SUCCESS"

    @property
    def is_warning(self) -> bool:
        """Return whether ESR loaded the record, but a person should check it: also if its kind is unknown."""
        return self.is_accepted and self.kind not in {"", "INFO"}


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """What applicant records and notifications have in common: their position, state and row in a file.

    ``file_row`` counts the data rows of the file from 1. ``fields`` are the columns by name. ``built_on`` is the day on
    which they were last built from TIS's data, ``built_at`` the moment by the engine's clock. ``answers`` are ESR's, in
    the order of their rows: the last one decides the state.
    """

    position_id: int
    deanery: str
    deanery_number: str
    state: RecordState
    reason: str = ""
    fields: dict[str, Any]
    built_on: date
    built_at: float = 0.0
    correlation_id: str
    source_file: str
    source_row: int
    file: str | None = None
    file_row: int | None = None
    answers: list[EsrAnswer] = []

    @property
    def last_file(self) -> int:
        """Return the number of the file that it is in, 0 for none: the files of all deaneries share a counter."""
        return FileName.parse(self.file).sequence if self.file else 0

    def as_cause(self, *about: object) -> Message:
        """Return the row that it was built from as the cause of messages, whose ids follow from what they are ``about``."""
        return Message(
            id=derived_id(*about),
            queue="",
            correlation_id=self.correlation_id,
            source_file=self.source_file,
            deanery=self.deanery,
            row=self.source_row,
            body=b"",
        )

    def is_stale(self, day: date, now: float) -> bool:
        """Return whether it has to be compared with TIS again before it is sent on a day, at a moment of the engine's clock."""
        return self.built_on < day or now - self.built_at > GOOD_FOR


class Sending(msgspec.Struct, frozen=True):
    """A row (counted from 1) of one of our files."""

    file: str
    row: int


class ApplicantRecord(Outbound, frozen=True, kw_only=True):
    """One doctor who is to start in one position, from a placement that has not started.

    ``newer`` is the record with TIS's present data, if they differ from what was sent. ``earlier`` are the rows of its
    earlier sendings; ``resend`` says that a person requested another one. ``withdrawn`` says that ESR was sent a type 2
    about it. It is ``replaced`` if its placement has another trainee since, or gives an applicant again after that: then
    another record has its place, and this one only awaits ESR's answers.

    ``same_as`` is what makes two of them the same applicant for ESR, see ``applicant_for_esr``. ``missing`` are the
    mandatory columns without a value; a record that is INVALID_DATA with none missing was held back from a file.

    ``known_since`` is the first day on which it was built for this trainee and start, ``sound_since`` the first since
    which no fault of its data has kept it from being sent, None while one does; both None if that was not stored.
    """

    placement_id: int
    person_id: int
    position_number: int | None
    gmc_number: str | None
    date_from: date
    date_to: date
    unmapped: list[str]
    missing: list[str] = []
    same_as: str
    newer: "ApplicantRecord | None" = None
    earlier: list[Sending] = []
    resend: bool = False
    withdrawn: bool = False
    replaced: bool = False
    known_since: date | None = None
    sound_since: date | None = None

    @property
    def key(self) -> str:
        """Return ``placement:position``, and of a replaced one also its row: ``placement:position@file:row``."""
        return f"{self.place}@{self.file}:{self.file_row}" if self.replaced else self.place

    @property
    def place(self) -> str:
        """Return ``placement:position``: the key of its decision, and of the record that is not replaced."""
        return f"{self.placement_id}:{self.position_id}"

    @property
    def is_held_back(self) -> bool:
        """Return whether it was held back from a file, although no mandatory value is missing."""
        return self.state is RecordState.INVALID_DATA and not self.missing


class Resent(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant record as it was sent in ``file``, and that was resent since, or is to be."""

    file: str
    row: int
    position_id: int
    record: ApplicantRecord


class NotificationRecord(Outbound, frozen=True, kw_only=True):
    """One notification; ``about`` is its subject, ``number`` counts those about the same subject.

    ``fact`` is what types 2, 4 and 5 state, ``placements`` those that a type 1 names, see NotificationDraft. One that
    a person reported as ``lost`` counts as never sent, unless ESR confirms it after all.
    """

    about: str
    number: int
    type: str
    fact: str = ""
    placements: list[int] = []
    lost: bool = False

    @property
    def key(self) -> str:
        """Return ``about#number``."""
        return f"{self.about}#{self.number}"

    @property
    def has_reached_esr(self) -> bool:
        """Return whether ESR has been sent it, as far as anybody knows."""
        return self.state in SENT and not (self.lost and self.state is not RecordState.CONFIRMED)

    @property
    def is_held_back(self) -> bool:
        """Return whether it was held back from a file."""
        return self.state is RecordState.INVALID_DATA


class OutboundState(StrEnum):
    """The state of an outbound file."""

    ALLOCATING = "fixing"
    ALLOCATED = "fixed"
    WRITTEN = "written"
    SENT = "sent"
    NOTHING_TO_SEND = "nothing to send"


class OutboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """One outbound file: ``rows`` counts the data rows allocated to it so far, ``notified`` (stored as ``told``) those of which TCS was notified.

    ``held_back`` counts the records kept out of it because ESR would reject them, or quarantine the file. ``occasion``
    is what requested it, see ExportRun.run; a file without rows waits for the next request. ``settled`` says how its
    missing confirmation was settled. ``only`` are the keys of the records that it is for, empty if it is for all that
    are due. ``lacks`` says what was still unfinished when it was created, after the longest wait. ``written_at`` (UTC)
    is when ESR could read it first.
    """

    name: str
    type: str
    deanery: str
    day: date
    state: OutboundState
    rows: int = 0
    notified: int = msgspec.field(default=0, name="told")
    held_back: int = 0
    occasion: str = ""
    settled: str = ""
    only: list[str] = []
    lacks: str = ""
    written_at: datetime | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The exports of one type on one day: the names of the files; those of the first run are in run order."""

    type: str
    day: date
    files: list[str]


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """The last number used in the file names of one type."""

    type: str
    last: int


class HandledPosition(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a position's applicants, or notifications, that was handled, even if it had none.

    ``standing`` are the keys of the type 1 notifications in it, ``deanery`` is theirs, None if there are none.
    """

    kind: str
    position_id: int
    handled: Handled
    standing: list[str] = []
    deanery: str | None = None


HANDLED = Collection(
    "dataexporter.positions",
    HandledPosition,
    lambda handled: f"{handled.kind}:{handled.position_id}",
    (("deanery", "position_id"),),
)
APPLICANTS = Collection(
    "dataexporter.applicants",
    ApplicantRecord,
    lambda record: record.key,
    (
        ("state", "deanery", "date_from", "placement_id", "position_id"),
        ("same_as",),
        ("file", "file_row"),
        ("file", "state"),
        ("placement_id",),
        ("position_id",),
        ("gmc_number",),
    ),
    counted=("unmapped",),
)
NOTIFICATIONS = Collection(
    "dataexporter.notifications",
    NotificationRecord,
    lambda record: record.key,
    (
        ("state", "deanery", "deanery_number", "position_id"),
        ("file", "file_row"),
        ("file", "state"),
        ("position_id",),
    ),
    counted=("type",),
)
RESENT = Collection(
    "dataexporter.resent",
    Resent,
    lambda resent: f"{resent.file}:{resent.row}",
    (("file", "position_id"),),
)
OUTBOUND_FILES = Collection("dataexporter.files", OutboundFile, lambda file: file.name, (("day",),))
RUNS = Collection("dataexporter.runs", Run, lambda run: f"{run.type}:{run.day}")
COUNTERS = Collection("dataexporter.counters", Counter, lambda counter: counter.type)
