"""What must hold once all is quiet. Each violation is a sentence with the ids to look for in the trace."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.simulation.outcome import Outcome
from tests.simulation.world import Scenario

from tis_esr.engine.row_accounting import RowState

FREE_STATES = frozenset({RowState.APPLIED, RowState.SUPERSEDED, RowState.UNMATCHED})


@dataclass(frozen=True)
class Violation:
    """One broken promise: its kind, for counting, and the sentence."""

    kind: str
    sentence: str


@dataclass(frozen=True)
class Ends:
    """The ends of both runs. ``early``: something was exported before all was known."""

    scenario: Scenario
    ordered: Outcome
    disturbed: Outcome
    early: bool


Check = Callable[[Ends], Iterator[str]]


def violations(ends: Ends) -> list[Violation]:
    """Return every broken promise."""
    from tests.simulation.invariants_esr import ESR_CHECKS
    from tests.simulation.invariants_tcs import TCS_CHECKS

    if ends.disturbed.stuck:
        return [Violation("stuck", ends.disturbed.stuck)]
    checks = {**CHECKS, **TCS_CHECKS, **ESR_CHECKS}
    return [Violation(kind, sentence) for kind, check in checks.items() for sentence in check(ends)]


def model_violations(scenario: Scenario, ordered: Outcome) -> list[Violation]:
    """Return where even the ordered run ends otherwise than the facts say, by hand: positions, and what never may be."""
    from tests.simulation.invariants_esr import impossible

    found = []
    for position_id, claim in scenario.positions.items():
        position = ordered.positions.get(position_id)
        if position is None:
            found.append(f"position {position_id} isn't known at the end of the ordered run")
            continue
        is_so = (position.deleted, position.deanery, position.deanery_number, position.position_number)
        said = (claim.deleted, claim.deanery, claim.npn, claim.number)
        if claim.deleted and is_so[0]:
            continue
        if is_so != said:
            found.append(
                f"position {position_id} is {is_so} at the end of the ordered run; ESR's files say {said}"
            )
    found += impossible(ordered)
    return [Violation("ordered run against the facts", sentence) for sentence in found]


def differences(what: str, expected: dict[str, object], found: dict[str, object]) -> Iterator[str]:
    """Say of each key that one side lacks, or has otherwise, what both have."""
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            yield f"{what} {key} is missing; the ordered run ends with {expected[key]}"
        elif key not in expected:
            yield f"{what} {key} is there as {found[key]}; the ordered run has none"
        elif expected[key] != found[key]:
            yield f"{what} {key}: {_what_differs(expected[key], found[key])}"


def _what_differs(expected: object, found: object, where: str = "") -> str:
    """Say which parts differ: what is there, and what the ordered run ends with."""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found) == 1:
        return _what_differs(expected[0], found[0], where)
    if not isinstance(expected, dict) or not isinstance(found, dict):
        return f"{where} is {found!s}, in the ordered run {expected!s}".strip()
    names = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
    return ", ".join(_what_differs(expected.get(name), found.get(name), str(name)) for name in sorted(names))


def _processes(ends: Ends) -> Iterator[str]:
    yield from ends.disturbed.ended


def _rows_add_up(ends: Ends) -> Iterator[str]:
    counted = Counter(file for file, _ in ends.disturbed.rows)
    for name, content in {**ends.scenario.files, **ends.disturbed.inbound}.items():
        lines = len(content.splitlines())
        entry = ends.disturbed.ledger.get(name)
        if entry is None:
            yield f"file {name} isn't in the ledger"
        elif not lines == counted[name] == entry.rows == sum(entry.counts.values()):
            yield f"file {name} has {lines} rows, of which {counted[name]} are accounted for, and the ledger says {entry.rows}"
    for (file, row), found in sorted(ends.disturbed.rows.items()):
        if found.state is RowState.PENDING:
            yield f"row {row} of {file} ({found.type}) is still pending"


def _row_states(ends: Ends) -> Iterator[str]:
    for place, expected in sorted(ends.ordered.rows.items()):
        found = ends.disturbed.rows.get(place)
        if found is None or found.state is RowState.PENDING or found.state is expected.state:
            continue
        if place[0] not in ends.scenario.files:
            continue  # ESR's answers: each run has its own
        free = {found.state, expected.state} <= FREE_STATES
        if not (free and place in superseded_places(ends.scenario)):
            yield (
                f"row {place[1]} of {place[0]} ({found.type}) is {found.state.value} ({found.reason});"
                f" the ordered run ends with {expected.state.value} ({expected.reason})"
            )


def _row_types(ends: Ends) -> Iterator[str]:
    for place, expected in sorted(ends.ordered.rows.items()):
        found = ends.disturbed.rows.get(place) if place[0] in ends.scenario.files else None
        if found is not None and found.type != expected.type:
            yield f"row {place[1]} of {place[0]} is of type {found.type!r}; the ordered run says {expected.type!r}"


def superseded_places(scenario: Scenario) -> set[tuple[str, int]]:
    """Return the rows of which a newer one about the same position or person exists."""
    newest: dict[object, tuple[object, ...]] = {}
    for place, (subject, _) in scenario.subjects.items():
        stamp = scenario.stamp(*place)
        newest[subject] = max(newest.get(subject, stamp), stamp)
    return {
        place
        for place, (subject, _) in scenario.subjects.items()
        if scenario.stamp(*place) != newest[subject]
    }


def _parked(ends: Ends) -> Iterator[str]:
    for (queue, cause, reason), number in sorted((ends.disturbed.parked - ends.ordered.parked).items()):
        times = f" ({number} times)" if number > 1 else ""
        yield f"message of {cause} on {queue} is parked{times}: {reason}"
    for (queue, cause, reason), _ in sorted((ends.ordered.parked - ends.disturbed.parked).items()):
        yield f"message of {cause} on {queue} is not parked, as in the ordered run: {reason}"


def _positions(ends: Ends) -> Iterator[str]:
    names = ("status", "post_id", "deleted", "deanery", "deanery_number", "position_number")

    def view(end: Outcome) -> dict[str, object]:
        return {str(key): {n: getattr(p, n) for n in names} for key, p in end.positions.items()}

    yield from differences("position", view(ends.ordered), view(ends.disturbed))


CHECKS: dict[str, Check] = {
    "process ended": _processes,
    "rows don't add up": _rows_add_up,
    "row state": _row_states,
    "row type": _row_types,
    "parked": _parked,
    "position": _positions,
}
