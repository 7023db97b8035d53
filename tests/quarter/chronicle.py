"""What happened in a quarter, as far as it can explain a difference: runs, what we were told of ESR, rows that ESR did not take."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
from tests.quarter.truth import Truth, truth

from tis_esr.simulation.esr.esr_state import Holdings, Position
from tis_esr.simulation.esr.frames import open_file, parse_name
from tis_esr.simulation.esr.loading import rows_of
from tis_esr.simulation.tcs.dto_store import Store

Subject = tuple[int, str]
NOT_LOADED, QUARANTINED, REJECTED = "not loaded yet", "quarantined", "rejected"


@dataclass(frozen=True)
class Sending:
    """The last row about a subject that was sent: its file, and what ESR did with it."""

    day: date
    file: str
    refused: str


@dataclass
class Chronicle:
    """``told`` are ESR's positions as in the files that a run has taken; ``at_run`` what was true then.

    ``sent`` has the last row about each subject, ``applied`` the last applicant record. ``seen`` has the present differences, by kind and subject, with the day since which each has been there.
    """

    holdings: Holdings
    ran: list[date] = field(default_factory=list)
    told: dict[int, Position] = field(default_factory=dict)
    at_run: dict[int, Truth] = field(default_factory=dict)
    due: dict[Subject, date] = field(default_factory=dict)
    sent: dict[Subject, Sending] = field(default_factory=dict)
    applied: dict[Subject, Sending] = field(default_factory=dict)
    stories: list[str] = field(default_factory=list)
    seen: dict[tuple[str, Subject], date] = field(default_factory=dict)
    _stamps: dict[int, tuple[date, str]] = field(default_factory=dict)

    def take_positions(self, files: Iterable[tuple[str, dict[int, Position]]]) -> None:
        """Note what files say of positions; an older file changes nothing."""
        for name, positions in files:
            day, sequence = name.split("_")[3], name.split("_")[4]
            stamp = (date.fromisoformat(day), sequence)
            for id_, position in positions.items():
                if stamp >= self._stamps.get(id_, (date.min, "")):
                    self._stamps[id_], self.told[id_] = stamp, position

    def note_run(self, day: date, tis: Store) -> None:
        """Note a run that came to its end, and what was true then of the positions that we were told of."""
        self.ran.append(day)
        self.at_run = {id_: truth(tis, position, day) for id_, position in self.told.items()}
        for id_, known in self.at_run.items():
            for one in known.coming:
                if not one.fault and (one.start - day).days >= 2:
                    self.due.setdefault((id_, f"{one.placement} {one.person}"), day)

    def note_file(self, name: str, content: bytes, day: date) -> None:
        """Note what ESR did with each row of a file of ours, or that it has not loaded it yet."""
        said = parse_name(name)
        assert said is not None
        for row in rows_of(said, open_file(name, content).rows):
            refused = self._refused(name, row.number)
            for person in _about(said.type, row.values):
                subject = (int(row.values["positionId"]), person)
                known = self.sent.get(subject)
                if known is None or known.file != name or refused:
                    self.sent[subject] = Sending(day, name, refused)
                if said.type == "APP":
                    self.applied[subject] = self.sent[subject]

    def _refused(self, name: str, row: int) -> str:
        received = self.holdings.files.get(name)
        if received is None:
            return NOT_LOADED
        if received.quarantined:
            return QUARANTINED
        outcome = received.outcomes[row - 1]
        return "" if outcome.accepted else f"{REJECTED}: {outcome.text}"

    def note_differences(self, day: date, found: Iterable[tuple[str, Subject]]) -> None:
        """Note the differences of a day; one that was there the day before keeps its first day."""
        self.seen = {key: self.seen.get(key, day) for key in found}

    def sending(self, subject: Subject) -> Sending | None:
        """Return the last row about a subject; a notification names a person without registration by name alone."""
        position, person = subject
        named = self.sent.get((position, person.rpartition("|")[0])) if "|" in person else None
        found = self.sent.get(subject)
        return named if found is None or (named is not None and named.day >= found.day) else found

    def runs_since(self, day: date) -> int:
        """Return the runs that came to their end after a day."""
        return sum(ran > day for ran in self.ran)


def copy(positions: Iterable[Position]) -> dict[int, Position]:
    """Return positions as they are now."""
    return {one.id: msgspec.structs.replace(one) for one in positions}


def _about(file_type: str, values: Any) -> list[str]:
    """Return whom a row is about, as ESR knows them; "" for who is now and next."""
    if file_type == "APP":
        named = f"{values['lastName']}|{values['firstName']}|{values['dob']}".casefold()
        return [values["regNumber1"] or values["regNumber2"] or named]
    if values["notificationTitleCode"] in ("2", "4"):
        who = "next" if values["changedHireDate"] else "current"
        who = "withdrawn" if values["notificationTitleCode"] == "2" else who
        named = f"{values[f'{who}LastName']}|{values[f'{who}FirstName']}".casefold()
        return [values[f"{who}Gmc"] or named]
    return [""] if values["notificationTitleCode"] == "1" else []
