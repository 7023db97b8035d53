"""The files that ESR sends: of positions (RMF, RMC), and the answers to ours (APC, DCC)."""

from collections.abc import Iterable, Iterator, Sequence

from tis_esr.simulation.esr.columns import Column
from tis_esr.simulation.esr.dialect import row
from tis_esr.simulation.esr.esr_state import Outcome, Position
from tis_esr.simulation.esr.frames import Name
from tis_esr.simulation.esr.received_layouts import POR, POS

_END = "\r\n"
_SENT_AT = "140900"


def positions_file(name: Name, positions: Iterable[Position]) -> bytes:
    """Return an RMF or RMC with the POR and POS rows of positions."""
    rows = [line for position in positions for line in _rows(position)]
    return _file(name, name.type, rows)


def confirmations(name: Name, outcomes: Sequence[Outcome], *, escapes_quotes: bool) -> bytes:
    """Return the APC or DCC that answers a file, a row for each outcome."""
    kind = "APC" if name.type == "APP" else "DCC"
    of_outcome = _applicant if kind == "APC" else _notification
    return _file(name, kind, [of_outcome(outcome, escapes=escapes_quotes) for outcome in outcomes])


def _file(name: Name, kind: str, rows: Sequence[str]) -> bytes:
    at = f"{name.day:%Y%m%d} {_SENT_AT}"
    header = row("HDR", "XXXX", [name.answer(kind), at, name.deanery, kind])
    lines = [header, *rows, f"TRL,{len(rows) + 2}"]
    return "".join(line + _END for line in lines).encode("cp1252", "replace")


def _rows(position: Position) -> Iterator[str]:
    indicator = "D" if position.deleted else "C"
    common: list[object] = [position.id, "", indicator, position.number, position.title]
    employer = [position.host_lead, position.ods, position.vpd, position.organisation, position.location]
    yield row("POR", _kinds(POR), [*common, position.post, position.deanery, *employer])
    more = [position.occupation, "", "", position.post, position.deanery, position.ods, "NHS", "", "", ""]
    yield row("POS", _kinds(POS), [*common, *more])


def _kinds(layout: Iterable[Column]) -> str:
    return "".join(column.kind for column in layout)


def _applicant(outcome: Outcome, *, escapes: bool) -> str:
    said = [outcome.post, _status(outcome), outcome.kind, outcome.text, outcome.applicant, outcome.assignment]
    place = [outcome.position, outcome.position_number, outcome.row]
    return row("APC", "XXXXXNNNN", [*said, *place], escapes=escapes)


def _notification(outcome: Outcome, *, escapes: bool) -> str:
    said = [outcome.row, outcome.post, outcome.type_code, _status(outcome), outcome.kind, outcome.text]
    place = [outcome.position, outcome.position_number]
    return row("DCC", "NXFXXXNN", [*said, *place], escapes=escapes)


def _status(outcome: Outcome) -> str:
    return "SUCCESS" if outcome.accepted else "FAIL"


def half(content: bytes) -> bytes:
    """Return the first half of a file's rows, as a transfer that broke off leaves it."""
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: max(1, len(lines) // 2)])
