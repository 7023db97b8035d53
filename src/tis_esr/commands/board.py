"""``tis-esr board``: prints the expected files of a day, what needs somebody, or 30 days of them."""

from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec

from tis_esr import wall_clock
from tis_esr.commands.printing_board import show_board, show_history, show_office
from tis_esr.commands.terminal import print_json
from tis_esr.errors import Exit
from tis_esr.operations.board.board import board as board_of
from tis_esr.operations.board.built_in import terms_of
from tis_esr.operations.board.day_shown import instead_of_today, shown_as_of
from tis_esr.operations.board.history import history as history_of
from tis_esr.operations.composition import reader_of
from tis_esr.settings import Settings


def board(
    settings: Settings,
    day: date | None,
    deanery: str | None,
    state: Path | None,
    *,
    history: bool,
    as_json: bool,
) -> Exit:
    """Print the board of a day, today's by default; DONE_WITH_PARKED if somebody must act."""
    terms = terms_of(settings)
    with closing(reader_of(settings, state)) as reader:
        clock = wall_clock.now()
        shown, now = shown_as_of(reader, day, clock)
        found = board_of(reader, day=shown, now=now, terms=terms, deanery=deanery)
        if history:
            found = msgspec.structs.replace(
                found, history=history_of(reader, day=shown, now=now, terms=terms, deanery=deanery)
            )
    if as_json:
        print_json(found)
    elif found.history is not None:
        show_history(found.history, instead_of_today(day, shown, clock))
    elif deanery is not None:
        show_office(found, deanery, instead_of_today(day, shown, clock))
    else:
        show_board(found, instead_of_today(day, shown, clock))
    return Exit.DONE_WITH_PARKED if found.needs_somebody else Exit.DONE
