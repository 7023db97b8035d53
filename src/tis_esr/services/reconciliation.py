"""Reconciliation: keeps the positions that ESR sends and finds the post of each in TIS.

Reads ``por.split`` and ``pos.split``, tells itself ``por.saved`` and ``pos.saved``, and tells the
others ``position.reconciled`` and, for TCS, ``position.changed``.
"""

from collections.abc import Sequence
from datetime import UTC

import msgspec

from tis_esr.decisions.positions import (
    PositionRow,
    SourceRow,
    Stamp,
    choose_post,
    is_deleted,
    leading,
    newer,
    view,
)
from tis_esr.engine.documents import Collection
from tis_esr.engine.messages import Message, derived_id
from tis_esr.engine.rows import RowState
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.records.filenames import FileName
from tis_esr.services.messages import MATCHED, UNMATCHED, PositionChanged, PositionReconciled, PositionSaved
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import DELETED, RECONCILED, Post


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What TCS was last told about a position."""

    post_id: int
    position_number: int
    status: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """One position, from two sources, and the post that it was matched to.

    ``revision`` counts the rows applied, ``reconciled`` is the revision that was last reconciled.
    ``status`` is empty until then.
    """

    position_id: int
    por: SourceRow | None = None
    pos: SourceRow | None = None
    revision: int = 0
    reconciled: int = 0
    status: str = ""
    deleted: bool = False
    deanery: str = ""
    deanery_number: str = ""
    position_number: int | None = None
    post_id: int | None = None
    other_post_ids: list[int] = []
    told: Told | None = None
    correlation_id: str = ""


POSITIONS = Collection(
    "reconciliation.positions",
    Position,
    lambda position: str(position.position_id),
    ("deanery_number", "position_number", "post_id", "status", "deanery"),
)


_BOTH_ROWS = 0.3
"""Seconds in which the other row of a position is likely saved too, so that it is reconciled once, not twice."""


class Reconciliation:
    """See the module."""

    def __init__(self, tcs: Tcs) -> None:
        self._tcs = tcs

    def handlers(self) -> list[Handler]:
        """Return what it reads, and how."""
        return [
            Handler("esr.queue.por.split", "por.split", self.save_por, turn="positions"),
            Handler("esr.queue.pos.split", "pos.split", self.save_pos, turn="positions"),
            Handler("esr.queue.por.saved", "por.saved", self.reconcile, turn="positions", linger=_BOTH_ROWS),
            Handler("esr.queue.pos.saved", "pos.saved", self.reconcile, turn="positions", linger=_BOTH_ROWS),
        ]

    async def save_por(self, work: Work, messages: Sequence[Message]) -> None:
        """Keep each position's newest POR; an older row is superseded."""
        await self._save(work, messages, "por")

    async def save_pos(self, work: Work, messages: Sequence[Message]) -> None:
        """Keep each position's newest POS; an older row is superseded."""
        await self._save(work, messages, "pos")

    async def _save(self, work: Work, messages: Sequence[Message], source: str) -> None:
        arriving = [(message, _source_row(message)) for message in messages]
        known = await work.get(POSITIONS, [str(row.values.position_id) for _, row in arriving])
        for message, row in arriving:
            key = str(row.values.position_id)
            position = known.get(key) or Position(position_id=row.values.position_id)
            stored = position.por if source == "por" else position.pos
            if not newer(stored, row):
                work.account(
                    message.source_file,
                    message.row,
                    source.upper(),
                    RowState.SUPERSEDED,
                    "a newer row is known",
                )
                continue
            sources = {"por": position.por, "pos": position.pos, source: row}
            lead = leading(sources["por"], sources["pos"])
            known[key] = msgspec.structs.replace(
                position,
                **sources,
                revision=position.revision + 1,
                deleted=is_deleted(sources["por"], sources["pos"]),
                deanery=lead.deanery,
                deanery_number=lead.values.deanery_number,
                position_number=lead.values.position_number,
                correlation_id=f"{lead.file}:{lead.stamp.row}",
            )
            work.put(POSITIONS, known[key])
            work.emit(f"{source}.saved", PositionSaved(position_id=position.position_id), cause=message)

    async def reconcile(self, work: Work, messages: Sequence[Message]) -> None:
        """Find the posts of the positions in TCS, in bulk, and say what became of each.

        Of several saved rows of a position only the first makes it be reconciled: by then it holds all of them.
        """
        saved = [(message, message.decode(PositionSaved)) for message in messages]
        positions = await work.get(POSITIONS, [str(body.position_id) for _, body in saved])
        due = {
            key: position for key, position in positions.items() if position.reconciled < position.revision
        }
        posts = await self._tcs.posts_by_npn({position.deanery_number for position in due.values()})
        for key, position in due.items():
            positions[key] = _reconciled(work, position, posts.get(position.deanery_number, []))
        for message, body in saved:
            position = positions[str(body.position_id)]
            found = position.deleted or position.status == MATCHED
            state, reason = (
                (RowState.APPLIED, "") if found else (RowState.UNMATCHED, "no post in TIS has its NPN")
            )
            work.account(message.source_file, message.row, message.queue.split(".")[2].upper(), state, reason)


