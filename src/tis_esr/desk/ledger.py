"""The ledger of inbound files as people see it: each file with what was found, and the numbers that are missing."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import msgspec

from tis_esr.decisions.file_sequences import missing, unanswered
from tis_esr.engine.reading import Reader
from tis_esr.engine.rows import RowState
from tis_esr.records.filenames import FileName
from tis_esr.services.file_ledger import FILES, NOT_TAKEN, FileState, InboundFile
from tis_esr.services.outbound import OUTBOUND_FILES, OutboundFile, OutboundState

GAP_DAYS = 60
"""Days before the newest file within which gaps are reported: nobody can fill older ones."""

_ANSWERED_BY = {"APP": "APC", "DNC": "DCC"}
_OURS = {answer: ours for ours, answer in _ANSWERED_BY.items()}
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Files that are missing: ``first`` to ``last`` of a deanery's counter, as the file ``shown_by`` shows.

    ``type`` is RMT for RMF and RMC, which share a counter, else APC or DCC.
    """

    deanery: str
    type: str
    first: int
    last: int
    shown_by: str
    text: str

    @property
    def number(self) -> int:
        """Return how many files are missing."""
        return self.last - self.first + 1


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file, its ``state`` and ``row_states`` as codes; ``findings`` are open until ``settled`` says who has dealt with them, and how."""

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
    settled: str
    notes: list[str]
    noted: int


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """All files, newest first, and all gaps; ``open_findings`` counts the files with open findings, and the gaps."""

    files: list[LedgerEntry]
    gaps: list[Gap]
    open_findings: int


def ledger(state: Reader, name: str | None = None) -> Ledger:
    """Return the ledger, or what it has of one file."""
    found = state.find(FILES, {})
    all_gaps = gaps(found, state.find(OUTBOUND_FILES, {}))
    if name is not None:
        found = [file for file in found if name in {file.name, file.key}]
        all_gaps = [gap for gap in all_gaps if gap.shown_by in {file.name for file in found}]
    rows = state.row_counts()
    files = [_entry(file, rows.get(file.name, {})) for file in sorted(found, key=_newest_first)]
    number = sum(1 for file in found if file.open_findings) + len(all_gaps)
    return Ledger(files=files, gaps=all_gaps, open_findings=number)


def gaps(files: Iterable[InboundFile], outbound: Iterable[OutboundFile]) -> list[Gap]:
    """Return which files are missing: of ESR's own numbers, and of its answers to the files that we sent."""
    counted: dict[tuple[str, str], list[InboundFile]] = {}
    for file in _recent([file for file in files if file.day is not None and not file.copy]):
        counted.setdefault((file.deanery, file.counter), []).append(file)
    sent: dict[tuple[str, str], list[OutboundFile]] = {}
    for out in outbound:
        if out.state in _GONE_OUT and out.type in _ANSWERED_BY:
            sent.setdefault((out.deanery, _ANSWERED_BY[out.type]), []).append(out)
    found = []
    for (deanery, counter), some in sorted(counted.items()):
        if counter in _OURS:
            found += _unanswered(deanery, counter, some, sent.get((deanery, counter), []))
        else:
            found += _missing(deanery, counter, some)
    return found


def counts(files: Iterable[InboundFile]) -> dict[tuple[str, ...], int]:
    """Return how many files there are by deanery, type and the state they are shown under, less what is settled."""
    return Counter((file.deanery, file.type, file.shown_state) for file in files if not _is_settled(file))


def _is_settled(file: InboundFile) -> bool:
    return bool(file.settled) and file.state is not FileState.SPLIT


def gap_counts(files: Iterable[InboundFile], found: Iterable[Gap]) -> dict[tuple[str, ...], int]:
    """Return how many numbers are missing by deanery and counter, 0 where none is."""
    numbers: dict[tuple[str, ...], int] = {
        (file.deanery, file.counter): 0 for file in files if file.deanery and file.counter
    }
    for gap in found:
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
    found = [
        (number, answers[min(n for n in answers if n > number)], f"no {counter} has come for {ours[number]}, though one of a later file has")
        for number in unanswered(expected, answers)
    ]  # fmt: skip
    found += [
        (number, name, f"{name} answers no {_OURS[counter]} file that was sent from here")
        for number, name in answers.items()
        if number not in ours
    ]
    return [
        Gap(deanery=deanery, type=counter, first=number, last=number, shown_by=name, text=text)
        for number, name, text in sorted(found)
    ]


def _entry(file: InboundFile, by_state: dict[Any, int]) -> LedgerEntry:
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
        row_states={state.name: 0 if file.copy else by_state.get(state, 0) for state in RowState},
        findings=file.findings,
        settled=file.settled,
        notes=file.notes,
        noted=file.noted,
    )


def _newest_first(file: InboundFile) -> tuple[int, str]:
    return (-(file.day or date.max).toordinal(), file.key)
