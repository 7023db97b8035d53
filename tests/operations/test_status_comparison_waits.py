"""A comparison of statuses that waits for TCS stays alive: its caller sees each attempt. On both engines."""

from typing import Any

import msgspec
import pytest
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere

from tis_esr.engine.faults import TransientError
from tis_esr.operations.status_check.comparing import NIGHTLY, Comparer
from tis_esr.operations.status_check.stored_run import StatusRun, stored_run


async def test_each_attempt_is_a_heartbeat_while_tcs_is_unavailable(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[str] = []

    async def page(comparer: Comparer) -> StatusRun:
        attempts.append("page")
        if len(attempts) < 4:
            raise TransientError("TCS is unavailable")
        run = await stored_run(comparer._runner.work())
        assert run is not None
        return msgspec.structs.replace(run, finished_at=1.0)

    beats: list[int] = []

    def goes_on() -> bool:
        beats.append(len(attempts))
        return True

    monkeypatch.setattr(Comparer, "_page", page)
    async with benches.open("InboundDataWriter", nowhere()) as bench:
        tcs: Any = bench.tcs
        comparer = Comparer(bench.runner, tcs, ["EOE"], repairs_by=NIGHTLY, holder="one")
        await comparer.run(lambda _: None, goes_on)
    assert set(beats) >= {0, 1, 2, 3}
