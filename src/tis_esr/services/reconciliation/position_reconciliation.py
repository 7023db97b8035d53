"""Reconciliation: stores the positions that ESR sends and finds the post of each in TIS.

Reads ``por.split`` and ``pos.split``, sends itself ``por.saved`` and ``pos.saved``, and to the others
``position.reconciled`` and, for TCS, ``position.changed``. A position is also reconciled again if ``position.due`` or
``person.changed`` reports that something its records are built from has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import TypeVar

import msgspec

from tis_esr.decisions.positions import (
    Claim,
    Claims,
    PositionRow,
    SourceRow,
    choose_post,
    leading_claim,
    position_number,
    sources,
    view,
    with_row,
)
from tis_esr.decisions.versions import stamp_of
from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import PermanentError
from tis_esr.engine.handlers import Handler, Run
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.work import Work
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.bodies import (
    MATCHED,
    UNMATCHED,
    PersonChanged,
    PositionChanged,
    PositionDue,
    PositionReconciled,
    PositionSaved,
    PostChanged,
    ReconcileAll,
)
from tis_esr.services.contracts.commands import RECONCILE_ALL_COMMAND
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import DELETED, RECONCILED, Post
from tis_esr.tcs.tcs_errors import TcsError, TcsUnavailableError


class NotifiedPost(msgspec.Struct, frozen=True, kw_only=True):
    """What TCS should have for a position, as last sent to the InboundDataWriter."""

    post_id: int
    position_number: int
    status: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """One position: each deanery's claim, and the post that it was matched to.

    ``revision`` is its version, ``reconciled`` the revision that was last reconciled, ``reconciled_at`` the engine's time
    of that (None if it is deleted), ``reconciled_number`` the national post number at that time. ``status`` is empty until
    then. ``found_later`` says that TIS did not have the post when the number was first looked up, ``matched_on`` is the
    first day on which it was matched to its present post, None if it is not, or that was not stored.
    """

    position_id: int
    claims: dict[str, Claim] = {}
    revision: int = 0
    reconciled: int = 0
    reconciled_at: float | None = None
    reconciled_number: str = ""
    status: str = ""
    deleted: bool = False
    deanery: str = ""
    deanery_number: str = ""
    position_number: int | None = None
    post_id: int | None = None
    other_post_ids: list[int] = []
    found_later: bool = False
    matched_on: date | None = None
    notified: NotifiedPost | None = msgspec.field(default=None, name="told")
    correlation_id: str = ""


POSITIONS = Collection(
    "reconciliation.positions",
    Position,
    lambda position: str(position.position_id),
    (("deanery_number",), ("position_number",), ("post_id",), ("deanery", "reconciled_at")),
    counted=("status", "deleted"),
)


_BOTH_ROWS = 0.3
"""Seconds within which the other row of a position is usually saved too, so that it is reconciled once, not twice."""
_AT_ONCE = 16
_ALL_AT_ONCE = 200
"""Positions a transaction, where all are reconciled again."""
K = TypeVar("K")
Causes = Mapping[str, Sequence[Message]]
"""By position id, the messages that request it."""


class Reconciliation:
    """Saves ESR's positions and finds their posts in TIS."""

    def __init__(self, tcs: Tcs) -> None:
        self._tcs = tcs

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler("esr.queue.por.split", "por.split", self.save_por, serial_group="positions"),
            Handler("esr.queue.pos.split", "pos.split", self.save_pos, serial_group="positions"),
            self._looking_up("por.saved", self.reconcile, linger=_BOTH_ROWS),
            self._looking_up("pos.saved", self.reconcile, linger=_BOTH_ROWS),
            self._looking_up("position.due", self.reconcile_due),
            self._looking_up("person.changed", self.reconcile_of_people),
            self._looking_up("post.changed", self.reconcile_of_posts),
            self._looking_up(RECONCILE_ALL_COMMAND, self.reconcile_all),
        ]

    def _looking_up(self, key: str, run: Run, linger: float = 0.02) -> Handler:
        slow, busy = self._tcs.is_slow, self._tcs.is_busy
        return Handler(
            f"esr.queue.{key}",
            key,
            run,
            serial_group="positions",
            linger=linger,
            at_once=_AT_ONCE,
            is_waiting=slow,
            is_busy=busy,
        )

    async def save_por(self, work: Work, messages: Sequence[Message]) -> None:
        """Store each position's newest POR of each deanery; an older row is superseded."""
        await self._save(work, messages, "por")

    async def save_pos(self, work: Work, messages: Sequence[Message]) -> None:
        """Store each position's newest POS of each deanery; an older row is superseded."""
        await self._save(work, messages, "pos")

    async def _save(self, work: Work, messages: Sequence[Message], source: str) -> None:
        arriving = [(message, _source_row(message)) for message in messages]
        known = await work.get(POSITIONS, [str(row.values.position_id) for _, row in arriving])
        for message, row in arriving:
            key = str(row.values.position_id)
            position = known.get(key) or Position(position_id=row.values.position_id)
            claims = with_row(position.claims, source, row)
            if claims is None:
                work.account(
                    message.source_file,
                    message.row,
                    source.upper(),
                    RowState.SUPERSEDED,
                    "a newer row was handled before",
                )
                continue
            known[key] = _claimed(position, claims)
            with work.part(key, message):
                work.put(POSITIONS, known[key])
                work.emit(f"{source}.saved", PositionSaved(position_id=position.position_id), cause=message)

    async def reconcile(self, work: Work, messages: Sequence[Message]) -> None:
        """Find the posts of the positions in TCS, in bulk, and account for each.

        Of several saved rows of a position only the first causes a reconciliation: by then the position has all of
        them.
        """
        saved = [(message, str(message.decode(PositionSaved).position_id)) for message in messages]
        positions = await work.get(POSITIONS, [key for _, key in saved])
        due = [position for position in positions.values() if position.reconciled < position.revision]
        positions |= await self._reconciled(work, due, _by_key(saved))
        for message, key in saved:
            with work.part(key, message):
                _account(work, message, positions[key])

    async def reconcile_due(self, work: Work, messages: Sequence[Message]) -> None:
        """Reconcile positions again whose records have to be compared with TIS again."""
        asked = _by_key((message, str(message.decode(PositionDue).position_id)) for message in messages)
        await self._again(work, (await work.get(POSITIONS, asked)).values(), asked)

    async def reconcile_of_people(self, work: Work, messages: Sequence[Message]) -> None:
        """Reconcile again the positions of the posts in which a person is placed whose details have changed."""
        changed = [(message, post) for message in messages for post in message.decode(PersonChanged).post_ids]
        found = (
            await work.find(POSITIONS, {"post_id": sorted({post for _, post in changed})}) if changed else []
        )
        positions = {str(position.position_id): position for position in found if not position.deleted}
        of_post = _by_key(changed)
        causes = {key: of_post[position.post_id] for key, position in positions.items() if position.post_id}
        await self._again(work, positions.values(), causes)

    async def reconcile_of_posts(self, work: Work, messages: Sequence[Message]) -> None:
        """Reconcile again the positions of changed posts, and those that have, or wait for, a post of their number."""
        bodies = [(message, message.decode(PostChanged)) for message in messages]
        by_post = _by_key((message, post) for message, body in bodies for post in body.post_ids)
        by_number = _by_key((message, number) for message, body in bodies for number in body.numbers)
        found = await work.find(POSITIONS, {"post_id": sorted(by_post)})
        found += await work.find(POSITIONS, {"deanery_number": sorted(by_number)})
        positions = {str(position.position_id): position for position in found if not position.deleted}
        causes = {
            key: [*by_post.get(position.post_id or 0, ()), *by_number.get(position.deanery_number, ())]
            for key, position in positions.items()
        }
        await self._again(work, positions.values(), causes)

    async def reconcile_all(self, work: Work, messages: Sequence[Message]) -> None:
        """Reconcile again the positions of deaneries that were not since it was requested; where there are many, a message goes on with them.

        That finds what changed in TIS and was not reported. An interrupted run continues where it stopped. Positions of
        which one has a post that TCS can't answer for are reconciled by a message each: that one alone is parked.
        """
        left = _ALL_AT_ONCE
        for message in messages:
            command = message.decode(ReconcileAll)
            if command.deanery not in DEANERIES:
                raise PermanentError(f"deanery {command.deanery!r} must be one of {', '.join(DEANERIES)}")
            asked_at = min(command.asked_at or work.time(), work.time())
            where = {"deanery": command.deanery, "reconciled_at": Between(0.0, asked_at)}
            found = await work.find(POSITIONS, where, order_by=("reconciled_at",), limit=left) if left else []
            try:
                await self._again(work, found, {str(position.position_id): [message] for position in found})
            except TcsUnavailableError:
                raise
            except TcsError:
                _one_by_one(work, found, message)
            left -= len(found)
            if not left:
                again = ReconcileAll(deanery=command.deanery, asked_at=asked_at)
                work.emit(RECONCILE_ALL_COMMAND, again, cause=message)

    async def _again(self, work: Work, positions: Iterable[Position], causes: Causes) -> None:
        """Reconcile positions again, as a new revision of those that were reconciled before."""
        due = [
            msgspec.structs.replace(position, revision=max(position.revision, position.reconciled + 1))
            for position in positions
        ]
        await self._reconciled(work, due, causes)

    async def _reconciled(self, work: Work, due: Sequence[Position], causes: Causes) -> dict[str, Position]:
        posts = await self._tcs.posts_by_npn({position.deanery_number for position in due})
        after: dict[str, Position] = {}
        for position in due:
            key = str(position.position_id)
            with work.part(key, *causes[key]):
                after[key] = _reconciled(work, position, posts.get(position.deanery_number, []))
        return after


