"""``parked show`` and the dry run answer for every body that a person or another program may have put on a queue."""

from contextlib import closing

import pytest
from tests.operations.parked_desk import desk
from tests.services.bench import FILE, Benches

from tis_esr.engine.envelope import Message
from tis_esr.operations.parked.payload import MASKED, masked
from tis_esr.operations.parked.safety import Outlook, safety
from tis_esr.operations.parked.superseding import _JUDGES

BODIES = [
    b"[1]",
    b"null",
    b"not JSON",
    b'{"positionId": {"a": 1}}',
    b'{"positionId": 123456789012345678901234567890}',
    b'{"placementId": 123456789012345678901234567890}',
    b"[" * 5000,
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:20].decode())
async def test_a_body_of_any_form_has_an_answer_on_every_queue(benches: Benches, body: bytes) -> None:
    async with desk(benches) as here:
        with closing(here.bench.reader()) as reader:
            for queue in (*_JUDGES, "esr.queue.person.changed"):
                odd = Message(
                    id="a" * 32,
                    queue=queue,
                    correlation_id="c",
                    source_file=FILE,
                    deanery="EOE",
                    row=3,
                    body=body,
                )
                found = safety(reader, odd, here.bench.today[0])
                assert found.outlook in {Outlook.UNKNOWN, Outlook.TAKES_EFFECT}
                assert (found.in_tcs, found.in_esr) == ([], [])


def test_a_name_is_shown_only_in_the_event_of_a_file() -> None:
    assert masked(b'{"name": "DE_EMD_RMF_20261124_00004001.DAT", "stamp": "1"}')["name"].startswith("DE_")
    assert masked(b'{"name": "Ann Lee", "born": "1990-01-01"}') == {"name": MASKED, "born": MASKED}
