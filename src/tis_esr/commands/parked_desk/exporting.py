"""``tis-esr parked export``: the parked messages as CSV or JSON, without their bodies."""

import sys
from contextlib import closing
from pathlib import Path

import msgspec

from tis_esr.commands.parked_desk.listing import chosen
from tis_esr.commands.terminal import print_json
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of
from tis_esr.operations.csv_values import csv_text
from tis_esr.operations.parked.listing import Choice, ParkedMessage
from tis_esr.settings import Settings


def export(settings: Settings, choice: Choice, state: Path | None, *, as_json: bool) -> Exit:
    """Print the chosen messages, one a line; a cell that a spreadsheet would take for a formula is quoted."""
    with closing(reader_of(settings, state)) as reader:
        found = chosen(reader, choice)
    if as_json:
        print_json(found)
        return Exit.DONE
    names = ParkedMessage.__struct_fields__
    rows = ([values[name] for name in names] for values in map(msgspec.to_builtins, found))
    sys.stdout.write(csv_text(names, rows))
    return Exit.DONE
