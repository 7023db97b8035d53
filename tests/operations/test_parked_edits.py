"""A corrected copy of a parked message: the original is kept, two people where that is configured, no values stored."""

from contextlib import closing

import msgspec
import pytest
from tests.operations.parked_desk import ANN, BEN, QUEUE, Desk, desk
from tests.services.bench import Benches, message

from tis_esr.engine.envelope import Message
from tis_esr.operations.parked.editing import EDITS, EditRefusedError, checked, edit
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE

BODY = msgspec.json.encode({"n": 5, "personId": 1, "postIds": []})


async def original(here: Desk) -> Message:
    [parked] = await here.park(1)
    with closing(here.bench.reader()) as reader:
        found = reader.parked_message(*parked.identity)
    assert found is not None
    return found


async def test_the_copy_is_handled_and_the_original_stays_parked(benches: Benches) -> None:
    async with desk(benches) as here:
        one = await original(here)
        done = await edit(here.bench.runner, ANN, one, BODY, "wrong number", needs_two=False)
        await here.bench.runner.drain([QUEUE])
        assert here.handled == [5]
        assert [parked.id for parked in here.parked()] == [one.id]
        assert (done.id, bool(done.copy), done.changes) == (one.id, True, ["$.n", "$.personId", "$.postIds"])
        [entry] = here.audit()
        assert (entry.act, entry.on, entry.why) == (
            "parked.edit.send",
            [one.id],
            "wrong number (fields $.n, $.personId, $.postIds)",
        )
        with pytest.raises(EditRefusedError, match="this copy was sent before"):
            await edit(here.bench.runner, ANN, one, BODY, "again", needs_two=False)


async def test_where_two_people_are_needed_nothing_is_sent_before_the_second(benches: Benches) -> None:
    async with desk(benches) as here:
        one, runner = await original(here), here.bench.runner
        assert not (await edit(runner, ANN, one, BODY, "wrong", needs_two=True)).copy
        with pytest.raises(EditRefusedError, match="ann has proposed it"):
            await edit(runner, ANN, one, BODY, "wrong", needs_two=True)
        await runner.drain([QUEUE])
        assert here.handled == []
        done = await edit(runner, BEN, one, BODY, "I agree", needs_two=True)
        await runner.drain([QUEUE])
        assert (done.who, done.approved_by, here.handled) == ("ann", "ben", [5])
        assert b"7200001" not in msgspec.json.encode(list((await here.bench.all(EDITS)).values()))
        assert [entry.act for entry in here.audit()] == ["parked.edit.propose", "parked.edit.send"]


@pytest.mark.parametrize(
    ("queue", "body", "reason"),
    [
        (QUEUE, b"{", "--body: "),
        (QUEUE, b'{"personId": "Specimen", "postIds": []}', r"Expected `int`, got `str` - at `\$.personId`"),
        (QUEUE, b'{"n":1}', "missing required field `personId`"),
        ("esr.queue.por.split", b'{"n":1}', "it is the same as the body of the message"),
        (UNREADABLE, BODY, "no service handles an unreadable row"),
    ],
)
def test_a_body_that_no_service_can_read_is_refused(queue: str, body: bytes, reason: str) -> None:
    with pytest.raises(EditRefusedError, match=reason):
        checked(message(queue, 1, {"n": 1}), body)


@pytest.mark.parametrize("unreadable", [b"not JSON", b"\xff", b"[" * 5000], ids=["text", "bytes", "nested"])
def test_a_body_that_could_not_be_read_can_be_corrected(unreadable: bytes) -> None:
    stuck = msgspec.structs.replace(message(QUEUE, 1, {"n": 1}), body=unreadable)
    assert checked(stuck, BODY) == ["$"]
