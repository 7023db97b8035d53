"""The digest: the day's exchange with ESR in plain words, for people who do not run this system; good days too."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.affected import Affected
from tis_esr.operations.board.board import board
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.cells import NOT_HERE, Cell, CellState, FileType
from tis_esr.operations.board.whole_board import Board
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.leaving_applicants import leaving_unless_somebody_acts
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.cron import LONDON

_MOST_ACTIONS = 5
_ALL_WELL = "all well"
_STANDING = {
    CellState.LATE: "late",
    CellState.MISSING: "missing",
    CellState.HELD: "held",
    CellState.CONFIRMATION_OVERDUE: "unanswered",
    CellState.REJECTED: "rejected",
    CellState.COMPLETE_WITH_REFUSALS: "used in part",
}
_SENT = (
    CellState.SENT,
    CellState.CONFIRMED,
    CellState.CONFIRMED_WITH_ERRORS,
    CellState.REJECTED,
)
_FILES = {
    FileType.RMC: "file from ESR",
    FileType.APP: "applicants",
    FileType.DNC: "notifications",
    FileType.RTC: "acknowledgement",
    FileType.APC: "answer about applicants",
    FileType.DCC: "answer about notifications",
}
_UNSENT: Mapping[Who, str] = {
    Who.LOCAL_OFFICE: "correct today the data of",
    Who.TRUST: "add today to the positions what is missing for",
    Who.SUPPORT: "write another file today for",
}


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """A day in plain words: ``headline`` is one line, ``sentences`` say more, ``to_do`` who must do what.

    Of ``expected`` offices, ``received`` have ESR's file, ``sent`` had their applicants sent, and ``nothing_to_send`` had
    none to send.
    ``starters`` and ``leaving_tomorrow`` are applicants whom something that is late, missing or held affects. No personal data.
    """

    day: date
    as_of: datetime
    deanery: str
    is_good: bool
    headline: str
    sentences: list[str]
    to_do: list[str]
    expected: int
    received: int
    sent: int
    nothing_to_send: int
    starters: int
    leaving_tomorrow: int

    @property
    def text(self) -> str:
        """Return the whole digest, a line a sentence."""
        return "\n".join([f"{in_words(self.day)}: {self.headline}.", *self.sentences, *self.to_do])

    def with_alarms(self, number: int) -> "Digest":
        """Return it for a day with so many active alarms: with one, a day is not well, and somebody has to act."""
        if not number or not self.is_good:
            return self
        active = f"{number} {'alarm is' if number == 1 else 'alarms are'} active"
        headline = f"{self.headline.removesuffix(_ALL_WELL)}{active}"
        return msgspec.structs.replace(self, is_good=False, headline=headline, to_do=[])


def digest(reader: Reader, *, day: date, now: datetime, terms: Terms, deanery: str | None = None) -> Digest:
    """Return the digest of a day as of ``now`` (with a zone), of one office or of all."""
    today = board(reader, day=day, now=now, terms=terms, deanery=deanery)
    before = board(reader, day=day - timedelta(days=1), now=now, terms=terms, deanery=deanery)
    date_now, offices = now.astimezone(LONDON).date(), [deanery] if deanery else DEANERIES
    affected = Affected(reader, terms.window, date_now)
    leaving = sum(affected.waiting(office).leaving for office in offices)
    received = [cell for cell in _of(today, FileType.RMC) if _is_here(cell)]
    ended = [cell for cell in _of(today, FileType.APP) if _is_here(cell) and not _is_in_work(cell)]
    idle = [cell for cell in ended if cell.state is CellState.COMPLETE]
    written = {cell.deanery for cell in ended}
    stuck = leaving_unless_somebody_acts(reader, offices, date_now, terms.window, written)
    in_part = [cell for cell in today.cells if cell.state is CellState.COMPLETE_WITH_REFUSALS]
    trouble = [*today.needs_somebody, *in_part]
    starters, most_leaving = _numbers(trouble)
    return Digest(
        day=day,
        as_of=today.now,
        deanery=deanery or "",
        is_good=not trouble and not stuck,
        headline=_headline(today, received, len(ended) - len(idle), len(idle), trouble, stuck.total()),
        sentences=[*_sentences(today, before), *_leaving(leaving)],
        to_do=[*_to_do_today(stuck), *_to_do(trouble)] or ["Nobody has to do anything."],
        expected=len(_of(today, FileType.RMC)),
        received=len(received),
        sent=len(ended) - len(idle),
        nothing_to_send=len(idle),
        starters=starters,
        leaving_tomorrow=max(leaving, most_leaving),
    )


def _of(found: Board, type_: FileType) -> list[Cell]:
    return [cell for cell in found.cells if cell.type is type_]


def _is_here(cell: Cell) -> bool:
    waiting = (CellState.NOT_DUE, CellState.DUE, CellState.AT_RISK, CellState.WAIVED, CellState.HELD)
    return cell.state not in {*waiting, *NOT_HERE}


def _is_in_work(cell: Cell) -> bool:
    """Return whether a file of ours is being written."""
    return cell.state is CellState.IN_WORK


def _numbers(cells: Iterable[Cell]) -> tuple[int, int]:
    """Return how many applicants are affected, each office's once: its files of one day affect the same."""
    starters: dict[str, int] = {}
    leaving: dict[str, int] = {}
    for cell in cells:
        starters[cell.deanery] = max(starters.get(cell.deanery, 0), cell.consequence.starters)
        leaving[cell.deanery] = max(leaving.get(cell.deanery, 0), cell.consequence.leaving_tomorrow)
    return sum(starters.values()), sum(leaving.values())


