"""Requests files from the running services in one unit of work, refused if other rows would go than were confirmed."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import uuid4

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.exports.going import would_go, would_go_in
from tis_esr.operations.exports.kinds import COMMAND_OF
from tis_esr.services.contracts.commands import ask
from tis_esr.services.data_exporter.region_starts import refuse_while_starting


class FileRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a person has confirmed: how many ``rows`` it would have had then, and the ``fingerprint`` of these.

    ``is_cut`` says that more would go than were looked at.
    """

    office: str
    type: str
    rows: int
    fingerprint: str
    is_cut: bool = False

    @property
    def text(self) -> str:
        """Return what it is in words."""
        least = "more than " if self.is_cut else ""
        return f"{self.type} of {self.office} with {least}{self.rows:,} {'row' if self.rows == 1 else 'rows'}"


class FileRequests(msgspec.Struct, frozen=True, kw_only=True):
    """Files that a person has confirmed, with the applicant window that they were looked at with."""

    files: list[FileRequest]
    opens_days: int
    closes_weeks: int

    @property
    def rows(self) -> int:
        """Return how many rows all of them would have had."""
        return sum(one.rows for one in self.files)


class RowsChangedError(TisEsrError):
    """Other rows would go than a person has confirmed. ``changed`` has for each file (``EOE APP``) the rows then and now."""

    exit_code = Exit.USAGE

    def __init__(self, changed: Mapping[str, tuple[int, int]]) -> None:
        said = "; ".join(f"{name}: {_difference(*rows)}" for name, rows in changed.items())
        super().__init__(f"the rows have changed since you chose: {said}")
        self.changed = changed


def requests_of(
    reader: Reader, exports: Sequence[tuple[str, str]], day: date, window: ApplicantWindow
) -> FileRequests:
    """Return what a person is asked to confirm: the next files of these offices and types, as they would be now."""
    files = []
    for office, type_ in exports:
        found = would_go(reader, office, type_, day, window)
        one = FileRequest(
            office=office,
            type=type_,
            rows=len(found.going),
            fingerprint=found.fingerprint,
            is_cut=found.is_cut,
        )
        files.append(one)
    return FileRequests(files=files, opens_days=window.opens_days, closes_weeks=window.closes_weeks)


async def request_confirmed(work: Work, person: Person, asked: FileRequests, why: str) -> None:
    """Request the files of today from the running services, with an audit entry for each type. Commits nothing.

    Raises RowsChangedError if other rows would go now, and RegionStartingError.
    """
    day, requests = work.today, asked.files
    window = ApplicantWindow(opens_days=asked.opens_days, closes_weeks=asked.closes_weeks)
    changed: dict[str, tuple[int, int]] = {}
    for one in requests:
        await refuse_while_starting(work, one.office)
        now = await would_go_in(work, one.office, one.type, day, window)
        if now.fingerprint != one.fingerprint:
            changed[f"{one.office} {one.type}"] = one.rows, len(now.going)
    if changed:
        raise RowsChangedError(changed)
    occasion = uuid4().hex
    for type_, command in COMMAND_OF.items():
        offices = [one.office for one in requests if one.type == type_]
        if not offices:
            continue
        ask(work, command, day, offices, occasion)
        rows = sum(one.rows for one in requests if one.type == type_)
        result = f"requested {type_} of {in_words(day)} with {counted(rows, 'row')}"
        await record(work, person, "export.files", offices, why=why, result=result)


def _difference(then: int, now: int) -> str:
    if then == now:
        return f"{counted(now, 'row')}, but others"
    return f"{counted(then, 'row')} then, {now:,} now"
