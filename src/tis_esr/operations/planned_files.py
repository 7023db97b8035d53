"""What a dry run says about files: those of the day that were sent already, and those that would be sent."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.work import Work
from tis_esr.services.data_exporter.export_run import ROWS_A_CHUNK, Export
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, RUNS, OutboundFile


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the day: with what would be sent in it, or was already."""

    name: str
    deanery: str
    rows: int
    held_back: int


def planned(files: Iterable[OutboundFile]) -> list[PlannedFile]:
    """Return the files that have rows."""
    return [
        PlannedFile(name=file.name, deanery=file.deanery, rows=file.rows, held_back=file.held_back)
        for file in files
        if file.rows
    ]


async def files_of_day(
    begin: Callable[[], Work], kinds: Sequence[str], day: date, deaneries: Iterable[str]
) -> list[OutboundFile]:
    """Return the outbound files of a day that have a number, of these types and deaneries."""
    runs = (await begin().get(RUNS, [f"{kind}:{day}" for kind in kinds])).values()
    files = (await begin().get(OUTBOUND_FILES, [name for run in runs for name in run.files])).values()
    wanted = set(deaneries)
    return [file for file in files if file.deanery in wanted]


async def records_of(begin: Callable[[], Work], export: Export, file: OutboundFile) -> list[str]:
    """Return the keys of a file's records in the order of its rows."""
    keys: list[str] = []
    for first in range(1, file.rows + 1, ROWS_A_CHUNK):
        rows = Between(first, first + ROWS_A_CHUNK)
        where = {"file": file.name, "file_row": rows}
        found = await begin().find(export.collection, where, order_by=("file_row",))
        keys += [export.collection.key(record) for record in found]
    return keys
