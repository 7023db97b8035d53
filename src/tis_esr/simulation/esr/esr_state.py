"""ESR's data: its own positions, the applicants and notifications that it loaded, and the files it received."""

from datetime import date
from pathlib import Path

import msgspec


class Position(msgspec.Struct, kw_only=True):
    """One position of a trust. ``touched`` is the last day on which the trust changed it."""

    id: int
    number: int | None
    post: str
    deanery: str
    title: str = ""
    host_lead: str = ""
    ods: str = ""
    vpd: str = ""
    organisation: str = ""
    location: str = ""
    occupation: str = ""
    deleted: bool = False
    touched: date = date.min


class Applicant(msgspec.Struct, kw_only=True):
    """One applicant for a position.

    ``person`` identifies people for ESR: registration, else name and birth date. ``post`` is the position's post number
    of then.
    """

    number: str
    assignment: int
    person: str
    position: int
    post: str
    start: date | None
    end: date | None
    withdrawn: bool = False
    told_in: str = ""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person, as the last applicant record that was loaded had them."""

    last_name: str
    first_name: str
    born: date | None


class Incumbents(msgspec.Struct, kw_only=True):
    """A position according to the last DNC: the registrations of the current and next trainees, in pairs.

    ``rows`` are the columns of the same notifications, by name.
    """

    file: str
    pairs: list[tuple[str, str]]
    rows: list[dict[str, str]] = []


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """ESR's outcome of one row. ``row`` counts data rows from 1; ``kind`` is ERROR, WARNING or INFO."""

    row: int
    accepted: bool
    kind: str
    text: str
    post: str = ""
    position: int | None = None
    position_number: int | None = None
    type_code: str = ""
    applicant: str = ""
    assignment: int | None = None


class Received(msgspec.Struct, kw_only=True):
    """One file that ESR received. ``quarantined`` says why none of it was loaded; such a file is never answered."""

    digest: str
    on: date
    quarantined: list[str] = []
    outcomes: list[Outcome] = []


class Holdings(msgspec.Struct, kw_only=True):
    """All of ESR's data, applicants by position; it can be written to a file and read again."""

    positions: dict[int, Position] = {}
    people: dict[str, Person] = {}
    applicants: dict[int, list[Applicant]] = {}
    incumbents: dict[int, Incumbents] = {}
    files: dict[str, Received] = {}
    acknowledged: dict[str, int] = {}
    sequences: dict[str, int] = {}
    next_assignment: int = 30_000_001

    def held_for(self, person: str, position: int) -> list[Applicant]:
        """Return the applicants of a person for a position who were not withdrawn."""
        return [a for a in self.applicants.get(position, ()) if a.person == person and not a.withdrawn]

    def save(self, path: Path) -> None:
        """Write everything to a file."""
        path.write_bytes(msgspec.json.encode(self))


def load(path: Path) -> Holdings:
    """Return what was saved; nothing heldwhere the file does not exist."""
    return msgspec.json.decode(path.read_bytes(), type=Holdings) if path.exists() else Holdings()
