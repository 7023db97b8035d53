"""Judges what the ledger says of files: held, refused, incomplete, missing numbers, unconfirmed. Pure."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime, timedelta
from statistics import median

import msgspec

from tis_esr.counted import counted
from tis_esr.operations.alarms import about_files
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.alarms.thresholds import REJECTED_LEAST, REJECTED_TIMES
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.dates import midnight
from tis_esr.operations.ledger import GAP_DAYS, Gap
from tis_esr.operations.unconfirmed import LONGEST_DAYS, Unconfirmed
from tis_esr.records.file_names import FileName
from tis_esr.services.inbound_data_reader.file_ledger import INCOMPLETE, FileState, InboundFile

READ_DAYS = timedelta(days=GAP_DAYS + 10)
"""Files that have not changed for so long are not judged any more."""
RECENT_DAYS = timedelta(days=2)
"""For so many days after a file of ours the rejections of its rows are judged."""
_BY_STATE: Mapping[str, Kind] = {
    FileState.HELD: about_files.FILE_HELD,
    FileState.REFUSED: about_files.FILE_REFUSED,
    FileState.OTHER_CONTENT: about_files.FILE_REFUSED,
    INCOMPLETE: about_files.FILE_INCOMPLETE,
}
_REASONS_SHOWN = 3
_WORDS = {
    about_files.FILE_HELD.id: "held",
    about_files.FILE_REFUSED.id: "refused",
    about_files.FILE_INCOMPLETE.id: "incomplete",
}


def bad_files(files: Iterable[InboundFile]) -> list[Finding]:
    """Return a finding for each day and kind of trouble, with the files; settled findings are not counted."""
    found: dict[tuple[str, date | None], list[InboundFile]] = {}
    for file in files:
        kind = _BY_STATE.get(file.shown_state)
        if kind is not None and file.open_findings:
            found.setdefault((kind.id, file.day), []).append(file)
    return [_bad(kind, day, some) for (kind, day), some in found.items()]


def _bad(kind: str, day: date | None, files: list[InboundFile]) -> Finding:
    files = sorted(files, key=lambda file: file.key)
    known = next(one for one in _BY_STATE.values() if one.id == kind)
    word = f"{_WORDS[kind]}: {_reasons(files)}"
    text = f"{files[0].name} is {word}" if len(files) == 1 else f"{counted(len(files), 'file')} {word}"
    changed = [_moment(file.changed_at) for file in files if file.changed_at]
    return finding(
        known,
        day.isoformat() if day else "other",
        [file.key for file in files],
        text if day is None or len(files) == 1 else f"{text}; dated {in_words(day)}",
        consequence=_offices(file.deanery for file in files),
        since=min(changed, default=None),
        watched_until=max(changed) + READ_DAYS if changed else None,
    )


def _reasons(files: Sequence[InboundFile]) -> str:
    """Return why files are bad; where they differ, each reason with its file, or with how many have it."""
    by_reason: dict[str, list[str]] = {}
    for file in files:
        by_reason.setdefault(file.open_findings[0].partition(": ")[2], []).append(file.name)
    if len(by_reason) == 1:
        return next(iter(by_reason))
    said = [
        f"{reason} ({some[0] if len(some) == 1 else counted(len(some), 'file')})"
        for reason, some in list(by_reason.items())[:_REASONS_SHOWN]
    ]
    more = len(by_reason) - len(said)
    return "; ".join([*said, *([counted(more, "more reason")] if more else [])])


def missing_numbers(gaps: Sequence[Gap], today: date) -> list[Finding]:
    """Return one finding for the gaps of each counter: RMT, APC or DCC."""
    found: dict[str, list[Gap]] = {}
    for gap in gaps:
        if not gap.settled:
            found.setdefault(gap.type, []).append(gap)
    return [
        finding(
            about_files.FILE_GAP,
            counter,
            [gap.name for gap in some],
            some[0].text if len(some) == 1 else f"{counted(sum(gap.number for gap in some), 'file')} of {counter} did not arrive, though later numbers did",
            consequence=_offices(gap.deanery for gap in some),
            watched_until=max(_watched_until(gap, today) for gap in some),
        )
        for counter, some in sorted(found.items())
    ]  # fmt: skip


def _watched_until(gap: Gap, today: date) -> datetime:
    """Return when the file before a gap is too old to show it, if an office has one file a day.

    A longer gap than that could show is a jump of the numbers: the file before it is that of the day before. The file
    behind it may be held for a date to come, which can be any.
    """
    days = gap.number if gap.number < GAP_DAYS else 0
    shown_on = min(FileName.parse(gap.shown_by).date, today)
    return midnight(shown_on + timedelta(days=GAP_DAYS - days - 1)).astimezone(UTC)


def unconfirmed(files: Sequence[Unconfirmed], leaving: Set[tuple[str, date]] = frozenset()) -> list[Finding]:
    """Return a finding for each day of our files that ESR has not confirmed, APP files apart: those may be quarantined.

    ``leaving`` are the offices and days of APP files with applicants who leave the window tomorrow.
    """
    found: dict[tuple[str, date], list[Unconfirmed]] = {}
    for file in files:
        if not file.settled:
            kind = (
                about_files.SUSPECTED_QUARANTINE if file.type == "APP" else about_files.CONFIRMATION_OVERDUE
            )
            found.setdefault((kind.id, file.day), []).append(file)
    return [_unconfirmed(kind, day, some, leaving) for (kind, day), some in sorted(found.items())]


def _unconfirmed(kind: str, day: date, files: list[Unconfirmed], leaving: Set[tuple[str, date]]) -> Finding:
    is_app = kind == about_files.SUSPECTED_QUARANTINE.id
    rows = sum(file.rows for file in files)
    records = counted(rows, "applicant" if is_app else "notification")
    return finding(
        about_files.SUSPECTED_QUARANTINE if is_app else about_files.CONFIRMATION_OVERDUE,
        day.isoformat(),
        [file.name for file in files],
        files[0].text
        if len(files) == 1
        else f"{counted(len(files), 'file')} of {in_words(day)} are not confirmed by ESR",
        consequence=f"{records} may not be in ESR",
        since=midnight(files[0].due).astimezone(UTC),
        watched_until=midnight(day + timedelta(days=LONGEST_DAYS + 1)).astimezone(UTC),
        urgent=is_app and any((file.deanery, file.day) in leaving for file in files),
    )


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A file that ESR has answered: how many rows it had, and how many of them ESR rejected."""

    name: str
    type: str
    day: date
    rows: int
    rejected: int

    @property
    def share(self) -> float:
        """Return the share of rejected rows."""
        return self.rejected / self.rows


