"""Two days of files: generated ones, and for the day after, files that reverse or change what the first said."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from random import Random

from tis_esr.records.file_names import FileName
from tis_esr.records.row_reading import Record, read_records
from tis_esr.records.row_writing import format_row
from tis_esr.records.values import Value
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.days.inbound_files import InboundFile, Line

_ONE_DAY = timedelta(days=1)
_OF_A_PERSON = ("ASG", "PER", "ADD", "PBD", "ABS")
Stamp = tuple[date, int, int]


@dataclass
class TwoDays:
    """The files of both days, dated yesterday and ``today``, TIS's data, and which row is about what.

    ``subjects`` has for each row what it is about and which of the file's rows of that kind about that it is.
    """

    today: date
    files: dict[str, bytes]
    tcs: Path
    subjects: dict[tuple[str, int], tuple[object, int]] = field(default_factory=dict)

    def stamp(self, file: str, row: int) -> Stamp:
        """Return how new a row is among those about the same."""
        name = FileName.parse(file)
        return name.date, name.sequence, self.subjects[file, row][1]


def two_days(folder: Path, seed: int, today: date, posts: int = 50) -> TwoDays:
    """Generate them: on the second day positions are deleted, moved or sent again, and people changed."""
    synthesize(deaneries=2, posts=posts, seed=seed, out=folder, as_of=today - _ONE_DAY)
    random = Random(f"{seed} second day")
    paths = sorted((folder / "in").iterdir())
    for path in paths:
        _reverse(path, folder / "next" / "in", random)
    found = [*paths, *(folder / "next" / "in").iterdir()]
    days = TwoDays(today, {path.name: path.read_bytes() for path in found}, folder / "tcs")
    for name, content in days.files.items():
        days.subjects |= {(name, row): about for row, about in _subjects(content)}
    return days


def _subjects(content: bytes) -> Iterator[tuple[int, tuple[object, int]]]:
    """Tell what each row is about: a position, or with its group a person."""
    seen: dict[object, int] = {}
    group: tuple[object, int] | None = None
    for record in read_records(BytesIO(content)):
        if record.type in ("POR", "POS"):
            position = record.values.get("positionID")
            seen[record.type, position] = seen.get((record.type, position), 0) + 1
            yield record.row, (f"position {position}", seen[record.type, position])
        elif record.type == "ASG":
            group = (f"person {record.values.get('personId')}", record.row)
        if record.type in _OF_A_PERSON and group is not None:
            yield record.row, group


def _reverse(first: Path, folder: Path, random: Random) -> None:
    """Write the file that a deanery sends on the day after, about what it sent on the first."""
    name = FileName.parse(first.name)
    second = FileName(name.deanery, "RMC", name.date + _ONE_DAY, name.sequence + 2)
    records = [r for r in read_records(BytesIO(first.read_bytes())) if not r.problems and not r.surplus]
    file = InboundFile(folder, second)
    for values in _positions(records, random):
        file.add(Line(format_row("POR", values).encode(), ""))
    for record_type, values in _people(records, random):
        file.add(Line(format_row(record_type, values).encode(), ""))
    file.close()


def _positions(records: list[Record], random: Random) -> Iterator[dict[str, Value]]:
    """Delete half of the positions, move some to the post of another, send some again, leave some out."""
    rows = [r.values for r in records if r.type == "POR" and r.values["deaneryNumber"]]
    for values in rows:
        how = random.choice(("delete", "delete", "delete", "move", "again", "nothing"))
        if how == "delete":
            yield {**values, "changeDeleteIndicator": "D"}
        elif how == "move":
            yield {**values, "deaneryNumber": random.choice(rows)["deaneryNumber"]}
        elif how == "again":
            yield values


def _people(records: list[Record], random: Random) -> Iterator[tuple[str, dict[str, Value]]]:
    """Send half of the people again, with another telephone number, or absences that begin a day earlier."""
    sends = False
    for record in records:
        values = dict(record.values)
        if record.type == "ASG":
            sends = random.random() < 0.5
        if record.type not in _OF_A_PERSON or not sends:
            continue
        if record.type == "PER":
            values["homeTel"] = f"01632 9601{random.randrange(100):02d}"
        start = values.get("absenceStart")
        if record.type == "ABS" and isinstance(start, date):
            values["absenceStart"] = start - _ONE_DAY
        yield record.type, values
