"""ESR's positions: as the trusts' earlier files had them, and what trusts do to them afterwards."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tis_esr.simulation.esr.holdings import Holdings, Position
from tis_esr.simulation.esr.layouts import POR, POS
from tis_esr.simulation.esr.lines import MalformedRowError, split

_NAME = re.compile(r"DE_([A-Z]{3})_(?:RMF|RMC)_([0-9]{8})_([0-9]{8})\.DAT")
_SHIFTED = "\\"


@dataclass(frozen=True)
class Change:
    """What a trust does to one of its positions; None leaves it as it is."""

    position: int
    post: str | None = None
    deleted: bool | None = None
    title: str | None = None


def change(holdings: Holdings, changes: Sequence[Change], day: date) -> None:
    """Let trusts change positions; those go in the day's RMC. One without anything new is sent again."""
    for one in changes:
        position = holdings.positions[one.position]
        position.post = position.post if one.post is None else one.post
        position.deleted = position.deleted if one.deleted is None else one.deleted
        position.title = position.title if one.title is None else one.title
        position.touched = day


def adopt(holdings: Holdings, name: str, content: bytes, day: date | None = None) -> None:
    """Take ESR's own positions from a file that it sent: the world begins with one. ``day`` is when they changed."""
    match = _NAME.fullmatch(name)
    if match is None:
        return
    deanery, _, sequence = match.groups()
    holdings.sequences[deanery] = max(holdings.sequences.get(deanery, 0), int(sequence))
    for kind, cells in _rows(content):
        layout = POR if kind == "POR" else POS
        found = dict(zip((column.name for column in layout), cells, strict=False))
        if found.get("positionID", "").isdigit() and found.get("deaneryNumber"):
            _keep(holdings, deanery, kind, found, day)


def _keep(holdings: Holdings, deanery: str, kind: str, found: dict[str, str], day: date | None) -> None:
    number = found["positionNumber"]
    id_ = int(found["positionID"])
    position = holdings.positions.get(id_) or Position(id=id_, number=None, post="", deanery=deanery)
    position.number = int(number) if number.isdigit() else None
    position.post, position.deanery = found["deaneryNumber"], deanery
    position.title, position.deleted = found["positionTitle"], found["indicator"] == "D"
    position.touched = day or position.touched
    if kind == "POR":
        position.host_lead, position.ods = found["hostLeadIndicator"], found["odsCode"]
        position.vpd = found["employingOrgVPDCode"]
        position.organisation, position.location = found["esrOrganisation"], found["esrLocation"]
    elif not found["positionTitle"].endswith(_SHIFTED):
        position.occupation = found["occupationCode"]
    holdings.positions[id_] = position


def _rows(content: bytes) -> Iterator[tuple[str, list[str]]]:
    for line in content.decode("utf-8", "replace").splitlines():
        if line[:4] not in {"POR,", "POS,"}:
            continue
        try:
            cells = [cell.text for cell in split(line)]
        except MalformedRowError:
            cells = [cell.strip('"') for cell in line.split(",")]
        layout = POR if line.startswith("POR") else POS
        yield line[:3], cells[1:] + [""] * (len(layout) - len(cells) + 1)
