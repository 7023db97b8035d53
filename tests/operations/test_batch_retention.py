"""A batch and its messages are kept, and removed, together. On both engines."""

from tests.operations.parked_desk import ANN, Desk, desk
from tests.services.bench import Benches
from tests.services.old_things import ago, purge
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.batches.control import BatchAct, control
from tis_esr.operations.batches.documents import BATCHES, ITEMS
from tis_esr.operations.own_retention import OWN_RULES


async def kept(here: Desk) -> tuple[int, int]:
    """Purge as of today; return how many batches and messages of them are left, as the dry run said."""
    before = len(await here.bench.all(BATCHES)), len(await here.bench.all(ITEMS))
    would = (await purge(here.bench, more=OWN_RULES).dry_run(TODAY)).removed
    assert await purge(here.bench, more=OWN_RULES).again(TODAY) is not None
    after = len(await here.bench.all(BATCHES)), len(await here.bench.all(ITEMS))
    assert (before[0] - would.get(BATCHES.name, 0), before[1] - would.get(ITEMS.name, 0)) == after
    return after


async def test_a_batch_keeps_its_oldest_messages_until_it_goes_itself(benches: Benches) -> None:
    async with desk(benches) as here:
        here.bench.today[0] = ago(150)
        batch = await here.begin(await here.park(1, 2, 3))
        here.bench.today[0] = ago(50)
        await here.steps()
        assert here.batch(batch.id)[0].is_open is False
        here.bench.today[0] = TODAY
        assert await kept(here) == (1, 3)


async def test_an_old_batch_goes_with_all_its_messages_and_one_that_is_open_stays(benches: Benches) -> None:
    async with desk(benches) as here:
        here.bench.today[0] = ago(150)
        messages = await here.park(1, 2, 3, 4)
        await here.begin(messages[:2])
        await here.steps()
        paused = await here.begin(messages[2:])
        await control(here.bench.runner, ANN, paused.id, BatchAct.PAUSE, "TCS is slow")
        here.bench.today[0] = TODAY
        assert await kept(here) == (1, 2)
        assert here.batch(paused.id)[0].is_open
