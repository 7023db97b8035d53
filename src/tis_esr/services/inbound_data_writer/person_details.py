"""Which details of an assignment's rows are new: each detail of a person is superseded independently.

Part of the InboundDataWriter. An older assignment that arrives late still updates the details that only it has.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from tis_esr.decisions.people import (
    ABSENCE_FIELDS,
    ADD_FIELDS,
    PER_FIELDS,
    FieldMapping,
    absence_refusals,
    absence_section,
    attendance_id,
    given,
    is_deletion,
    is_primary,
)
from tis_esr.decisions.versions import Stamp, is_superseded
from tis_esr.services.inbound_data_writer.person_journal import Case, Plan, TisPerson

Source = tuple[int, dict[str, Any], tuple[FieldMapping, ...]]


def detail_sources(case: Case) -> list[Source]:
    """Return the rows with contact and personal details: number, values, and target fields."""
    sources: list[Source] = [(row, values, PER_FIELDS) for row, values in case.values("PER")]
    sources += [(row, values, ADD_FIELDS) for row, values in case.values("ADD") if is_primary(values)]
    return sorted((s for s in sources if not is_deletion(s[1])), key=lambda source: source[0])


def absence_sources(case: Case) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows with an absence that TIS can store."""
    return [
        (row, values)
        for row, values in case.values("ABS")
        if not is_deletion(values) and not absence_refusals(values)
    ]


def sort_out(case: Case, known: TisPerson, today: date) -> None:
    """Record for each row of a case which of its details are new, and which rows have none."""
    case.known = known
    case.brought = _brought(case, today)
    last = {detail: row for row, details in sorted(case.brought.items()) for detail in details}
    for row, details in case.brought.items():
        case.given[row] = [
            detail
            for detail in details
            if last[detail] == row and not is_superseded(case.stamp(row), known.stamps.get(detail))
        ]
    case.superseded = {row for row, details in case.brought.items() if details and not case.given[row]}


def _brought(case: Case, today: date) -> dict[int, list[str]]:
    """Return the details for which each row has a value, by section and field."""
    brought: dict[int, list[str]] = {row.row: [] for row in case.rows}
    for row, values, fields in detail_sources(case):
        brought[row] += [mapping.detail for mapping in given(values, fields, today)]
    for row, values in absence_sources(case):
        section = absence_section(attendance_id(values))
        brought[row] += [f"{section}.{name}" for column, name in ABSENCE_FIELDS.items() if values.get(column)]
    return brought


def news_of(case: Case, row: int, fields: Sequence[FieldMapping]) -> list[FieldMapping]:
    """Return the fields of a row that are new, or have no value that TIS can store."""
    old = _old_of(case, row)
    return [mapping for mapping in fields if mapping.detail not in old]


def _old_of(case: Case, row: int) -> set[str]:
    return set(case.brought[row]) - set(case.given[row])


def stamped(case: Case, known: TisPerson, plans: Iterable[Plan]) -> dict[str, Stamp]:
    """Return the person's stamps with those of the case, for details that TIS has now, unchanged or updated."""
    missed = {detail for plan in plans if not plan.done for detail in plan.details}
    fresh = {
        detail: case.stamp(row)
        for row, details in case.given.items()
        for detail in details
        if detail not in missed
    }
    return {**known.stamps, **fresh}