def _headline(
    found: Board, received: Sequence[Cell], sent: int, idle: int, trouble: Sequence[Cell], stuck: int
) -> str:
    """Return ``13 of 13 received; 12 sent; YHD late, 41 applicants affected, 6 leave the window tomorrow``."""
    parts = [f"{len(received)} of {len(_of(found, FileType.RMC))} received", f"{sent} sent"]
    if idle:
        parts.append(f"{idle} had nothing to send")
    groups: dict[str, list[str]] = {}
    for cell in trouble:
        names = groups.setdefault(_STANDING[cell.state], [])
        if cell.deanery not in names:
            names.append(cell.deanery)
    said = [f"{_named(names)} {standing}" for standing, names in groups.items()]
    starters, leaving = _numbers(trouble)
    leaving = max(leaving, stuck)
    if starters:
        said.append(f"{_number(starters, 'applicant')} affected")
    if leaving:
        said.append(f"{leaving:,} leave{'s' if leaving == 1 else ''} the window tomorrow")
    return "; ".join([*parts, ", ".join(said) or _ALL_WELL])


def _sentences(today: Board, before: Board) -> Iterable[str]:
    yield from _received(_of(today, FileType.RMC))
    yield from _went(_of(today, FileType.APP), "Applicants", "applicant")
    yield from _went(_of(today, FileType.DNC), "Notifications", "notification")
    yield from _answered(before, FileType.APC, "applicants")
    yield from _answered(before, FileType.DCC, "notifications")
    rejected = sum(cell.refused for cell in (*_of(before, FileType.APP), *_of(today, FileType.APP)))
    if rejected:
        yield f"ESR rejected {_number(rejected, 'applicant')} of yesterday's and today's files."
    if (number := len(today.earlier)) > 0:
        yield f"{_number(number, 'file')} of earlier days still need{'s' if number == 1 else ''} somebody."


def _received(cells: Sequence[Cell]) -> Iterable[str]:
    if not cells:
        return
    here = [cell for cell in cells if _is_here(cell)]
    last = max((cell.came_at for cell in here if cell.came_at is not None), default=None)
    at = f", the last at {last:%H:%M}" if last is not None else ""
    yield f"Files from ESR: {len(here)} of {len(cells)} received{at}{_rest(cells)}."
    refused = sum(cell.refused for cell in cells)
    if refused:
        yield f"{_number(refused, 'line')} of these files could not be used and {'waits' if refused == 1 else 'wait'} for support."


