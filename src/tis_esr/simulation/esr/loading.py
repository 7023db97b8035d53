"""Loads the rows of one file: quarantines it, or has an outcome for each row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tis_esr.simulation.esr import applicant_rows, notification_rows
from tis_esr.simulation.esr import esr_messages as messages
from tis_esr.simulation.esr.columns import Cell, Misfit, misfits, values
from tis_esr.simulation.esr.esr_messages import Message
from tis_esr.simulation.esr.esr_state import Holdings, Outcome
from tis_esr.simulation.esr.frames import Name
from tis_esr.simulation.esr.received_layouts import LAYOUTS, RECORDS

Values = Mapping[str, str]
Luck = Callable[[int], Sequence[Message]]
"""ESR's messages about rows, by number, without a reason in the row."""


@dataclass(frozen=True)
class Row:
    """One row: its number among the data rows, its values, and their faults."""

    number: int
    values: Values
    misfits: Sequence[Misfit]


def rows_of(name: Name, rows: Sequence[Sequence[Cell]]) -> list[Row]:
    """Return the data rows of a file by its record type's layout."""
    layout = LAYOUTS[RECORDS[name.type]]
    return [
        Row(number, values(layout, cells), list(misfits(layout, cells)))
        for number, cells in enumerate(rows, 1)
    ]


def why_quarantined(name: Name, rows: Sequence[Row]) -> Iterator[str]:
    """Yield why nothing of a file is loaded: a row that can't be read, or what applicant files must not have."""
    unread = [(row, misfit) for row in rows for misfit in row.misfits if misfit.form]
    if unread:
        row, misfit = unread[0]
        yield f"row {row.number}: {misfit.column} {misfit.reason}".replace("  ", " ")
    elif name.type == "APP":
        yield from applicant_rows.quarantined([row.values for row in rows])


def load(name: Name, file: str, rows: Sequence[Row], holdings: Holdings, luck: Luck) -> list[Outcome]:
    """Load the rows one by one, and return the outcome of each."""
    if name.type == "RTC":
        return [_acknowledged(row, holdings) for row in rows]
    load_row = _applicant if name.type == "APP" else _notification
    seen: set[tuple[str, ...]] = set()
    outcomes = []
    for row in rows:
        said = [messages.MISFIT.saying(column=m.column, reason=m.reason) for m in row.misfits]
        key = tuple(row.values.values())
        if name.type != "APP" and key in seen:
            said.append(messages.TWICE)
        seen.add(key)
        outcomes.append(load_row(row, name, file, said, holdings, luck))
    return outcomes


def _applicant(
    row: Row, name: Name, file: str, said: list[Message], holdings: Holdings, luck: Luck
) -> Outcome:
    said += [*applicant_rows.check(row.values, name.deanery, name.day, holdings), *luck(row.number)]
    accepted = not any(message.rejects for message in said)
    held = applicant_rows.load(row.values, file, holdings) if accepted else None
    kind, text = _said(said)
    return Outcome(
        row=row.number,
        accepted=accepted,
        post=row.values["deaneryNumber"],
        position=_number(row.values["positionId"]),
        position_number=_number(row.values["positionNumber"]),
        applicant=held.number if held else "",
        assignment=held.assignment if held else None,
        kind=kind,
        text=text,
    )


def _notification(
    row: Row, name: Name, file: str, said: list[Message], holdings: Holdings, luck: Luck
) -> Outcome:
    said += [*notification_rows.check(row.values, name.deanery, holdings), *luck(row.number)]
    accepted = not any(message.rejects for message in said)
    if accepted:
        notification_rows.apply(row.values, file, holdings)
    kind, text = _said(said)
    return Outcome(
        row=row.number,
        accepted=accepted,
        post=row.values["deaneryPostNumber"],
        position=_number(row.values["positionId"]),
        position_number=_number(row.values["positionNumber"]),
        type_code=row.values["notificationTitleCode"],
        kind=kind,
        text=text,
    )


def _acknowledged(row: Row, holdings: Holdings) -> Outcome:
    source = row.values["sourceFile"]
    holdings.acknowledged[source] = holdings.acknowledged.get(source, 0) + 1
    return Outcome(row=row.number, accepted=True, kind=messages.INFO, text="")


def _said(said: Sequence[Message]) -> tuple[str, str]:
    """Return severity and text: of the first message that rejects, else of the first warning."""
    first = next((message for message in said if message.rejects), next(iter(said), None))
    if first is None:
        return messages.INFO, ""
    return messages.ERROR if first.rejects else messages.WARNING, first.shown


def _number(text: str) -> int | None:
    return int(text) if text else None
