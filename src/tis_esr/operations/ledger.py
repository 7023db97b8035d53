"""The ledger of inbound files for people: each file with its findings, and the missing file numbers."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from tis_esr.decisions.arriving_files import INBOUND_TYPES
from tis_esr.decisions.file_sequences import missing, unanswered
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.operations.board.expectations import WAIVERS
from tis_esr.operations.kept import kept_from
from tis_esr.operations.unconfirmed import (
    ANSWERED_BY,
    Unconfirmed,
    described,
    unconfirmed_files,
    waivers_in_force,
)
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile, OutboundState
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES
from tis_esr.services.inbound_data_reader.file_ledger import (
    FILES,
    INCOMPLETE,
    NOT_TAKEN,
    FileState,
    InboundFile,
    SettledGap,
)

GAP_DAYS = 60
"""Missing files are reported for this many days before the newest file: older ones are no longer sent."""

_INCOMPLETE_DAYS = 7
_OURS = {"APC": "APP", "DCC": "DNC"}
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)


_NOT_OF_ESR = "none of its rows is applied; remove it from the inbound store"
_REMARK = "its rows are applied; ask ESR which is right"
_TO_DO = {
    FileState.REFUSED: "none of its rows is applied; ask ESR for a correct copy, which is processed under the same name",
    FileState.HELD: "none of its rows is applied; correct what the finding names, or remove the file; it is retried automatically",
    FileState.OTHER_CONTENT: "none of its rows is applied; ask ESR which one is right",
    INCOMPLETE: "its rows are applied; ask ESR for the complete file under the same name: only its new rows are processed",
}


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Missing files: ``first`` to ``last`` of a deanery's counter; the file ``shown_by`` reveals them.

    ``type`` is RMT for RMF and RMC, which share a counter, else APC or DCC. ``settled`` says how they were settled. A
    person settles them by ``name``.
    """

    name: str
    deanery: str
    type: str
    first: int
    last: int
    shown_by: str
    text: str
    settled: str = ""

    @property
    def number(self) -> int:
        """Return how many files are missing."""
        return self.last - self.first + 1


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file; its ``state`` and ``row_states`` are codes.

    ``settled`` says how the ``findings`` that are not in ``open_findings`` were resolved. ``to_do`` is what a person
    does about the open ones, "" for nothing. ``rtc`` is the RTC file that acknowledged it to ESR, "" if there is none.
    """

    name: str
    copy: str
    deanery: str
    type: str
    day: date | None
    sequence: int
    state: str
    incomplete: bool
    size: int
    sha256: str
    rows: int
    row_states: dict[str, int]
    findings: list[str]
    open_findings: list[str]
    rows_gone: bool
    settled: str
    to_do: str
    notes: list[str]
    noted: int
    rtc: str = ""


class IncompleteExport(msgspec.Struct, frozen=True, kw_only=True):
    """A file for ESR that was created before its inbound was finished, after the longest wait; ``lacks`` says what was missing."""

    name: str
    day: date
    rows: int
    lacks: str


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """All files, newest first, all missing files, and outbound files without their confirmation in time.

    ``incomplete_exports`` are those of the last week.

    The missing answer to an unconfirmed file is not a missing file as well. ``open_findings`` counts the unsettled ones
    of all three.

    Files dated before ``kept_from`` have been purged.
    """

    files: list[LedgerEntry]
    gaps: list[Gap]
    unconfirmed: list[Unconfirmed]
    incomplete_exports: list[IncompleteExport]
    open_findings: int
    kept_from: date | None


def ledger(state: Reader, name: str | None = None, *, today: date, due_days: int) -> Ledger:
    """Return the ledger as of a day, or what it has of one file or one gap; for ``due_days`` see the settings."""
    found, outbound = state.find(FILES, {}), state.find(OUTBOUND_FILES, {})
    oldest = kept_from(state)
    waivers = state.find(WAIVERS, waivers_in_force(today))
    late = unconfirmed_files(found, outbound, today, due_days, oldest, waivers)
    all_gaps = other_gaps(gaps(found, outbound, oldest), late)
    if name is not None:
        late = [file for file in late if file.name == name]
        found = [file for file in found if name in {file.name, file.key}]
        names = {file.name for file in found}
        all_gaps = [gap for gap in all_gaps if gap.name == name or gap.shown_by in names]
    rows = state.row_counts([file.name for file in found] if name is not None else None)
    rtc = {
        one.source: one.name
        for one in state.get(RTC_FILES, [f.name for f in found if f.counter == "RMT"])
        if one.is_in_place
    }
    files = [
        ledger_entry(file, rows.get(file.name, {}), "" if file.copy else rtc.get(file.name, ""))
        for file in sorted(found, key=_newest_first)
    ]
    number = sum(1 for file in found if file.open_findings) + len(open_gaps(all_gaps))
    number += sum(1 for file in late if not file.settled)
    return Ledger(
        files=files,
        gaps=all_gaps,
        unconfirmed=described(state, late, due_days),
        incomplete_exports=[] if name is not None else _incomplete_exports(outbound, today),
        open_findings=number,
        kept_from=oldest,
    )


def _incomplete_exports(outbound: Iterable[OutboundFile], today: date) -> list[IncompleteExport]:
    since = today - timedelta(days=_INCOMPLETE_DAYS)
    found = [file for file in outbound if file.lacks and file.rows and file.day > since]
    return [
        IncompleteExport(name=file.name, day=file.day, rows=file.rows, lacks=file.lacks)
        for file in sorted(found, key=lambda file: (file.day, file.name))
    ]


def other_gaps(found: Iterable[Gap], unconfirmed: Iterable[OutboundFile]) -> list[Gap]:
    """Return the gaps without the missing answers to unconfirmed files: those are reported as unconfirmed."""
    late = {
        (file.deanery, ANSWERED_BY[file.type], FileName.parse(file.name).sequence) for file in unconfirmed
    }
    return [gap for gap in found if (gap.deanery, gap.type, gap.first) not in late]


def gaps(files: Iterable[InboundFile], outbound: Iterable[OutboundFile], oldest: date | None) -> list[Gap]:
    """Return which files are missing: of ESR's own numbers, and of its answers to the files that we sent.

    ``oldest`` is the oldest day that the ledger keeps, None where nothing was ever purged: what is older is not
    missing, nor is an answer to a file of before any that is known one to a file that was never sent.
    """
    counted: dict[tuple[str, str], list[InboundFile]] = {}
    for file in _recent([file for file in files if file.day is not None and not file.copy], oldest):
        counted.setdefault((file.deanery, file.counter), []).append(file)
    sent: dict[tuple[str, str], list[OutboundFile]] = {}
    first: dict[str, int] = {}
    for out in outbound:
        if out.type not in ANSWERED_BY:
            continue
        counter = ANSWERED_BY[out.type]
        if oldest is not None:
            number = FileName.parse(out.name).sequence
            first[counter] = min(first.get(counter, number), number)
        if out.state in _GONE_OUT:
            sent.setdefault((out.deanery, counter), []).append(out)
    found = []
    for (deanery, counter), some in sorted(counted.items()):
        if counter in _OURS:
            ours = sent.get((deanery, counter), [])
            of_counter = _unanswered(deanery, counter, some, ours, first.get(counter, 0))
        else:
            of_counter = _missing(deanery, counter, some)
        settled = [gap for file in some for gap in file.settled_gaps]
        found += [msgspec.structs.replace(gap, settled=_settled(gap, settled)) for gap in of_counter]
    return found


def open_gaps(found: Iterable[Gap]) -> list[Gap]:
    """Return the missing files that are not settled."""
    return [gap for gap in found if not gap.settled]


def _settled(gap: Gap, settled: Iterable[SettledGap]) -> str:
    """Return how missing files were settled, all of them, perhaps as part of a larger range."""
    covering = (one.how for one in settled if one.first <= gap.first and gap.last <= one.last)
    return next(covering, "")


def _gap_name(deanery: str, counter: str, first: int, last: int) -> str:
    return f"{deanery}-{counter}-{first}" if first == last else f"{deanery}-{counter}-{first}-{last}"


def to_do(file: InboundFile) -> str:
    """Return what a person does about the open findings of a file; "" where there are none."""
    if not file.open_findings:
        return ""
    if file.state in NOT_TAKEN and file.type not in INBOUND_TYPES:
        return _NOT_OF_ESR
    return _TO_DO.get(file.shown_state, _REMARK)


def file_counts(files: Iterable[InboundFile]) -> dict[tuple[str, ...], int]:
    """Return the number of files by deanery, type and displayed state, without settled findings."""
    return Counter(
        (file.deanery, file.type, _counted_state(file)) for file in files if not _is_dealt_with(file)
    )


def _is_dealt_with(file: InboundFile) -> bool:
    return file.state in NOT_TAKEN and not file.open_findings


def _counted_state(file: InboundFile) -> str:
    """Return the state under which a file is counted: an incomplete one that is settled counts as split."""
    return file.shown_state if file.open_findings else file.state.value


def gap_counts(files: Iterable[InboundFile], found: Iterable[Gap]) -> dict[tuple[str, ...], int]:
    """Return how many unsettled file numbers are missing, by deanery and counter, with 0 if there is none."""
    numbers: dict[tuple[str, ...], int] = {
        (file.deanery, file.counter): 0 for file in files if file.deanery and file.counter
    }
    for gap in open_gaps(found):
        numbers[gap.deanery, gap.type] = numbers.get((gap.deanery, gap.type), 0) + gap.number
    return numbers


def _recent(files: list[InboundFile], oldest: date | None) -> list[InboundFile]:
    taken = [file.day for file in files if file.day is not None and file.state not in NOT_TAKEN]
    if not taken:
        return []
    first = max(max(taken) - timedelta(days=GAP_DAYS), oldest or date.min)
    return [file for file in files if file.day is not None and file.day >= first]


def _missing(deanery: str, counter: str, files: list[InboundFile]) -> list[Gap]:
    taken = {file.sequence: file.name for file in files if file.state not in NOT_TAKEN}
    seen = {file.sequence for file in files}
    names = {file.sequence: file.name for file in files}
    found = []
    for first, last in missing(taken, seen):
        numbers = f"number {first}" if first == last else f"numbers {first} to {last}"
        text = f"{numbers} of {deanery} (RMF and RMC) {'has' if first == last else 'have'} not arrived"
        found.append(
            Gap(
                name=_gap_name(deanery, counter, first, last),
                deanery=deanery, type=counter, first=first, last=last, shown_by=names[last + 1],
                text=f"{text}, though number {last + 1} has. Ask ESR for it",
            )
        )  # fmt: skip
    return found


def _unanswered(
    deanery: str, counter: str, files: list[InboundFile], sent: list[OutboundFile], first: int
) -> list[Gap]:
    """Return which of our files have no answer though a later one has, and which answer is to no file of ours.

    Of our files with numbers below ``first`` nothing is known any more.
    """
    answers = {file.sequence: file.name for file in files if file.state not in NOT_TAKEN}
    if not answers:
        return []
    ours = {FileName.parse(out.name).sequence: out.name for out in sent}
    oldest = min(file.day for file in files if file.day is not None)
    expected = [n for n, name in ours.items() if FileName.parse(name).date >= oldest]
    to_ours = answers.keys() & ours.keys()
    came = sorted(to_ours)
    found = [
        (number, answers[came[bisect_right(came, number)]], f"no {counter} has arrived for {ours[number]}, though one for a later file has")
        for number in unanswered(expected, to_ours)
    ]  # fmt: skip
    found += [
        (number, name, f"{name} does not match any {_OURS[counter]} file that was sent from here")
        for number, name in answers.items()
        if number not in ours and number >= first
    ]
    return [
        Gap(
            name=_gap_name(deanery, counter, number, number),
            deanery=deanery, type=counter, first=number, last=number, shown_by=name, text=text,
        )
        for number, name, text in sorted(found)
    ]  # fmt: skip


def ledger_entry(file: InboundFile, by_state: dict[Any, int], rtc: str) -> LedgerEntry:
    """Return the entry of a file with its rows by state; ``rtc`` acknowledged it to ESR, "" if none did."""
    return LedgerEntry(
        name=file.name,
        copy=file.copy,
        deanery=file.deanery,
        type=file.type,
        day=file.day,
        sequence=file.sequence,
        state=file.state.name,
        incomplete=bool(file.incomplete),
        size=file.size,
        sha256=file.sha256,
        rows=file.rows,
        row_states=row_states(file, by_state),
        findings=file.findings,
        open_findings=file.open_findings,
        rows_gone=file.rows_gone,
        settled=file.settled,
        to_do=to_do(file),
        notes=file.notes,
        noted=file.noted,
        rtc=rtc,
    )


def row_states(file: InboundFile, by_state: Mapping[Any, int]) -> dict[str, int]:
    """Return how many rows of a file are in each state, by code; rows of a second copy are not counted."""
    kept = {RowState(state): number for state, number in file.row_states.items()} or by_state
    return {state.name: 0 if file.copy else kept.get(state, 0) for state in RowState}


def _newest_first(file: InboundFile) -> tuple[int, str]:
    return (-(file.day or date.max).toordinal(), file.key)