def _source_row(message: Message) -> SourceRow:
    name = FileName.parse(message.source_file)
    stamp = Stamp(name.date, name.sequence, message.row)
    return SourceRow(
        stamp=stamp, deanery=message.deanery, file=message.source_file, values=message.decode(PositionRow)
    )


def _reconciled(work: Work, before: Position, posts: list[Post]) -> Position:
    post, others = choose_post(posts)
    after = msgspec.structs.replace(
        before,
        reconciled=before.revision,
        status=MATCHED if post else UNMATCHED,
        post_id=post.id if post else None,
        other_post_ids=others,
    )
    cause = _cause(after)
    after = _tell_tcs(work, after, cause)
    work.put(POSITIONS, after)
    event = PositionReconciled(
        position=view(after.por, after.pos, after.post_id),
        status=after.status,
        deleted=after.deleted,
        revision=after.revision,
        found_later=before.status == UNMATCHED and after.status == MATCHED,
    )
    work.emit("position.reconciled", event, cause=cause)
    return after


def _cause(position: Position) -> Message:
    """Return the row that says where the position belongs, as the cause of all that follows."""
    lead = leading(position.por, position.pos)
    return Message(
        id=derived_id("position", position.position_id, position.revision),
        queue="",
        correlation_id=position.correlation_id,
        source_file=lead.file,
        deanery=lead.deanery,
        row=lead.stamp.row,
        body=b"",
    )


def _tell_tcs(work: Work, position: Position, cause: Message) -> Position:
    """Emit what TCS does not know yet: ``esr-changed`` with RECONCILED or DELETED.

    TCS keeps the latest event per position id and number over all posts: a RECONCILED on another
    post takes it from the first, but another number, or no post, needs a DELETED of its own.
    """
    told, number = position.told, position.position_number
    wanted = None
    if position.post_id is not None and number is not None:
        status = DELETED if position.deleted else RECONCILED
        wanted = Told(post_id=position.post_id, position_number=number, status=status)
    if wanted == told:
        return position
    takes_over = wanted is not None and told is not None and wanted.position_number == told.position_number
    if told is not None and told.status == RECONCILED and not takes_over:
        _emit_changed(work, position, msgspec.structs.replace(told, status=DELETED), cause)
        told = msgspec.structs.replace(told, status=DELETED)
    if wanted is not None:
        _emit_changed(work, position, wanted, cause)
        told = wanted
    return msgspec.structs.replace(position, told=told)


def _emit_changed(work: Work, position: Position, told: Told, cause: Message) -> None:
    event = PositionChanged(
        post_id=told.post_id,
        position_id=position.position_id,
        position_number=told.position_number,
        status=told.status,
        filename=cause.source_file,
        event_date_time=work.now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"),
    )
    work.emit(
        "position.changed", event, cause=cause, key=f"{told.post_id}:{told.position_number}:{told.status}"
    )
