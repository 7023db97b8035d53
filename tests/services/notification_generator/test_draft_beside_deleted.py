"""Of two trainees of a position one is back in draft, the other one is deleted: through all services, on both engines."""

from pathlib import Path

import pytest
from tests.servers import place
from tests.services.bench import Benches
from tests.vectors.exchange import Exchanges, gmc, pairs

DRAFT, APPROVED = {"lifecycleState": "DRAFT"}, {"lifecycleState": "APPROVED"}


@pytest.fixture(params=["embedded", "production"])
def exchanges(request: pytest.FixtureRequest, tmp_path: Path) -> Exchanges:
    return Exchanges(Benches(tmp_path, place() if request.param == "production" else None))


async def test_the_current_one_is_deleted_while_the_next_one_is_in_draft(exchanges: Exchanges) -> None:
    """The draft sends nothing about its own trainee; of the one who is gone ESR hears that nobody is there."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        current, following = exchange.person(), exchange.person()
        deleted = await exchange.place(post, current, -30, 39)
        placement = await exchange.place(post, following, 40, 200)
        assert pairs(await exchange.notifications()) == [(gmc(current), gmc(following))]
        await exchange.change(placement, **DRAFT)
        await exchange.delete(deleted)
        assert pairs(await exchange.notifications()) == [("", "")]
        assert await exchange.notifications() == []
        await exchange.change(placement, **APPROVED)
        assert pairs(await exchange.notifications()) == [("", gmc(following))]
