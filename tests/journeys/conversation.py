"""Days of conversation between the program, on either engine, and the simulated ESR; TCS over real HTTP. All invented.

Each morning ESR's answers and changed positions come in, TIS may have changed, the day is run, and in the evening
ESR takes what was written.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.journeys.program import Program, Said, program
from tests.journeys.small_world import TODAY, Small, small_world

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.composition import reader_of
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    ApplicantRecord,
    NotificationRecord,
)
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.esr.behaviour import Behaviour
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.esr_state import Holdings, Outcome, Position

Build = Callable[[World], None]


@dataclass
class Conversation:
    """The program, TIS's world and ESR; ``spoilt`` are files of ours that reach ESR cut short."""

    program: Program
    small: Small
    esr: Esr
    said: list[Said] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)

    def morning(self, number: int) -> None:
        """Bring in what ESR sends on a day: full files on the first, then answers and changed positions."""
        day = _day(number)
        if number == 0:
            deaneries = sorted({position.deanery for position in self.esr.holdings.positions.values()})
            files = dict(self.esr.full(deanery, day) for deanery in deaneries)
        else:
            files = {**self.esr.changes(day), **self.esr.answers(day)}
        folder = self.small.folder / "in"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)

    def run(self, number: int) -> Said:
        """Run the day's work."""
        folder = self.small.folder
        self.said.append(
            self.program(
                "day", "--in", folder / "in", "--out", folder / "out", "--tcs", self.small.tcs.url,
                "--as-of", _day(number),
            )
        )  # fmt: skip
        return self.said[-1]

    def evening(self, number: int) -> None:
        """Let ESR take the files of the day."""
        for path in sorted((self.small.folder / "out").glob(f"*_{_day(number):%Y%m%d}_*.DAT")):
            content = path.read_bytes()
            self.esr.take(path.name, content[:-8] if path.name in self.spoilt else content, _day(number))

    def day(self, number: int) -> Said:
        """Live a whole day."""
        self.morning(number)
        said = self.run(number)
        self.evening(number)
        return said

    @property
    def applicants(self) -> dict[str, ApplicantRecord]:
        """Return our applicant records by key."""
        return {record.key: record for record in self._found(APPLICANTS)}

    @property
    def notifications(self) -> dict[str, NotificationRecord]:
        """Return our notifications by key."""
        return {record.key: record for record in self._found(NOTIFICATIONS)}

    def outcome(self, record: ApplicantRecord | NotificationRecord) -> Outcome | None:
        """Return what ESR made of a record's row; None where it has not loaded the file."""
        received = self.esr.holdings.files.get(record.file or "")
        if received is None or not received.outcomes or record.file_row is None:
            return None
        return received.outcomes[record.file_row - 1]

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Open what the program holds."""
        with closing(reader_of(self.program.read_settings())) as reader:
            yield reader

    def _found(self, collection: Any) -> list[Any]:
        with self.reader() as reader:
            return list(reader.find(collection, {}))


def position(number: int, post: str, *, deanery: str = "EOE", host: bool = False) -> Position:
    """Return a position of ESR."""
    return Position(
        id=number, number=1000 + number, post=post, deanery=deanery, title="Registrar", vpd="96", ods="RX1",
        host_lead="Host Employer" if host else "Lead Employer", organisation="An Invented Trust",
        location="An Invented Hospital", occupation="800",
    )  # fmt: skip


@contextmanager
def conversation(
    engine: str,
    folder: Path,
    build: Build,
    positions: list[Position],
    behaviour: Behaviour | None = None,
    called: Program | None = None,
) -> Iterator[Conversation]:
    """Open a conversation on an engine, or with the program as it is ``called``."""
    holdings = Holdings(positions={one.id: one for one in positions}, sequences={"EOE": 100})
    with small_world(folder, build) as small:
        yield Conversation(called or program(engine, folder), small, Esr(holdings, behaviour=behaviour))


def _day(number: int) -> date:
    return TODAY + timedelta(days=number)
