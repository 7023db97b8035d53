"""ESR's positions: from the trusts' earlier files, and later changes by trusts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tis_esr.simulation.esr.columns import Cell, values
from tis_esr.simulation.esr.dialect import MalformedRowError, split
from tis_esr.simulation.esr.esr_state import Holdings, Position
from tis_esr.simulation.esr.received_layouts import POR, POS

_NAME = re.compile(r"DE_([A-Z]{3})_(?:RMF|RMC)_([0-9]{8})_([0-9]{8})\.DAT")
_SHIFTED = "\\"


@dataclass(frozen=True)
class Change:
    """A trust's change of one of its positions; None leaves a field unchanged."""

    position: int
    post: str | None = None
    deleted: bool | None = None
    title: str | None = None


def change(holdings: Holdings, changes: Sequence[Change], day: date) -> None:
    """Let trusts change positions; those go in the day's RMC. One without changes is repeated."""
    for one in changes:
        position = holdings.positions[one.position]
        position.post = position.post if one.post is None else one.post
        position.deleted = position.deleted if one.deleted is None else one.deleted
        position.title = position.title if one.title is None else one.title
        position.touched = day


def adopt(holdings: Holdings, name: str, content: bytes) -> None:
    """Take ESR's own positions from a file that it has sent before: its side of the world begins with those."""
    match = _NAME.fullmatch(name)
    if match is None:
        return
    deanery, _, sequence = match.groups()
    holdings.sequences[deanery] = max(holdings.sequences.get(deanery, 0), int(sequence))
    for kind, found in _rows(content):
        _keep(holdings, deanery, kind, found)


def edit(holdings: Holdings, deanery: str, rows: bytes, day: date) -> None:
    """Let trusts create or change positions from these POR and POS rows; they are in the day's RMC."""
    for kind, found in _rows(rows):
        _keep(holdings, deanery, kind, found).touched = day


def _keep(holdings: Holdings, deanery: str, kind: str, found: Mapping[str, str]) -> Position:
    number = found["positionNumber"]
    id_ = int(found["positionID"])
    position = holdings.positions.get(id_) or Position(id=id_, number=None, post="", deanery=deanery)
    position.number = int(number) if number.isdigit() else None
    position.post, position.deanery = found["deaneryNumber"], deanery
    position.title, position.deleted = found["positionTitle"], found["indicator"] == "D"
    if kind == "POR":
        position.host_lead, position.ods = found["hostLeadIndicator"], found["odsCode"]
        position.vpd = found["employingOrgVPDCode"]
        position.organisation, position.location = found["esrOrganisation"], found["esrLocation"]
    elif not found["positionTitle"].endswith(_SHIFTED):
        position.occupation = found["occupationCode"]
    holdings.positions[id_] = position
    return position


def _rows(content: bytes) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the POR and POS rows that name a position and its post, whatever their other faults."""
    for line in content.decode("utf-8", "replace").splitlines():
        if line[:4] not in {"POR,", "POS,"}:
            continue
        try:
            cells = [cell.text for cell in split(line)]
        except MalformedRowError:
            cells = [cell.strip('"') for cell in line.split(",")]
        layout = POR if line.startswith("POR") else POS
        found = values(layout, [Cell(text, quoted=False) for text in cells[1:]])
        if found["positionID"].isdigit() and found["deaneryNumber"]:
            yield line[:3], found