def _by_key(pairs: Iterable[tuple[Message, K]]) -> dict[K, list[Message]]:
    grouped: dict[K, list[Message]] = {}
    for message, key in pairs:
        grouped.setdefault(key, []).append(message)
    return grouped


def _account(work: Work, message: Message, position: Position) -> None:
    found = position.deleted or position.status == MATCHED
    state, reason = (RowState.APPLIED, "") if found else (RowState.UNMATCHED, "no post in TIS has its NPN")
    work.account(message.source_file, message.row, message.queue.split(".")[2].upper(), state, reason)


def _source_row(message: Message) -> SourceRow:
    return SourceRow(
        stamp=stamp_of(message.source_file, message.row),
        deanery=message.deanery,
        file=message.source_file,
        values=message.decode(PositionRow),
    )


def _claimed(position: Position, claims: Claims) -> Position:
    """Return the position with its claims, and the fields derived from them."""
    claim = leading_claim(claims)
    return msgspec.structs.replace(
        position,
        claims=dict(claims),
        revision=position.revision + 1,
        deleted=claim.ended,
        deanery=claim.lead.deanery,
        deanery_number=claim.lead.values.deanery_number,
        position_number=position_number(claims),
        correlation_id=f"{claim.lead.file}:{claim.lead.stamp.row}",
    )