def _went(cells: Sequence[Cell], title: str, what: str) -> Iterable[str]:
    if not cells:
        return
    went = [cell for cell in cells if cell.state in _SENT]
    rows = sum(cell.rows for cell in went)
    idle = sum(cell.state is CellState.COMPLETE for cell in cells)
    said = f"{_number(rows, what)} sent for {_number(len(went), 'office')}" if went else "none sent"
    nothing = f"; nothing to send for {_number(idle, 'office')}" if idle else ""
    writing = sum(map(_is_in_work, cells))
    now = f"; being written for {_number(writing, 'office')}" if writing else ""
    yield f"{title}: {said}{nothing}{now}{_rest(cells)}."


def _answered(before: Board, type_: FileType, what: str) -> Iterable[str]:
    cells = _of(before, type_)
    if cells:
        here = [cell for cell in cells if _is_here(cell)]
        yield f"ESR's answers about the {what} of {in_words(before.day)}: {len(here)} of {len(cells)}{_rest(cells)}."


def _rest(cells: Sequence[Cell]) -> str:
    """Return what is to be said of those that are not here: troubled ones by name, others by number."""
    parts = []
    for state, standing in _STANDING.items():
        if some := [cell for cell in cells if cell.state is state and not _is_here(cell)]:
            parts.append(f"{_named([cell.deanery for cell in some])} {standing} (due {some[0].due_at:%H:%M})")
    for states, standing in (
        ((CellState.NOT_DUE, CellState.DUE), "not due yet"),
        ((CellState.AT_RISK,), "later than usual"),
        ((CellState.WAIVED,), "not expected (waived)"),
    ):
        if number := sum(cell.state in states for cell in cells):
            parts.append(f"{number} {standing}")
    return "".join(f"; {part}" for part in parts)


def _leaving(number: int) -> Iterable[str]:
    if number:
        leave = "leaves" if number == 1 else "leave"
        yield f"{_number(number, 'applicant')} {leave} the window tomorrow, and can't be sent after that."


def _to_do_today(stuck: Mapping[Who, int]) -> Iterable[str]:
    for who in _UNSENT:
        if not (number := stuck.get(who, 0)):
            continue
        leaves = "who leaves" if number == 1 else "who leave"
        yield f"To do, {who.value}: {_UNSENT[who]} {_number(number, 'applicant')} {leaves} the window tomorrow."


def _to_do(trouble: Sequence[Cell]) -> list[str]:
    """Return what each has to do, newest days first: one line for all offices with the same."""
    groups: dict[tuple[date, CellState, FileType], list[Cell]] = {}
    for cell in sorted(trouble, key=lambda cell: cell.day, reverse=True):
        groups.setdefault((cell.day, cell.state, cell.type), []).append(cell)
    lines = [f"To do, {some[0].who_acts.value}: {_plain(some)}." for some in groups.values()]
    more = [f"And {len(lines) - _MOST_ACTIONS} more: see the board."] if len(lines) > _MOST_ACTIONS else []
    return [*lines[:_MOST_ACTIONS], *more]


def _plain(cells: Sequence[Cell]) -> str:
    state, type_, of_day = cells[0].state, cells[0].type, in_words(cells[0].day)
    offices = _named([cell.deanery for cell in cells])
    of = f"of {offices} of {of_day}"
    if state is CellState.HELD:
        return f"look at the {_FILES[type_]} {of}, which arrived and can't be used"
    if state is CellState.REJECTED:
        return f"correct the {_FILES[type_]} {of}, which ESR rejected"
    if state is CellState.COMPLETE_WITH_REFUSALS:
        return f"look at what could not be used of the {_FILES[type_]} {of}"
    if state is CellState.CONFIRMATION_OVERDUE:
        return f"ask ESR for the {_FILES[type_]} {of}"
    if type_ is FileType.RMC:
        return f"ask ESR for the file {of}"
    return f"find out why the {_FILES[type_]} {of} did not go"


def _named(offices: Sequence[str]) -> str:
    return "all offices" if len(offices) == len(DEANERIES) else ", ".join(offices)


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
