"""People of TIS and what ESR says of them, for the tests of how they are brought together. All invented."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tests.services.bench import Bench, message
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.services.contracts.bodies import Assignment, AssignmentRow
from tis_esr.simulation.days.generated_world import World

QUEUE = "esr.queue.asg.split"
CHANGED = "esr.queue.person.changed"
PERSON, OTHER = 200_001, 200_002


def people_world() -> World:
    """Two people, each placed in a post of their own."""
    world = World(TODAY, Random(1))
    for _ in range(2):
        world.placement(world.post("EOE"), world.person(), -10, 200)
    return world


def file_of(day: int, sequence: int | None = None, deanery: str = "EOE") -> str:
    """Return the name of a file; ``day`` counts from TODAY."""
    number = 100 + day if sequence is None else sequence
    return f"DE_{deanery}_RMC_{TODAY + timedelta(days=day):%Y%m%d}_{number:08d}.DAT"


@dataclass
class Group:
    """An assignment of a file: PER, ADD and ABS rows by their values, the ASG in row ``row``.

    ``head`` are the rows that an earlier message has brought.
    """

    file: str
    rows: list[AssignmentRow]
    head: list[AssignmentRow] = field(default_factory=list)

    @property
    def told(self) -> Message:
        first, last = self.rows[0].row, self.rows[-1].row
        return message(
            QUEUE,
            (self.file, first),
            Assignment(rows=self.rows, head=self.head),
            self.file,
            first,
            last_row=last,
        )

    @property
    def pending(self) -> list[Row]:
        return [Row(file=self.file, row=row.row, type=row.type, state=RowState.PENDING) for row in self.rows]


def group(
    world: World, day: int, *rows: tuple[str, dict[str, Any]], person: int = PERSON, row: int = 2
) -> Group:
    """Return what a file of a day says of a person: these rows, after ASG and PBD."""
    known = next(known for known in world.people if known["id"] == person)
    npn = next(p["nationalPostNumber"] for p in world.placements if p["traineeId"] == person)
    head = {"deaneryNumber": npn, "hostLeadIndicator": "Lead Employer", "changeDeleteIndicator": "C"}
    body = {"body": "General Medical Council", "regNumber": known["gmcDetails"]["gmcNumber"]}
    values = [("ASG", head), ("PBD", body), *rows]
    return Group(
        file_of(day),
        [AssignmentRow(row=row + n, type=type_, values=v) for n, (type_, v) in enumerate(values)],
    )


def per(**values: Any) -> tuple[str, dict[str, Any]]:
    return "PER", values


def add(**values: Any) -> tuple[str, dict[str, Any]]:
    return "ADD", {"primaryFlag": "Y", **values}


def absence(
    number: str, start: int, end: int | None = None, days: int | None = None
) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"absenceID": number, "absenceStart": day(start)}
    if end is not None:
        values["absenceEnd"] = day(end)
    if days is not None:
        values["absenceDuration"] = days
    return "ABS", values


def day(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


async def deliver(bench: Bench, *parts: list[Group]) -> None:
    """Account for the rows of groups as the InboundDataReader does, then handle them batch by batch."""
    for part in parts:
        await bench.account(*(row for one in part for row in one.pending))
    await bench.deliver(*([one.told for one in part] for part in parts))


def in_tis(bench: Bench, *fields: str, person: int = PERSON) -> tuple[Any, ...]:
    """Return fields of a person's contact or personal details."""
    known = bench.tcs.store.people[person]
    both = {**known["personalDetails"], **known["contactDetails"]}
    return tuple(both[field] for field in fields)


def absences(bench: Bench) -> dict[str, tuple[str, str | None, int | None]]:
    """Return the absences that TIS has; fails where one is there twice."""
    stored = list(bench.tcs.store.absences.values())
    found = {
        a["absenceAttendanceId"]: (a["startDate"], a.get("endDate"), a.get("durationInDays")) for a in stored
    }
    assert len(found) == len(stored)
    return found