def _one_by_one(work: Work, positions: Iterable[Position], request: Message) -> None:
    """Request each position's reconciliation; the comparison of all goes on behind them."""
    for position in positions:
        cause = msgspec.structs.replace(_cause(position), id=derived_id(request.id, position.position_id))
        work.emit("position.due", PositionDue(position_id=position.position_id), cause=cause)
        work.put(POSITIONS, msgspec.structs.replace(position, reconciled_at=work.time()))


def _reconciled(work: Work, before: Position, posts: list[Post]) -> Position:
    post, others = choose_post(posts)
    same_number = before.reconciled_number == before.deanery_number
    after = msgspec.structs.replace(
        before,
        reconciled=before.revision,
        reconciled_at=None if before.deleted else work.time(),
        reconciled_number=before.deanery_number,
        status=MATCHED if post else UNMATCHED,
        post_id=post.id if post else None,
        other_post_ids=others,
        matched_on=_matched_on(before, post, work.today),
        found_later=same_number and post is not None and (before.found_later or before.status == UNMATCHED),
    )
    cause = _cause(after)
    after = _tell_tcs(work, after, cause)
    work.put(POSITIONS, after)
    event = PositionReconciled(
        position=view(after.claims, after.post_id),
        status=after.status,
        deleted=after.deleted,
        revision=after.revision,
        found_later=after.found_later,
    )
    work.emit("position.reconciled", event, cause=cause)
    return after


def _matched_on(before: Position, post: Post | None, today: date) -> date | None:
    if post is None or before.deleted:
        return None
    return before.matched_on if before.post_id == post.id else today


def _cause(position: Position) -> Message:
    """Return the row that determines the position's post, as the cause of all messages about it."""
    lead = leading_claim(position.claims).lead
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
    """Emit what TCS should now have for the position if it has changed: RECONCILED or DELETED.

    TCS keeps the latest event per position id and number over all posts: a RECONCILED on another
    post takes it from the first, but another number, or no post, needs a DELETED of its own.
    """
    notified, number = position.notified, position.position_number
    wanted = None
    if position.post_id is not None and number is not None:
        status = DELETED if position.deleted else RECONCILED
        wanted = NotifiedPost(post_id=position.post_id, position_number=number, status=status)
    if wanted == notified:
        return position
    takes_over = (
        wanted is not None and notified is not None and wanted.position_number == notified.position_number
    )
    if notified is not None and notified.status == RECONCILED and not takes_over:
        _emit_changed(work, position, msgspec.structs.replace(notified, status=DELETED), cause)
        notified = msgspec.structs.replace(notified, status=DELETED)
    if wanted is not None:
        _emit_changed(work, position, wanted, cause)
        notified = wanted
    return msgspec.structs.replace(position, notified=notified)


def _emit_changed(work: Work, position: Position, notified: NotifiedPost, cause: Message) -> None:
    event = PositionChanged(
        revision=position.revision,
        sources=sources(position.claims),
        post_id=notified.post_id,
        position_id=position.position_id,
        position_number=notified.position_number,
        status=notified.status,
        filename=cause.source_file,
        event_date_time=work.now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"),
    )
    work.emit(
        "position.changed",
        event,
        cause=cause,
        key=f"{notified.post_id}:{notified.position_number}:{notified.status}",
    )
