"""The ledger of inbound files as people see it: each file with what was found, and the numbers that are missing."""

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
from tis_esr.operations.kept import kept_from
from tis_esr.operations.unconfirmed import ANSWERED_BY, Unconfirmed, described, unconfirmed_files
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
"""Days before the newest file within which gaps are reported: nobody can fill older ones."""

_OURS = {"APC": "APP", "DCC": "DNC"}
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)


_NOT_OF_ESR = "nothing of it is applied; remove it from where ESR's files come in"
_REMARK = "its rows are applied; ask ESR which is right"
_TO_DO = {
    FileState.REFUSED: "nothing of it is applied; ask ESR for a good copy, which is taken under the same name",
    FileState.HELD: "nothing of it is applied; correct what is named, or remove the file; it is retried automatically",
    FileState.OTHER_CONTENT: "nothing of it is applied; ask ESR which one is right",
    INCOMPLETE: "its rows are applied; ask ESR for the whole file, of which only new rows are taken under the same name",
}


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Files that are missing: ``first`` to ``last`` of a deanery's counter, as the file ``shown_by`` shows.

    ``type`` is RMT for RMF and RMC, which share a counter, else APC or DCC. ``settled`` says how it was settled that
    nobody waits for them any more. By its ``name`` a person settles it.
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
    """One file, its ``state`` and ``row_states`` as codes; ``settled`` says who has dealt with those of the ``findings`` that are not in ``open_findings``.

    ``to_do`` is what a person does about these: "" for nothing. ``rtc`` is the RTC that ESR was sent of it, "" for none.
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


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """All files, newest first, all gaps, and our files that ESR has not confirmed in time, which are no gaps besides.

    ``open_findings`` counts what of these is open.

    Files that are dated before ``kept_from`` are known no more.
    """

    files: list[LedgerEntry]
    gaps: list[Gap]
    unconfirmed: list[Unconfirmed]
    open_findings: int
    kept_from: date | None


def ledger(state: Reader, name: str | None = None, *, today: date, due_days: int) -> Ledger:
    """Return the ledger as of a day, or what it has of one file or one gap; for ``due_days`` see the settings."""
    found, outbound = state.find(FILES, {}), state.find(OUTBOUND_FILES, {})
    late = unconfirmed_files(found, outbound, today, due_days)
    all_gaps = other_gaps(gaps(found, outbound), late)
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
        _entry(file, rows.get(file.name, {}), "" if file.copy else rtc.get(file.name, ""))
        for file in sorted(found, key=_newest_first)
    ]
    number = sum(1 for file in found if file.open_findings) + len(open_gaps(all_gaps))
    number += sum(1 for file in late if not file.settled)
    return Ledger(
        files=files,
        gaps=all_gaps,
        unconfirmed=described(state, late, due_days),
        open_findings=number,
        kept_from=kept_from(state),
    )


def other_gaps(found: Iterable[Gap], unconfirmed: Iterable[OutboundFile]) -> list[Gap]:
    """Return the gaps less the missing answers to files that are unconfirmed: those are reported as such."""
    late = {
        (file.deanery, ANSWERED_BY[file.type], FileName.parse(file.name).sequence) for file in unconfirmed
    }
    return [gap for gap in found if (gap.deanery, gap.type, gap.first) not in late]


def gaps(files: Iterable[InboundFile], outbound: Iterable[OutboundFile]) -> list[Gap]:
    """Return which files are missing: of ESR's own numbers, and of its answers to the files that we sent."""
    counted: dict[tuple[str, str], list[InboundFile]] = {}
    for file in _recent([file for file in files if file.day is not None and not file.copy]):
        counted.setdefault((file.deanery, file.counter), []).append(file)
    sent: dict[tuple[str, str], list[OutboundFile]] = {}
    for out in outbound:
        if out.state in _GONE_OUT and out.type in ANSWERED_BY:
            sent.setdefault((out.deanery, ANSWERED_BY[out.type]), []).append(out)
    found = []
    for (deanery, counter), some in sorted(counted.items()):
        if counter in _OURS:
            of_counter = _unanswered(deanery, counter, some, sent.get((deanery, counter), []))
        else:
            of_counter = _missing(deanery, counter, some)
        settled = [gap for file in some for gap in file.settled_gaps]
        found += [msgspec.structs.replace(gap, settled=_settled(gap, settled)) for gap in of_counter]
    return found


def open_gaps(found: Iterable[Gap]) -> list[Gap]:
    """Return the gaps that nobody has settled."""
    return [gap for gap in found if not gap.settled]


def _settled(gap: Gap, settled: Iterable[SettledGap]) -> str:
    """Return how a gap was settled: all of it, perhaps when it was larger."""
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
    """Return how many files there are by deanery, type and the state they are shown under, less what is settled."""
    return Counter(
        (file.deanery, file.type, _counted_state(file)) for file in files if not _is_dealt_with(file)
    )


def _is_dealt_with(file: InboundFile) -> bool:
    return file.state in NOT_TAKEN and not file.open_findings


def _counted_state(file: InboundFile) -> str:
    """Return the state a file is counted under: an incomplete one that was dealt with is split."""
    return file.shown_state if file.open_findings else file.state.value


def gap_counts(files: Iterable[InboundFile], found: Iterable[Gap]) -> dict[tuple[str, ...], int]:
    """Return how many numbers are missing by deanery and counter, less what is settled; 0 where none is."""
    numbers: dict[tuple[str, ...], int] = {
        (file.deanery, file.counter): 0 for file in files if file.deanery and file.counter
    }
    for gap in open_gaps(found):
        numbers[gap.deanery, gap.type] = numbers.get((gap.deanery, gap.type), 0) + gap.number
    return numbers


def _recent(files: list[InboundFile]) -> list[InboundFile]:
    taken = [file.day for file in files if file.day is not None and file.state not in NOT_TAKEN]
    if not taken:
        return []
    first = max(taken) - timedelta(days=GAP_DAYS)
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


def _unanswered(deanery: str, counter: str, files: list[InboundFile], sent: list[OutboundFile]) -> list[Gap]:
    """Return which of our files have no answer though a later one has, and which answer is to no file of ours."""
    answers = {file.sequence: file.name for file in files if file.state not in NOT_TAKEN}
    if not answers:
        return []
    ours = {FileName.parse(out.name).sequence: out.name for out in sent}
    oldest = min(file.day for file in files if file.day is not None)
    expected = [n for n, name in ours.items() if FileName.parse(name).date >= oldest]
    came = sorted(answers)
    found = [
        (number, answers[came[bisect_right(came, number)]], f"no {counter} has come for {ours[number]}, though one of a later file has")
        for number in unanswered(expected, answers)
    ]  # fmt: skip
    found += [
        (number, name, f"{name} answers no {_OURS[counter]} file that was sent from here")
        for number, name in answers.items()
        if number not in ours
    ]
    return [
        Gap(
            name=_gap_name(deanery, counter, number, number),
            deanery=deanery, type=counter, first=number, last=number, shown_by=name, text=text,
        )
        for number, name, text in sorted(found)
    ]  # fmt: skip


def _entry(file: InboundFile, by_state: dict[Any, int], rtc: str) -> LedgerEntry:
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
    """Return how many rows of a file are in each state, by its code; those of a copy count nowhere."""
    kept = {RowState(state): number for state, number in file.row_states.items()} or by_state
    return {state.name: 0 if file.copy else kept.get(state, 0) for state in RowState}


def _newest_first(file: InboundFile) -> tuple[int, str]:
    return (-(file.day or date.max).toordinal(), file.key)
