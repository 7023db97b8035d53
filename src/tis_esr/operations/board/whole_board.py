"""The board as a whole: the cells of a day, what earlier days still owe, and the history where it was asked for."""

from datetime import date, datetime

import msgspec

from tis_esr.operations.board.cells import NEEDS_SOMEBODY, Cell
from tis_esr.operations.board.history_lines import History


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The cells of a day, by office in the order of an export run and by type; what is not expected has no cell.

    ``earlier`` are the cells of the days before that still need somebody, oldest first. ``history`` is None unless it
    was asked for.
    """

    day: date
    now: datetime
    cells: list[Cell]
    earlier: list[Cell]
    history: History | None = None

    @property
    def needs_somebody(self) -> list[Cell]:
        """Return the cells, of the day and before, on which somebody must act."""
        return [cell for cell in (*self.earlier, *self.cells) if cell.state in NEEDS_SOMEBODY]
