"""What is to be generated again: from what a person names to posts of TIS, whole deaneries, and parked messages."""

from collections.abc import Iterable, Sequence

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.operations.dates import iso, readable
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, Outbound, RecordState
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS
from tis_esr.tcs.client import Tcs

_HIGHEST_ID = 10**15 - 1
"""TIS counts its ids up from 1; a store can't be asked for one of 20 digits."""
_AT_ONCE = 500


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person names, one of these: ``post`` is an id or an NPN, ``failed_since`` a moment in seconds since 1970."""

    person: int | None = None
    gmc_number: str | None = None
    post: str | None = None
    placement: int | None = None
    deanery: str | None = None
    failed_since: float | None = None
    everything: bool = False


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is generated again: the positions of posts, of NPNs, of whole ``deaneries``; ``parked`` (queue, id) is requeued.

    ``on`` names it in the audit, by ids.
    """

    posts: list[int] = []
    numbers: list[str] = []
    placements: list[int] = []
    deaneries: list[str] = []
    parked: list[tuple[str, str]] = []
    on: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to generate again."""
        return not (self.posts or self.numbers or self.placements or self.deaneries or self.parked)


async def selected(asked: Asked, reader: Reader, tcs: Tcs) -> Selection:
    """Return what is to be generated again.

    Raises UsageError for what neither TIS nor the store knows, and TcsError.
    """
    if asked.everything:
        return Selection(deaneries=list(DEANERIES), on=["all"])
    if asked.deanery is not None:
        return Selection(deaneries=[asked.deanery], on=[f"deanery:{asked.deanery}"])
    if asked.post is not None:
        return _of_post(asked.post, reader)
    if asked.placement is not None:
        return await _of_placement(asked.placement, reader, tcs)
    if asked.failed_since is not None:
        return _failed(asked.failed_since, reader)
    return await _of_person(asked, reader, tcs)


def _of_post(post: str, reader: Reader) -> Selection:
    is_id = post.isdecimal()
    where = {"post_id": [int(post)]} if is_id else {"deanery_number": [post]}
    is_possible = not is_id or int(post) <= _HIGHEST_ID
    if not (is_possible and reader.find(POSITIONS, where, limit=1)):
        raise UsageError(
            "--post", f"{post}: no position of ESR has this post; see tis-esr why {post}: nothing to generate"
        )
    if is_id:
        return Selection(posts=[int(post)], on=[f"post:{post}"])
    return Selection(numbers=[post], on=[f"post:{post}"])


async def _of_placement(placement_id: int, reader: Reader, tcs: Tcs) -> Selection:
    """A placement that is gone from TIS is known by its records, which are then withdrawn or cancelled."""
    is_possible = 0 < placement_id <= _HIGHEST_ID
    placement = await tcs.placement(placement_id) if is_possible else None
    records = reader.find(APPLICANTS, {"placement_id": placement_id}) if is_possible else []
    posts = _posts_of(reader, (record.position_id for record in records))
    if placement is not None and placement.post_id is not None:
        posts = sorted({*posts, placement.post_id})
    if not posts:
        raise UsageError("--placement", f"neither TIS nor this store has a placement {placement_id}")
    return Selection(posts=posts, placements=[placement_id], on=[f"placement:{placement_id}"])


async def _of_person(asked: Asked, reader: Reader, tcs: Tcs) -> Selection:
    option = "--person"
    people = [asked.person] if asked.person is not None else []
    if asked.gmc_number is not None:
        option, people = "--gmc", list(*(await tcs.people_by_gmc([asked.gmc_number])).values())
    placed = await tcs.placements_of_people(people)
    posts = {p.post_id for some in placed.values() for p in some if p.post_id is not None}
    if asked.gmc_number is not None:
        records = reader.find(APPLICANTS, {"gmc_number": asked.gmc_number})
        posts |= set(_posts_of(reader, (record.position_id for record in records)))
    if not posts:
        raise UsageError(option, "neither TIS nor this store has a placement of this person")
    on = [f"person:{person}" for person in people] or ["a person whom TIS does not have"]
    return Selection(posts=sorted(posts), on=on)


def _failed(since: float, reader: Reader) -> Selection:
    """Records without mandatory data that were built since, and messages that were parked since."""
    records: list[Outbound] = [
        *reader.find(APPLICANTS, {"state": [RecordState.INVALID_DATA]}),
        *reader.find(NOTIFICATIONS, {"state": [RecordState.INVALID_DATA]}),
    ]
    posts = _posts_of(reader, (record.position_id for record in records if record.built_at >= since))
    parked = [
        (trace.queue, trace.id)
        for trace in reader.parked()
        if trace.parked_since >= since and trace.queue != UNREADABLE
    ]
    return Selection(posts=posts, parked=parked, on=[f"failed since {readable(iso(since))}"])


def _posts_of(reader: Reader, positions: Iterable[int]) -> list[int]:
    """Return the posts of positions, as last reconciled."""
    keys = sorted({str(position) for position in positions})
    found = (
        position for some in _chunks(keys) for position in reader.get(POSITIONS, some) if not position.deleted
    )
    return sorted({position.post_id for position in found if position.post_id is not None})


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
