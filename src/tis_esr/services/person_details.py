"""Which details of an assignment's rows are news: each detail of a person is superseded by itself.

Part of the InboundDataWriter. An older assignment that comes late still brings the details that only it has.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tis_esr.decisions.person_updates import (
    ABSENCE_FIELDS,
    ADD_FIELDS,
    PER_FIELDS,
    Goes,
    given,
    is_primary,
)
from tis_esr.decisions.versions import Stamp, is_superseded
from tis_esr.services.person_journal import Case, Plan, TisPerson

Source = tuple[int, dict[str, Any], tuple[Goes, ...]]


def detail_sources(case: Case) -> list[Source]:
    """Return the rows that bring contact and personal details: number, values, and where they go."""
    sources: list[Source] = [(row, values, PER_FIELDS) for row, values in case.values("PER")]
    sources += [(row, values, ADD_FIELDS) for row, values in case.values("ADD") if is_primary(values)]
    return sorted(sources, key=lambda source: source[0])


def sort_out(case: Case, known: TisPerson) -> None:
    """Note for each row of a case which details it brings as news, and which rows bring none any more."""
    case.known = known
    case.brought = _brought(case)
    last = {detail: row for row, details in sorted(case.brought.items()) for detail in details}
    for row, details in case.brought.items():
        case.given[row] = [
            detail
            for detail in details
            if last[detail] == row and not is_superseded(case.stamp(row), known.stamps.get(detail))
        ]
    case.superseded = {row for row, details in case.brought.items() if details and not case.given[row]}


def _brought(case: Case) -> dict[int, list[str]]:
    """Return the details that each row brings a value for, by section and field."""
    brought: dict[int, list[str]] = {row.row: [] for row in case.rows}
    for row, values, fields in detail_sources(case):
        brought[row] += [f"{mapping.section}.{mapping.field}" for mapping in given(values, fields)]
    for row, values in case.values("ABS"):
        if values.get("changeDeleteIndicator") != "D":
            section = f"absence {values['absenceID']}"
            brought[row] += [
                f"{section}.{name}" for column, name in ABSENCE_FIELDS.items() if values.get(column)
            ]
    return brought


def news_of(case: Case, row: int, fields: Sequence[Goes]) -> list[Goes]:
    """Return those of the fields that a row brings as news, or brings without a value that TIS can hold."""
    old = {f"{m.section}.{m.field}" for m in fields} & _old_of(case, row)
    return [mapping for mapping in fields if f"{mapping.section}.{mapping.field}" not in old]


def _old_of(case: Case, row: int) -> set[str]:
    return set(case.brought[row]) - set(case.given[row])


def stamped(case: Case, known: TisPerson, plans: Iterable[Plan]) -> dict[str, Stamp]:
    """Return the person's stamps with those of the case: of what TIS has now, as it was or by a call that was made."""
    missed = {detail for plan in plans if not plan.done for detail in plan.details}
    fresh = {
        detail: case.stamp(row)
        for row, details in case.given.items()
        for detail in details
        if detail not in missed
    }
    return {**known.stamps, **fresh}
