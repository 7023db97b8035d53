"""A trainee who has a placement, loses it and has it again: ESR is sent each of it once, and is left with nobody too many."""

from tests.services.bench import Benches
from tests.vectors.exchange import Exchanges, codes, gmc, only


async def test_back_before_the_withdrawal_was_sent_nobody_is_sent_twice(benches: Benches) -> None:
    """With another start: a change of dates, and no second applicant."""
    async with Exchanges(benches).open() as exchange:
        post = await exchange.open_position()
        first, other = exchange.person(), exchange.person()
        placement = await exchange.place(post, first, 40, 200)
        await exchange.notifications()
        await exchange.change(placement, traineeId=other["id"])
        await exchange.change(placement, start=45, traineeId=first["id"])
        assert await exchange.applicants() == []
        assert codes(await exchange.notifications()) == ["1", "4"]


async def test_each_time_the_trainee_is_lost_again_they_are_withdrawn_again(benches: Benches) -> None:
    """Also if ESR was sent no notification of their return."""
    async with Exchanges(benches).open() as exchange:
        post = await exchange.open_position()
        first, other = exchange.person(), exchange.person()
        placement = await exchange.place(post, first, 40, 200)
        await exchange.notifications()
        await exchange.change(placement, traineeId=other["id"])
        assert only(await exchange.notifications(), "2")["withdrawnGmc"] == gmc(first)
        await exchange.begin(1)
        await exchange.change(placement, traineeId=first["id"])
        assert [row["lastName"] for row in await exchange.applicants()] == [
            first["contactDetails"]["legalSurname"]
        ]
        await exchange.change(placement, traineeId=other["id"])
        assert only(await exchange.notifications(), "2")["withdrawnGmc"] == gmc(first)


async def test_who_is_back_after_the_withdrawal_is_an_applicant_and_no_change_of_dates(
    benches: Benches,
) -> None:
    async with Exchanges(benches).open() as exchange:
        post = await exchange.open_position()
        first, other = exchange.person(), exchange.person()
        placement = await exchange.place(post, first, 40, 200)
        await exchange.notifications()
        await exchange.change(placement, traineeId=other["id"])
        await exchange.notifications()
        await exchange.begin(1)
        await exchange.change(placement, start=100, traineeId=first["id"])
        assert codes(await exchange.notifications()) == ["1", "2"], "not in the window: nobody to change"
        await exchange.begin(20)
        rows = await exchange.notifications()
        assert codes(rows) == ["1"]
