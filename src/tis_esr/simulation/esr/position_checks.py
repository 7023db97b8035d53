"""Checks the position of a row against ESR's data."""

from collections.abc import Iterator, Mapping

from tis_esr.simulation.esr import esr_messages as messages
from tis_esr.simulation.esr.esr_messages import Message
from tis_esr.simulation.esr.esr_state import Position


def of_position(
    values: Mapping[str, str],
    post: str,
    deanery: str,
    positions: Mapping[int, Position],
    *,
    earlier: str = "",
) -> Iterator[Message]:
    """Yield the reasons that reject a row: its position, number, post number or local office.

    ``earlier`` is another accepted post number: that of an applicant from before the position got a new one.
    """
    position_id = int(values["positionId"] or 0)
    held = positions.get(position_id)
    if held is None:
        yield messages.UNKNOWN_POSITION.saying(position=position_id)
        return
    if held.deleted:
        yield messages.DELETED_POSITION.saying(position=position_id)
    if values["positionNumber"] != ("" if held.number is None else str(held.number)):
        yield messages.OTHER_NUMBER.saying(number=values["positionNumber"], position=position_id)
    if post not in (held.post, earlier or held.post):
        yield messages.OTHER_POST.saying(position=position_id)
    if deanery != held.deanery:
        yield messages.OTHER_DEANERY.saying(position=position_id)
