"""The digest: the day's exchange with ESR in plain words, for people who do not run this system; good days too."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import msgspec

from tis_esr.counted import counted, plural
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms.in_digest import active_alarms, alarms_in_words, number_in_words
from tis_esr.operations.board.affected import Affected
from tis_esr.operations.board.board import board
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.cells import NOT_HERE, Cell, CellState, FileType
from tis_esr.operations.board.whole_board import Board
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.digest_to_do import named, to_do
from tis_esr.operations.leaving_applicants import leaving_unless_somebody_acts, left_before, left_with
from tis_esr.records.file_names import DEANERIES
from tis_esr.wall_clock import LONDON

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


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """A day in plain words: ``headline`` is one line, ``sentences`` say more, ``to_do`` who must do what, ``alarms`` which
    alarms are active as of ``as_of``: while one is, no day is good.

    Of ``expected`` offices, ``received`` have ESR's file, ``sent`` had their applicants sent, and ``nothing_to_send`` had
    none to send.
    ``starters`` and ``leaving_tomorrow`` are applicants whom something that is late, missing or held affects,
    None for a day that is over. No personal data.
    """

    day: date
    as_of: datetime
    deanery: str
    is_good: bool
    headline: str
    sentences: list[str]
    to_do: list[str]
    alarms: list[str]
    expected: int
    received: int
    sent: int
    nothing_to_send: int
    starters: int | None
    leaving_tomorrow: int | None

    @property
    def text(self) -> str:
        """Return the whole digest, a line a sentence."""
        return "\n".join(
            [f"{in_words(self.day)}: {self.headline}.", *self.sentences, *self.to_do, *self.alarms]
        )


@dataclass(frozen=True)
class _Applicants:
    """The applicants whom a day affected.

    ``starters`` wait for something that is late, missing or held, None if that is not known any more. ``leaving`` leave
    the window tomorrow; ``unsent`` of them won't be sent before, unless somebody acts on ``stuck``. ``left`` have left
    it unsent, of whom ``to_create`` have not started.
    """

    starters: int | None = None
    leaving: int | None = None
    unsent: int = 0
    stuck: Counter[Who] = field(default_factory=Counter)
    left: int = 0
    to_create: int = 0


def digest(
    reader: Reader,
    *,
    day: date,
    now: datetime,
    terms: Terms,
    deanery: str | None = None,
    known: Board | None = None,
) -> Digest:
    """Return the digest of a day as of ``now`` (with a zone), of one office or of all; from its board, if that is ``known``.

    Of a day that is over it says what was true of it. Whom a file affected that was missing then, and who was about to
    leave the window, is not known any more: who waits now waits for a later file.
    """

    def board_of(shown: date) -> Board:
        return board(reader, day=shown, now=now, terms=terms, deanery=deanery)

    of_day, before = known or board_of(day), board_of(day - timedelta(days=1))
    today, offices = now.astimezone(LONDON).date(), [deanery] if deanery else DEANERIES
    received = [cell for cell in _of(of_day, FileType.RMC) if _is_here(cell)]
    ended = [cell for cell in _of(of_day, FileType.APP) if _is_here(cell) and not _is_in_work(cell)]
    idle = [cell for cell in ended if cell.state is CellState.COMPLETE]
    in_part = [cell for cell in of_day.cells if cell.state is CellState.COMPLETE_WITH_REFUSALS]
    open_, earlier, trouble = of_day.needs_somebody, of_day.earlier, [*of_day.needs_somebody, *in_part]
    if day < today:
        still = {cell.key for cell in board_of(today).needs_somebody}
        open_, earlier = ([cell for cell in cells if cell.key in still] for cells in (open_, earlier))
        affected = _who_left(reader, offices, day, today, terms)
    else:
        written = {cell.deanery for cell in ended}
        affected = _who_leaves(reader, offices, today, terms, written, trouble)
    alarms = active_alarms(reader, now, deanery)
    said = [*_standing(trouble), *_in_short(affected)]
    asked = to_do([*open_, *in_part], affected.stuck, affected.to_create)
    if alarms.alarms and not said:
        said, asked = [f"{number_in_words(alarms.alarms)}{' now' if day < today else ''}"], []
    return Digest(
        day=day,
        as_of=of_day.now,
        deanery=deanery or "",
        is_good=not said,
        headline=_headline(of_day, received, len(ended) - len(idle), len(idle), said),
        sentences=[*_sentences(of_day, before, earlier), *_about(affected, day), *_known(of_day)],
        to_do=asked,
        alarms=alarms_in_words(alarms),
        expected=len(_of(of_day, FileType.RMC)),
        received=len(received),
        sent=len(ended) - len(idle),
        nothing_to_send=len(idle),
        starters=affected.starters,
        leaving_tomorrow=affected.leaving,
    )


def _who_leaves(
    reader: Reader,
    offices: Sequence[str],
    today: date,
    terms: Terms,
    written: Set[str],
    trouble: Sequence[Cell],
) -> _Applicants:
    affected = Affected(reader, terms.window, today)
    starters, most_leaving = _numbers(trouble)
    stuck = leaving_unless_somebody_acts(reader, offices, today, terms.window, written)
    left = len(left_before(reader, offices, today, terms.window))
    return _Applicants(
        starters=starters,
        leaving=max(sum(affected.waiting(office).leaving for office in offices), most_leaving),
        unsent=max(most_leaving, stuck.total()),
        stuck=stuck,
        left=left,
        to_create=left,
    )


def _who_left(reader: Reader, offices: Sequence[str], day: date, today: date, terms: Terms) -> _Applicants:
    starts = left_with(reader, offices, day, terms.window)
    return _Applicants(left=len(starts), to_create=sum(start >= today for start in starts))


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


def _headline(found: Board, received: Sequence[Cell], sent: int, idle: int, said: Sequence[str]) -> str:
    """Return ``13 of 13 received; 12 sent; YHD late, 41 applicants affected, 6 leave the window tomorrow``."""
    parts = [f"{len(received)} of {len(_of(found, FileType.RMC))} received", f"{sent} sent"]
    if idle:
        parts.append(f"{idle} had nothing to send")
    return "; ".join([*parts, ", ".join(said) or _ALL_WELL])


def _standing(trouble: Sequence[Cell]) -> Iterable[str]:
    groups: dict[str, list[str]] = {}
    for cell in trouble:
        names = groups.setdefault(_STANDING[cell.state], [])
        if cell.deanery not in names:
            names.append(cell.deanery)
    return [f"{named(names)} {standing}" for standing, names in groups.items()]


def _in_short(affected: _Applicants) -> Iterable[str]:
    if affected.starters:
        yield f"{counted(affected.starters, 'applicant')} affected"
    if affected.unsent:
        yield f"{counted(affected.unsent, 'leaves', 'leave')} the window tomorrow"
    if affected.left:
        yield f"{affected.left:,} left the window unsent"


def _sentences(of_day: Board, before: Board, earlier: Sequence[Cell]) -> Iterable[str]:
    yield from _received(_of(of_day, FileType.RMC))
    yield from _went(_of(of_day, FileType.APP), "Applicants", "applicant")
    yield from _went(_of(of_day, FileType.DNC), "Notifications", "notification")
    yield from _answered(before, FileType.APC, "applicants")
    yield from _answered(before, FileType.DCC, "notifications")
    rejected = sum(cell.refused for cell in (*_of(before, FileType.APP), *_of(of_day, FileType.APP)))
    if rejected:
        days = f"{in_words(before.day)} and {in_words(of_day.day)}"
        yield f"ESR rejected {counted(rejected, 'applicant')} of the files of {days}."
    if number := len(earlier):
        yield f"{counted(number, 'file')} of earlier days still {plural(number, 'needs', 'need')} somebody."


def _received(cells: Sequence[Cell]) -> Iterable[str]:
    if not cells:
        return
    here = [cell for cell in cells if _is_here(cell)]
    last = max((cell.came_at for cell in here if cell.came_at is not None), default=None)
    at = f", the last at {last:%H:%M}" if last is not None else ""
    yield f"Files from ESR: {len(here)} of {len(cells)} received{at}{_rest(cells)}."
    refused = sum(cell.refused for cell in cells)
    if refused:
        yield f"{counted(refused, 'row')} of these files {plural(refused, 'was', 'were')} not used and {plural(refused, 'waits', 'wait')} for support."


def _went(cells: Sequence[Cell], title: str, what: str) -> Iterable[str]:
    if not cells:
        return
    went = [cell for cell in cells if cell.state in _SENT]
    rows = sum(cell.rows for cell in went)
    idle = sum(cell.state is CellState.COMPLETE for cell in cells)
    said = f"{counted(rows, what)} sent for {counted(len(went), 'office')}" if went else "none sent"
    nothing = f"; nothing to send for {counted(idle, 'office')}" if idle else ""
    writing = sum(map(_is_in_work, cells))
    now = f"; being written for {counted(writing, 'office')}" if writing else ""
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
            parts.append(f"{named([cell.deanery for cell in some])} {standing} (due {some[0].due_at:%H:%M})")
    for states, standing in (
        ((CellState.NOT_DUE, CellState.DUE), "not due yet"),
        ((CellState.AT_RISK,), "later than usual"),
        ((CellState.WAIVED,), "not expected (waived)"),
    ):
        if number := sum(cell.state in states for cell in cells):
            parts.append(f"{number} {standing}")
    return "".join(f"; {part}" for part in parts)


def _about(affected: _Applicants, day: date) -> Iterable[str]:
    if affected.leaving:
        said = counted(affected.leaving, "applicant leaves", "applicants leave")
        yield f"{said} the window tomorrow, and can't be sent after that."
    if affected.left:
        yield f"{counted(affected.left, 'applicant')} left the window by {in_words(day)} unsent."


def _known(of_day: Board) -> Iterable[str]:
    if of_day.day < of_day.now.date():
        yield f"This is what was known on {in_words(of_day.now.date())} at {of_day.now:%H:%M}."
