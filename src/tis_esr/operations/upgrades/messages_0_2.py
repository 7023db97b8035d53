"""Bodies of 0.2.0's messages that have changed, and the causes of parking that it did not store."""

from typing import Any

import msgspec

from tis_esr.parking_causes import ParkingCause
from tis_esr.services.contracts.bodies import Unreadable


def _position_changed(body: bytes) -> bytes:
    """Return the body with a version older than any other; what TCS has is checked, because it may have it already."""
    return _with(body, revision=0, sources=[], again=True)


def _applicant_exported(body: bytes) -> bytes:
    """Return the body of an applicant of whom TCS may have been notified already, which is checked."""
    return _with(body, again=True)


def _notifications_generated(body: bytes) -> bytes:
    old = msgspec.json.decode(body)
    return _with(body, version=old["revision"])


def _with(body: bytes, **fields: Any) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(body), **fields})


def _why_unreadable(body: bytes) -> str:
    row = msgspec.json.decode(body, type=Unreadable)
    return ParkingCause.ROW_UNREADABLE.value if row.problems else ParkingCause.ROW_OUT_OF_PLACE.value


BODIES = {
    "esr.queue.position.changed": _position_changed,
    "esr.queue.apprecord.exported.inbounddatawriter": _applicant_exported,
    "esr.queue.notification.generated": _notifications_generated,
}
CAUSES = {"esr.queue.unreadable": _why_unreadable}
