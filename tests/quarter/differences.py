"""Where ESR's view of a position is not what TIS says on a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import msgspec
from tests.quarter import esr_view
from tests.quarter.truth import Coming, Pair, Truth, truth

from tis_esr.simulation.esr.esr_state import Applicant, Holdings, Position
from tis_esr.simulation.tcs.dto_store import Store

NOW_AND_NEXT, MISSING, DATES, EXTRA = "now and next", "missing applicant", "other dates", "applicant too many"


@dataclass(frozen=True)
class Difference:
    """One difference on a day. ``coming`` is the trainee in TIS, ``held`` ESR's applicant, ``pairs`` ESR's pairs."""

    kind: str
    day: date
    position: Position
    truth: Truth
    person: str = ""
    coming: Coming | None = None
    held: Applicant | None = None
    pairs: tuple[Pair, ...] = ()

    @property
    def subject(self) -> tuple[int, str]:
        """Return position and person; no person where it is about who is now and next."""
        return self.position.id, self.person

    def __str__(self) -> str:
        where = f"{self.day} position {self.position.id} of {self.position.post} (post {self.truth.post})"
        if self.kind == NOW_AND_NEXT:
            return f"{where}, {self.kind}:\n    TIS {_shown(self.truth.pairs)}\n    ESR {_shown(self.pairs)}"
        tis = (
            f"placement {self.coming.placement}, {self.coming.start} to {self.coming.end}"
            if self.coming
            else "nothing"
        )
        esr = f"{self.held.start} to {self.held.end}" if self.held else "nothing"
        return f"{where}, {self.kind}, person {self.person}: TIS {tis}; ESR {esr}"


def differences(tis: Store, holdings: Holdings, today: date) -> Iterator[Difference]:
    """Yield the differences of every position that ESR has and TIS has a post for."""
    for position in holdings.positions.values():
        yield from of_position(
            msgspec.structs.replace(position), truth(tis, position, today), holdings, today
        )


def of_position(position: Position, found: Truth, holdings: Holdings, today: date) -> Iterator[Difference]:
    """Yield the differences of a position from what is true of it; none where TIS has no post for it."""
    if found.post is None:
        return
    pairs = esr_view.pairs(holdings, position.id, today)
    if pairs != found.pairs:
        yield Difference(NOW_AND_NEXT, today, position, found, pairs=pairs)
    held = {one.person: msgspec.structs.replace(one) for one in esr_view.applicants(holdings, position.id)}
    counting = {one.person: one for _, one, counts in found.everybody if counts and one.end >= today}
    for coming in found.coming:
        if coming.person not in held:
            yield Difference(MISSING, today, position, found, coming.person, coming)
    for person, one in held.items():
        if one.end is not None and one.end < today and person not in counting:
            continue
        if person not in counting:
            yield Difference(EXTRA, today, position, found, person, held=one)
        elif _other_dates(one, counting[person], today):
            yield Difference(DATES, today, position, found, person, counting[person], one)


def _other_dates(held: Applicant, counting: Coming, today: date) -> bool:
    """Return whether the end differs, or the start of one who is still to come: a past start is no longer corrected."""
    return held.end != counting.end or (counting.start > today and held.start != counting.start)


def _shown(pairs: tuple[Pair, ...]) -> str:
    return "; ".join(f"{now or '-'} -> {after or '-'}" for now, after in pairs) or "nobody"
