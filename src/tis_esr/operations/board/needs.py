"""What of a board needs somebody: cells of the same day, type and state together, the newest and gravest first."""

from collections.abc import Sequence
from datetime import date

import msgspec

from tis_esr.decisions.who import Who
from tis_esr.operations.board.cells import Cell, CellState, FileType
from tis_esr.operations.board.whole_board import Board


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Files of some offices that need the same. The numbers are sums; ``action`` is that of a single office, else "".

    For ``starters``, ``leaving_tomorrow`` and ``losing_promise`` see Consequence.
    """

    day: date
    type: FileType
    state: CellState
    deaneries: list[str]
    starters: int
    leaving_tomorrow: int
    losing_promise: int
    who: Who
    action: str


def needs(found: Board) -> list[Need]:
    """Return what needs somebody, of the board's day and before."""
    groups: dict[tuple[date, FileType, CellState], list[Cell]] = {}
    for cell in found.needs_somebody:
        groups.setdefault((cell.day, cell.type, cell.state), []).append(cell)
    listed = [_need(cells) for cells in groups.values()]
    return sorted(listed, key=lambda one: (-one.day.toordinal(), -one.leaving_tomorrow, -one.starters))


def _need(cells: Sequence[Cell]) -> Need:
    first = cells[0]
    return Need(
        day=first.day,
        type=first.type,
        state=first.state,
        deaneries=[cell.deanery for cell in cells],
        starters=sum(cell.consequence.starters for cell in cells),
        leaving_tomorrow=sum(cell.consequence.leaving_tomorrow for cell in cells),
        losing_promise=sum(cell.consequence.losing_promise for cell in cells),
        who=first.who_acts,
        action=first.action if len(cells) == 1 else "",
    )