def unusual_rejections(recent: Sequence[Answered], usual: Sequence[Answered]) -> list[Finding]:
    """Return one finding for each day and type of which files have a much larger share of rejections than the usual ones."""
    found: dict[tuple[str, date], list[Answered]] = {}
    for file in recent:
        shares = [one.share for one in usual if one.type == file.type and one.rows and one.day < file.day]
        normal = median(shares) if shares else 0.0
        if file.rejected >= REJECTED_LEAST and file.share > REJECTED_TIMES * max(normal, 0.01):
            found.setdefault((file.type, file.day), []).append(file)
    return [
        finding(
            about_files.REJECTS_ABOVE_USUAL,
            f"{kind}:{day.isoformat()}",
            [file.name for file in some],
            f"ESR rejected {sum(f.rejected for f in some):,} of {counted(sum(f.rows for f in some), 'row')} of {counted(len(some), kind + ' file')} of {in_words(day)}",
            consequence="ESR does not have these records",
            watched_until=midnight(day + RECENT_DAYS + timedelta(days=1)).astimezone(UTC),
        )
        for (kind, day), some in sorted(found.items())
    ]  # fmt: skip


def _offices(names: Iterable[str]) -> str:
    known = sorted({name for name in names if name})
    return f"affects {', '.join(known)}" if known else ""


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
