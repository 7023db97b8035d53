"""What commands print with ``--json`` where the program encodes a mapping of its own."""

from datetime import date

import msgspec

from tis_esr.engine.production.server_checks import Finding
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.ingesting import Ingested
from tis_esr.operations.resending import LeftRow
from tis_esr.services.data_exporter.deadline_guard import Unsent


class Ingestion(msgspec.Struct):
    """The outcome of each file."""

    files: list[Ingested]


class FileToExport(msgspec.Struct):
    """An outbound file; with ``--dry-run`` one that would be written."""

    name: str
    deanery: str
    rows: int
    state: str


class SentFile(msgspec.Struct):
    """A file of the day that was sent before."""

    name: str
    rows: int


class DeaneryToExport(msgspec.Struct):
    """A deanery's rows in its files, how many records are left, by reason, and what of its inbound is not handled yet.

    With ``--dry-run``: the files of the day that were ``sent`` already, and the keys of the ``records`` that would be sent.
    """

    deanery: str
    rows: int
    left: dict[str, int]
    lacks: str
    sent: list[SentFile]
    records: list[str]


class RowToResend(msgspec.Struct):
    """A row of the file, and its applicant record (``placement:position``)."""

    row: int
    record: str


class Exported(msgspec.Struct):
    """One export; ``requested`` says that a running DataExporter writes the files, ``stale`` counts rows to be compared with TIS.

    ``unsent`` are the applicants who are left although they can't wait for a file of another day. With ``--resend``, ``resent`` is the file whose ``rows`` go again, ``left`` are those that do not.
    """

    kind: str
    day: date
    dry_run: bool
    requested: bool
    files: list[FileToExport]
    deaneries: list[DeaneryToExport]
    stale: int
    unsent: list[Unsent] = []
    resent: str = ""
    rows: list[RowToResend] = []
    left: list[LeftRow] = []


class Installation(msgspec.Struct):
    """What was created, or with ``--check`` what is missing.

    ``upgraded_from`` is the release of which the store was, None if it was not upgraded; ``copy`` a state file as it was.
    """

    engine: str
    created: list[str]
    findings: list[Finding]
    upgraded_from: str | None
    copy: str | None


class Copied(msgspec.Struct):
    """Where the store was copied to, how many documents of a database (None for a state file), whether the audit has it."""

    target: str
    documents: int | None
    is_audited: bool


class RestoredFrom(msgspec.Struct):
    """The backup that is in the place of the store now; None if other tools have restored it."""

    source: str | None


class Examination(msgspec.Struct):
    """The settings in force, without secrets, and each check with its findings."""

    settings: dict[str, str]
    checks: list[Check]


class Synthesized(msgspec.Struct):
    """Where the generated day is, and what is in it."""

    in_: str = msgspec.field(name="in")
    tcs: str
    expected: str
    files: list[str]
    rows: int
    posts: int
    scenarios: dict[str, int]
