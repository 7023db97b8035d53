"""Writes a world to disk while it is generated, so that memory does not grow with the rows."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from tis_esr.records.file_names import FileName
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.inbound_files import InboundFile, Line
from tis_esr.simulation.days.invented_people import Dto

_FIRST_SEQUENCE = 4001
_ENTITIES = ("posts", "placements", "people", "absences")
_ONE_DAY = timedelta(days=1)


def file_name(chosen: tuple[str, ...], deanery: str, today: date) -> FileName:
    """Return the name of a deanery's file on the first day: a full one for most, changes for some."""
    place = chosen.index(deanery)
    return FileName(deanery, "RMC" if place % 3 == 1 else "RMF", today, _FIRST_SEQUENCE + 17 * place)


class FirstDay:
    """The open files of the first day.

    The last deanery's is cut off, the one before it has a wrong count, with CRLF. A single deanery's is cut off, with
    CRLF. Raises FileExistsError if ``out`` has been written to.
    """

    def __init__(self, out: Path, chosen: tuple[str, ...], today: date) -> None:
        inbound, data = out / "in", out / "tcs"
        inbound.mkdir(parents=True)
        data.mkdir(parents=True)
        self._odd = chosen[-2:]
        self._files = {
            deanery: InboundFile(inbound, file_name(chosen, deanery, today), crlf=deanery == self._odd[0])
            for deanery in chosen
        }
        self._data = {name: (data / f"{name}.jsonl").open("wb") for name in _ENTITIES}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._data.values():
            file.close()
        for inbound in self._files.values():
            inbound.abandon()

    def take(self, world: World) -> None:
        """Write what the world has collected, and remove it from the world."""
        for deanery, lines in world.lines.items():
            for line in lines:
                self._files[deanery].add(line)
        world.lines.clear()
        for name, file in self._data.items():
            entities: list[Dto] = getattr(world, name)
            file.write(json_lines(entities))
            entities.clear()

    def finish(self, last_line: Line) -> list[InboundFile]:
        """End every file, correctly or not; return them for their counts."""
        for deanery, file in self._files.items():
            if deanery == self._odd[-1]:
                file.close_cut(last_line)
            elif deanery == self._odd[0]:
                file.close_miscounted()
            else:
                file.close()
        return list(self._files.values())


def write_next_day(world: World, chosen: tuple[str, ...], folder: Path) -> list[InboundFile]:
    """Write the files of the next day, and a late one of the day before; return them."""
    folder.mkdir(parents=True)
    files = []
    for lines_of, days in ((world.next_day.older, -1), (world.next_day.lines, 1)):
        for deanery in sorted(lines_of, key=chosen.index):
            first = file_name(chosen, deanery, world.today)
            name = FileName(deanery, "RMC", first.date + days * _ONE_DAY, first.sequence + days)
            file = InboundFile(folder, name)
            for line in lines_of[deanery]:
                file.add(line)
            file.close()
            files.append(file)
    return files


def json_lines(entities: list[Any] | tuple[Any, ...]) -> bytes:
    """Return JSON values, one per line."""
    return b"".join(msgspec.json.encode(entity) + b"\n" for entity in entities)
