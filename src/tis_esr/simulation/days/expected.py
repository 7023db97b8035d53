"""The expected outcome of each service, stated explicitly by the scenarios."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tis_esr.records.file_names import DEANERIES, FileName
from tis_esr.simulation.days.invented_people import Dto

ParkedAs = str
UNKNOWN_TYPE: ParkedAs = "unknown-record-type"
MISSING: ParkedAs = "missing-mandatory"
ORPHAN: ParkedAs = "orphan"


@dataclass
class Expected:
    """The contents of one ``expected.json``, but for the inbound files. ``deanery_of`` is by position id.

    ``notifications`` are those of type 1: for each position [who is now, who is next], by placement id;
    ``other_notifications`` are [type, who is now, whom it is about].
    """

    deanery_of: Mapping[int, str]
    positions: dict[str, Dto] = field(default_factory=dict)
    applicants: dict[str, str] = field(default_factory=dict)
    notifications: dict[str, list[list[int | None]]] = field(default_factory=dict)
    other_notifications: dict[str, list[list[Any]]] = field(default_factory=dict)
    esr_changed: list[list[Any]] = field(default_factory=list)
    esr_exported: list[list[int]] = field(default_factory=list)
    contact: dict[str, dict[str, str]] = field(default_factory=dict)
    personal: dict[str, dict[str, str]] = field(default_factory=dict)
    absences: dict[str, dict[str, Any]] = field(default_factory=dict)
    parked: Counter[ParkedAs] = field(default_factory=Counter)
    rows_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    def position(self, number: int, post: Dto | None, *, deleted: bool = False) -> None:
        """Expect a position of that post, or of no post in TIS."""
        self.positions[str(number)] = {
            "status": "MATCHED" if post else "UNMATCHED",
            "postId": post["id"] if post else None,
            "deleted": deleted,
        }

    def applicant(self, placement: Dto, position: int, state: str) -> None:
        """Expect an applicant record in a state; an exported one is in this day's file."""
        self.applicants[f"{placement['id']}:{position}"] = state
        if state == "EXPORTED":
            self.esr_exported.append([placement["id"], position])
            self.rows_out["APP", self.deanery_of[position]] += 1

    def incumbents(self, position: int, *pairs: tuple[Dto | None, Dto | None]) -> None:
        """Expect type 1 notifications of a position: who is now, who is next."""
        ids = [[now["id"] if now else None, then["id"] if then else None] for now, then in pairs]
        self.notifications.setdefault(str(position), []).extend(ids)
        self.rows_out["DNC", self.deanery_of[position]] += len(pairs)

    def notification(self, position: int, code: str, now: Dto | None, about: Dto | None) -> None:
        """Expect a notification of type 2, 4 or 5."""
        ids = [now["id"] if now else None, about["id"] if about else None]
        self.other_notifications.setdefault(str(position), []).append([code, *ids])
        self.rows_out["DNC", self.deanery_of[position]] += 1

    def as_json(self, day: date, run: int) -> Dto:
        """Return the content of ``expected.json``; ``run`` counts the export runs before this one."""
        return {
            "positions": self.positions,
            "applicants": self.applicants,
            "notifications": self.notifications,
            "otherNotifications": self.other_notifications,
            "esrChanged": sorted(self.esr_changed),
            "esrExported": sorted(self.esr_exported),
            "contact": self.contact,
            "personal": self.personal,
            "absences": self.absences,
            "parked": dict(sorted(self.parked.items())),
            "filesOut": self._files_out(day, run),
        }

    def _files_out(self, day: date, run: int) -> dict[str, int]:
        """Name the files that have rows: a run allocates 13 numbers of each type, one per deanery, used or not."""
        return {
            str(FileName(deanery, kind, day, run * len(DEANERIES) + place)): self.rows_out[kind, deanery]
            for kind in ("APP", "DNC")
            for place, deanery in enumerate(DEANERIES, 1)
            if self.rows_out[kind, deanery]
        }
