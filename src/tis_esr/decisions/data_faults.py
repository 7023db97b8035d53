"""What is wrong with an applicant before it is sent: what would keep it out of a file, and what would be left blank."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from tis_esr.decisions.quarantine import applicant_misfit_reason


class FaultKind(StrEnum):
    """A kind of data fault; only BLANK lets the applicant be sent."""

    MISSING = "mandatory field missing"
    UNFIT = "ESR would reject it"
    TWO_PEOPLE = "TIS has the same person twice"
    DUPLICATE = "a second placement of the same person in the same position, with the same start"
    POSITION_DELETED = "ESR has deleted its position"
    POSITION_UNMATCHED = "no post in TIS has the number of its position"
    BLANK = "field left blank: not valid for ESR"


@dataclass(frozen=True)
class Fault:
    """One fault: its columns by name (never their values), and the id of the other placement of a duplicate."""

    kind: FaultKind
    columns: tuple[str, ...] = ()
    detail: str = ""
    other_placement: int | None = None

    @property
    def is_blocking(self) -> bool:
        """Return whether the applicant is not sent as long as the fault lasts."""
        return self.kind is not FaultKind.BLANK


class Applicant(Protocol):
    """The fields of an applicant record that matter here."""

    @property
    def placement_id(self) -> int:
        """Return TIS's id of the placement."""
        ...

    @property
    def person_id(self) -> int:
        """Return TIS's id of the person."""
        ...

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the columns by name."""
        ...

    @property
    def missing(self) -> list[str]:
        """Return the mandatory columns without a value."""
        ...

    @property
    def unmapped(self) -> list[str]:
        """Return the columns left blank because TIS's value is not valid for ESR."""
        ...


def data_faults(record: Applicant, earlier: Iterable[Applicant]) -> list[Fault]:
    """Return the faults of a record that waits; the gravest first.

    ``earlier`` are the same applicant for ESR (see ``applicant_for_esr``) and were sent, or go, before it.
    """
    faults = []
    if record.missing:
        faults.append(Fault(FaultKind.MISSING, tuple(record.missing)))
    elif reason := applicant_misfit_reason(record.fields):
        faults.append(Fault(FaultKind.UNFIT, detail=reason))
    if other := next(iter(earlier), None):
        is_same = other.person_id == record.person_id
        kind = FaultKind.DUPLICATE if is_same else FaultKind.TWO_PEOPLE
        faults.append(Fault(kind, other_placement=other.placement_id))
    if blank := tuple(name for name in record.unmapped if name not in record.missing):
        faults.append(Fault(FaultKind.BLANK, blank))
    return faults
