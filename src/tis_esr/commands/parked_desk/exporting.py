"""``tis-esr parked export``: the parked messages as CSV or JSON, without their bodies."""

import csv
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path

import msgspec

from tis_esr.commands.parked_desk.listing import chosen
from tis_esr.commands.terminal import print_json
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of
from tis_esr.operations.parked.listing import Choice, ParkedMessage
from tis_esr.settings import Settings

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(settings: Settings, choice: Choice, state: Path | None, *, as_json: bool) -> Exit:
    """Print the chosen messages, one a line; a cell that a spreadsheet would take for a formula is quoted."""
    with closing(reader_of(settings, state)) as reader:
        found = chosen(reader, choice)
    if as_json:
        print_json(found)
        return Exit.DONE
    names = ParkedMessage.__struct_fields__
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(names)
    for message in found:
        values = msgspec.to_builtins(message)
        lines.writerow([_cell(values[name]) for name in names])
    sys.stdout.write(text.getvalue())
    return Exit.DONE


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
