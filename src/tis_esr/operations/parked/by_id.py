"""What is known of a message by its id alone: whether it is parked, was discarded, or was handled by a batch."""

from functools import cache

import msgspec

from tis_esr.engine.reader_protocol import Among, Reader
from tis_esr.operations.batches.documents import BATCHES, ITEMS, Batch, BatchItem
from tis_esr.operations.doctor.running import queues_by_service
from tis_esr.operations.parked.discarding import DISCARDED
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE


class KnownMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is or was parked: ``what`` became of it in words, and of which ``offices`` it is ("" for none)."""

    queue: str
    id: str
    what: str
    offices: list[str]


def batches_of(reader: Reader, queue: str, id_: str) -> list[tuple[Batch, BatchItem]]:
    """Return the batches that had a message, with its verdict in each, the newest first."""
    return _batches(reader, [f"{queue}|{id_}"])


def known_messages(reader: Reader, id_: str) -> list[KnownMessage]:
    """Return the messages with this id, one for each queue that has or had it among the parked."""
    keys = [f"{queue}|{id_}" for queue in _queues()]
    found: dict[str, KnownMessage] = {}
    for batch, item in reversed(_batches(reader, keys)):
        what = f"batch {batch.id}: {item.verdict.value}"
        found[item.queue] = KnownMessage(queue=item.queue, id=id_, what=what, offices=batch.offices)
    for one in reader.get(DISCARDED, keys):
        found[one.queue] = KnownMessage(queue=one.queue, id=id_, what="discarded", offices=[one.deanery])
    for trace in reader.parked(Among(ids=[id_])):
        found[trace.queue] = KnownMessage(queue=trace.queue, id=id_, what="parked", offices=[trace.deanery])
    return [found[queue] for queue in sorted(found)]


def _batches(reader: Reader, keys: list[str]) -> list[tuple[Batch, BatchItem]]:
    items = reader.find(ITEMS, {"message": keys})
    by_id = {batch.id: batch for batch in reader.get(BATCHES, sorted({item.batch for item in items}))}
    found = [(by_id[item.batch], item) for item in items if item.batch in by_id]
    return sorted(found, key=lambda one: -one[0].number)


@cache
def _queues() -> tuple[str, ...]:
    return (*dict.fromkeys(queue for own in queues_by_service().values() for queue in own), UNREADABLE)
