"""Notifies TCS of each applicant sent to ESR: once per placement, position and file.

Part of the InboundDataWriter: it appends ``esr-exported`` events, which TCS lists on the placement.
"""

from collections.abc import Mapping, Sequence

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError
from tis_esr.engine.message_traces import about
from tis_esr.engine.work import Work
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.concurrently import each
from tis_esr.services.contracts.bodies import ApplicantExported
from tis_esr.services.inbound_data_writer.attempts import Attempts, Bounds, Ended, OpenAttempt
from tis_esr.services.restored import is_unsettled
from tis_esr.services.tcs_error_meanings import fault_of
from tis_esr.tcs.client import Tcs


class TisExport(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant who was sent to ESR; ``confirmed`` says that TCS has been notified."""

    placement_id: int
    position_id: int
    filename: str
    confirmed: bool = False
    open: OpenAttempt | None = None


TIS_EXPORTS = Collection(
    "inbounddatawriter.exports",
    TisExport,
    lambda known: f"{known.placement_id}:{known.position_id}:{known.filename}",
)

Sent = Mapping[str, tuple[Message, ApplicantExported]]


async def notify_exported(tcs: Tcs, attempts: Attempts, work: Work, messages: Sequence[Message]) -> None:
    """Notify TCS of the applicants of a batch that were sent in a file of ours; each succeeds independently."""
    sent: dict[str, tuple[Message, ApplicantExported]] = {}
    for message, body in map(_decoded, messages):
        if body.filename:
            key = TIS_EXPORTS.key(_export(body))
            sent[key] = _together(sent.get(key), (message, body))
    known = await work.get(TIS_EXPORTS, sent)
    bounds = attempts.begin(work)
    due: dict[str, TisExport] = {}
    for key, (message, body) in sent.items():
        before = known.get(key) or _export(body)
        wait = attempts.must_wait(work, before.open, key, f"placement {body.placement_id}")
        if wait is not None:
            work.fail(message, wait)
        elif not before.confirmed or body.again:
            due[key] = msgspec.structs.replace(before, open=bounds.attempt)
            work.put(TIS_EXPORTS, due[key])
    if due:
        has_to_look = await is_unsettled(work)  # a restored store does not know what TCS has since the backup
        await work.save_intent()
        await _append(tcs, attempts, work, bounds, due, known, sent, has_to_look=has_to_look)


async def _append(
    tcs: Tcs,
    attempts: Attempts,
    work: Work,
    bounds: Bounds,
    due: Mapping[str, TisExport],
    known: Mapping[str, TisExport],
    sent: Sent,
    *,
    has_to_look: bool,
) -> None:
    async def one(key: str) -> Ended:
        body = sent[key][1]
        before = known[key].open if key in known else None
        with about(sent[key][0]):
            return await attempts.append(
                work,
                bounds,
                before,
                look=lambda: _is_listed(tcs, body, bounds),
                write=lambda: _written(tcs, body, bounds),
                look_first=has_to_look or before is not None or body.again,
            )

    found = await each(due, one)
    attempts.end(bounds, ((key, ended.error) for key, ended in found.items()))
    for key, ended in found.items():
        work.put(TIS_EXPORTS, msgspec.structs.replace(due[key], confirmed=ended.holds, open=ended.open))
        if ended.error is not None:
            work.fail(sent[key][0], fault_of(ended.error))
        elif not ended.holds:
            fault = PermanentError(_placement_is_gone(sent[key][1]), ParkingCause.TIS_RECORD_GONE)
            work.fail(sent[key][0], fault)


def _decoded(message: Message) -> tuple[Message, ApplicantExported]:
    return message, message.decode(ApplicantExported)


def _together(
    first: tuple[Message, ApplicantExported] | None, second: tuple[Message, ApplicantExported]
) -> tuple[Message, ApplicantExported]:
    """Return what is done of two messages about one export: a repair has the exact time of the original beside it."""
    if first is None or first[1].again == second[1].again:
        return second
    repair, original = (first, second) if first[1].again else (second, first)
    return repair[0], msgspec.structs.replace(original[1], again=True)


def _export(body: ApplicantExported) -> TisExport:
    return TisExport(placement_id=body.placement_id, position_id=body.position_id, filename=body.filename)


async def _written(tcs: Tcs, body: ApplicantExported, bounds: Bounds) -> bool:
    return await tcs.post_esr_exported(body.placement_id, _event(body), send_by=bounds.send_by)


def _event(body: ApplicantExported) -> dict[str, object]:
    return {
        "exportedAt": body.exported_at,
        "filename": body.filename,
        "placementId": body.placement_id,
        "positionNumber": body.position_number,
        "positionId": body.position_id,
        "status": "EXPORTED",
    }


async def _is_listed(tcs: Tcs, body: ApplicantExported, bounds: Bounds) -> bool:
    placement = await tcs.placement(body.placement_id, send_by=bounds.send_by)
    events = placement.esr_events or [] if placement else []
    return any(e.filename == body.filename and e.position_id == body.position_id for e in events)


def _placement_is_gone(body: ApplicantExported) -> str:
    return f"placement {body.placement_id} was sent to ESR in {body.filename} but is no longer in TIS"
