"""What is here of one expected file: its state, arrival and findings, before any deadline is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tis_esr.engine.row_accounting import RowState
from tis_esr.operations.board.cells import CellState, FileType
from tis_esr.operations.board.files_of_days import GONE_OUT, FilesOfDays, Place, of_london
from tis_esr.services.data_exporter.outbound import OutboundFile, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import NOT_TAKEN, UNDER_WAY, FileState, InboundFile


@dataclass(frozen=True)
class Presence:
    """What is here of a cell. ``state`` is None if nothing is; ``is_owed`` is False if nothing is to come either,
    ``is_idle`` says that we had nothing to send, ``has_answer`` that ESR may have answered one of our files, if only in part.

    ``ours`` are our files that are here, or that ESR has to answer, ``theirs`` ESR's.
    """

    state: CellState | None
    came_at: datetime | None = None
    detail: str = ""
    is_owed: bool = True
    is_idle: bool = False
    has_answer: bool = False
    settled: str = ""
    ours: Sequence[OutboundFile] = ()
    theirs: Sequence[InboundFile] = ()

    @property
    def file(self) -> str:
        """Return the name of the first file that is here, "" if none is."""
        if self.state is None:
            return ""
        return next((file.name for file in self.theirs), "") or next((file.name for file in self.ours), "")


ABSENT = Presence(None)


def presence(found: FilesOfDays, place: Place, *, may_come: bool) -> Presence:
    """Return what is here of a cell; ``may_come`` says that its day is not over, so our own file may still be written."""
    match place[1]:
        case FileType.RMC:
            return _inbound(found.inbound.get(place, ()))
        case FileType.APP | FileType.DNC:
            return _outbound(found, place)
        case FileType.RTC:
            return _acknowledged(found, place)
        case _:
            return _answered(found, place, may_come=may_come)


def _inbound(files: Sequence[InboundFile]) -> Presence:
    """Return what is here of ESR's files: one that is processed counts before one that is not."""
    taken = [file for file in files if file.state not in NOT_TAKEN]
    if not taken:
        if not files or _is_only_announced(files):
            return ABSENT
        return Presence(CellState.HELD, _first_arrival(files), files[0].reason, theirs=files)
    state = CellState.COMPLETE
    if any(file.state in UNDER_WAY for file in taken):
        is_begun = any(file.rows for file in taken)
        state = CellState.IN_WORK if is_begun else CellState.RECEIVED
    lacks = "; ".join(f"incomplete: {file.incomplete}" for file in taken if file.incomplete)
    return Presence(state, _first_arrival(taken), lacks, theirs=taken)


def _is_only_announced(files: Sequence[InboundFile]) -> bool:
    """Return whether none of the files has been seen: an event named them, and the store does not have them."""
    return all(file.state is FileState.HELD and not file.sha256 and not file.stamp for file in files)


def _first_arrival(files: Sequence[InboundFile]) -> datetime | None:
    return min((file.arrived_at for file in files if file.arrived_at is not None), default=None)


def _outbound(found: FilesOfDays, place: Place) -> Presence:
    files = found.outbound.get(place, ())
    gone = [file for file in files if file.state in GONE_OUT and file.rows]
    if gone:
        came_at = min((file.written_at for file in gone if file.written_at is not None), default=None)
        lacks = "; ".join(file.lacks for file in gone if file.lacks)
        detail = f"created without: {lacks}" if lacks else ""
        has_answer = any(map(found.may_be_answered, gone))
        return Presence(CellState.SENT, came_at, detail, ours=gone, has_answer=has_answer)
    if any(file.state is OutboundState.ALLOCATED or file.rows for file in files):
        return Presence(CellState.IN_WORK, ours=[file for file in files if file.rows])
    if any(file.state is OutboundState.NOTHING_TO_SEND for file in files):
        return Presence(CellState.COMPLETE, detail="nothing to send", is_idle=True)
    return ABSENT


def is_unwritten(here: Presence) -> bool:
    """Return whether a file of ours has its rows, and ESR can't read it yet."""
    return here.state is CellState.IN_WORK and bool(here.ours) and not here.theirs


def _acknowledged(found: FilesOfDays, place: Place) -> Presence:
    """Return what is here of the RTC files: as long as no RMF or RMC is here, none is owed."""
    pairs = [pair for pair in found.acknowledgements(place) if pair[0].state not in NOT_TAKEN]
    if not pairs:
        return Presence(None, is_owed=False)
    written = [rtc for _, rtc in pairs if rtc is not None and rtc.is_in_place]
    if len(written) < len(pairs):
        return ABSENT
    came_at = max((at for rtc in written if (at := of_london(rtc.created_at)) is not None), default=None)
    return Presence(CellState.COMPLETE, came_at, detail=written[0].name)


def _answered(found: FilesOfDays, place: Place, *, may_come: bool) -> Presence:
    """Return what is here of ESR's answers: all of a day's files have to be answered completely."""
    pairs = found.of_answers(place)
    if not pairs:
        return Presence(None, is_owed=may_come)
    ours = [one for one, _ in pairs]
    open_ = [one for one, answer in pairs if answer is None or answer.state in NOT_TAKEN or answer.incomplete]
    answers = [answer for _, answer in pairs if answer is not None]
    if all(one.settled for one in open_) and open_:
        return Presence(None, settled=open_[0].settled, ours=ours, theirs=answers)
    if not open_:
        here = _inbound(answers)
        last = max((file.arrived_at for file in answers if file.arrived_at is not None), default=None)
        return Presence(here.state, last, here.detail, ours=ours, theirs=answers)
    here = _inbound([answer for answer in answers if answer.state in NOT_TAKEN])
    if here.state is CellState.HELD:
        return Presence(CellState.HELD, here.came_at, here.detail, ours=open_, theirs=here.theirs)
    incomplete = next((answer.incomplete for answer in answers if answer.incomplete), "")
    return Presence(None, detail=f"incomplete: {incomplete}" if incomplete else "", ours=open_)


def with_rows(
    state: CellState, rows: Mapping[RowState, int], number: int, *, is_incomplete: bool
) -> CellState:
    """Return the state of a processed file of ESR's, now that the states of its rows and the ``number`` refused are known."""
    if state is not CellState.COMPLETE:
        return state
    if rows.get(RowState.PENDING):
        return CellState.IN_WORK
    return CellState.COMPLETE_WITH_REFUSALS if is_incomplete or number else state


def refused(type_: FileType, rows: Mapping[RowState, int]) -> int:
    """Return how many rows are parked, or are answers that match no record; a position without a post is no fault."""
    is_answer = type_ in {FileType.APC, FileType.DCC}
    return rows.get(RowState.PARKED, 0) + (rows.get(RowState.UNMATCHED, 0) if is_answer else 0)


def answered_state(confirmed: int, rejected: int, unanswered: int = 0) -> CellState:
    """Return the state of a file of ours that ESR has answered, by its rows; some without an answer are errors."""
    if unanswered and confirmed + rejected:
        return CellState.CONFIRMED_WITH_ERRORS
    if not rejected:
        return CellState.CONFIRMED
    return CellState.CONFIRMED_WITH_ERRORS if confirmed else CellState.REJECTED
