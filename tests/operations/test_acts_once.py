"""Acts that are sent twice are done once, on both engines, in one unit of work or several."""

import asyncio
from random import Random

import pytest
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.errors import UsageError
from tis_esr.operations.access.acts_once import ACTS_DONE, ActDone, UnauditedActError, once, once_in_steps
from tis_esr.operations.audit.trail import Person, entries, record
from tis_esr.operations.batches.errors import UnknownBatchError
from tis_esr.simulation.days.generated_world import World

ANN = Person("ann", "console")


async def audited(bench: Bench, token: str) -> ActDone:
    async def do(work: Work) -> str:
        await record(work, ANN, "test.act", [token])
        return "done"

    return await once(bench.runner, token, "ann", "/test", do)


async def test_two_clicks_at_one_moment_do_an_act_once(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        found = await asyncio.gather(*(audited(bench, "one") for _ in range(4)))
        assert {done.result for done in found} == {"done"}
        await audited(bench, "two")
        assert [entry.on for entry in entries(bench.reader())] == [["two"], ["one"]]


@pytest.mark.parametrize("refusal", [UsageError("ID", "is paused already"), RuntimeError()])
async def test_a_click_that_finds_the_act_done_by_the_first_one_is_not_told_that_nothing_was_done(
    benches: Benches, refusal: Exception
) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:

        async def second(_: Work) -> str:
            await audited(bench, "one")
            raise refusal

        async def alone(_: Work) -> str:
            raise refusal

        assert (await once(bench.runner, "one", "ann", "/test", second)).result == "done"
        with pytest.raises(type(refusal)):
            await once(bench.runner, "two", "ann", "/test", alone)
        assert [entry.on for entry in entries(bench.reader())] == [["one"]]


async def test_an_act_in_steps_is_begun_once_and_says_so_while_it_has_no_result(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        times = 0

        async def dies(_: Runner) -> str:
            nonlocal times
            times += 1
            raise RuntimeError

        with pytest.raises(RuntimeError):
            await once_in_steps(bench.runner, "one", "ann", "/test", dies)
        again = await once_in_steps(bench.runner, "one", "ann", "/test", dies)
        assert (times, again.result) == (1, "")


@pytest.mark.parametrize("refusal", [UsageError("ID", "is unknown"), UnknownBatchError("B7")])
async def test_an_act_in_steps_that_was_refused_can_be_sent_again(
    benches: Benches, refusal: Exception
) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:

        async def refuses(_: Runner) -> str:
            raise refusal

        async def does(_: Runner) -> str:
            return "done"

        with pytest.raises(type(refusal)):
            await once_in_steps(bench.runner, "one", "ann", "/test", refuses)
        assert await bench.all(ACTS_DONE) == {}
        for _ in range(2):
            assert (await once_in_steps(bench.runner, "one", "ann", "/test", does)).result == "done"


async def test_an_act_that_leaves_no_entry_in_the_audit_does_not_take_effect(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:

        async def forgets(_: Work) -> str:
            return "done"

        with pytest.raises(UnauditedActError, match="/test"):
            await once(bench.runner, "one", "ann", "/test", forgets)
        assert await bench.all(ACTS_DONE) == {}
