"""Which parked messages a choice reads: the store leaves the others out, on both engines."""

from contextlib import closing
from typing import Any

import pytest
from tests.operations.parked_desk import FAILED, LATER, QUEUE, desk
from tests.services.bench import Benches, message
from tests.services.conftest import benches, embedded

from tis_esr.engine.envelope import derived_id
from tis_esr.engine.reader_protocol import Among
from tis_esr.operations.parked.listing import NONE
from tis_esr.parking_causes import ParkingCause

__all__ = ["benches", "embedded"]
EMD = "DE_EMD_RMC_20261124_00000102.DAT"
EOE = "DE_EOE_RMC_20261124_00000101.DAT"
OTHER = ("no cause was stored", ParkingCause.OTHER)


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        ({}, [1, 2, 4, 7, 9, 11]),
        ({"cause": ParkingCause.TCS_FAILED}, [4]),
        ({"cause": ParkingCause.OTHER}, [7]),
        ({"deanery": "EMD"}, [11]),
        ({"deanery": NONE}, [9]),
        ({"file": EOE}, [1, 2, 4, 7]),
        ({"file": NONE}, [9]),
        ({"ids": [derived_id(QUEUE, n) for n in (2, 11, 99)]}, [2, 11]),
        ({"ids": [derived_id(QUEUE, n) for n in (2, 11)], "deanery": "EMD"}, [11]),
        ({"deanery": "KSS"}, []),
    ],
)
async def test_a_choice_reads_its_messages_alone(
    choice: dict[str, Any], numbers: list[int], benches: Benches
) -> None:
    async with desk(benches) as here:
        await here.park(1, 2)
        await here.park(4, fault=FAILED)
        await here.park(7, fault=OTHER)
        await here.park(11, file=EMD)
        here.faults[9] = FAILED[0], ParkingCause.TCS_REJECTED
        without = message(QUEUE, 9, {"n": 9}, "", row=0)
        here.sent[without.id] = 9
        await here.bench.send(without)
        await here.bench.runner.drain([QUEUE])
        assert [here.sent[one.id] for one in here.parked(**choice)] == numbers


async def test_the_store_itself_leaves_the_others_out(benches: Benches) -> None:
    async with desk(benches) as here:
        await here.park(1)
        await here.park(11, file=EMD)
        with closing(here.bench.reader()) as reader:
            found = reader.parked(Among(deanery="EMD", cause="tcs-rejected"))
            assert reader.parked(Among(ids=[derived_id(QUEUE, 1)], source_file=EMD)) == []
    assert [one.id for one in found] == [derived_id(QUEUE, 11)]
    assert found[0].parked_since < LATER
