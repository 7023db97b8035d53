"""Today: the board of a day, what of it needs somebody, and the day in a line, for the offices that a person sees."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.board import board
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.day_shown import shown_as_of
from tis_esr.operations.board.needs import Need, needs
from tis_esr.operations.board.whole_board import Board
from tis_esr.operations.digest import Digest, digest
from tis_esr.records.file_names import DEANERIES


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """A day's board, and what of it needs somebody. ``digest`` is None for several offices that are not all of them."""

    board: Board
    needs: list[Need]
    digest: Digest | None


def today_of(
    reader: Reader, *, day: date | None, now: datetime, terms: Terms, deaneries: Sequence[str]
) -> Today:
    """Return a day of some offices, the last one if ``day`` is None. Raises UsageError for a day that can't be shown."""
    shown, as_of = shown_as_of(reader, day, now)
    is_one, is_all = len(deaneries) == 1, len(deaneries) == len(DEANERIES)
    deanery = deaneries[0] if is_one else None
    found = board(reader, day=shown, now=as_of, terms=terms, deanery=deanery)
    told = None
    if is_one or is_all:
        told = digest(reader, day=shown, now=as_of, terms=terms, deanery=deanery, known=found)
    else:
        found = _of(found, deaneries)
    return Today(board=found, needs=needs(found), digest=told)


def _of(found: Board, deaneries: Sequence[str]) -> Board:
    return msgspec.structs.replace(
        found,
        cells=[cell for cell in found.cells if cell.deanery in deaneries],
        earlier=[cell for cell in found.earlier if cell.deanery in deaneries],
    )
