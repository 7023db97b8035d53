"""TCS's vectors about who stands beside whom: a current and a next trainee at one site."""

from tests.vectors.exchange import Exchanges, Row, codes, gmc, pairs


def alone(rows: list[Row]) -> list[str]:
    """Return who is next by the rows that name nobody who is there now."""
    return [coming for now, coming in pairs(rows) if not now]


async def test_full_load_one_current_two_futures(exchanges: Exchanges) -> None:
    """One current and two next at the same site: two notifications."""
    async with exchanges.open() as exchange:
        post = await exchange.open_post()
        current, first, second = (exchange.person() for _ in range(3))
        await exchange.place(post, current, -30, 39)
        await exchange.place(post, first, 40, 200)
        await exchange.place(post, second, 47, 200)
        await exchange.reconcile(post)
        rows = await exchange.notifications()
        assert pairs(rows) == [("", gmc(second)), (gmc(current), gmc(first))]
        assert codes(rows) == ["1", "1"]


async def test_full_load_two_currents_futures_at_two_sites(exchanges: Exchanges) -> None:
    """Two current at one site, one next there and one elsewhere: three notifications."""
    async with exchanges.open() as exchange:
        post = await exchange.open_post()
        one, two, here, elsewhere = (exchange.person() for _ in range(4))
        await exchange.place(post, one, -30, 39)
        await exchange.place(post, two, -30, 39)
        await exchange.place(post, here, 40, 200)
        await exchange.place(post, elsewhere, 40, 200, siteCode="RX102")
        await exchange.reconcile(post)
        rows = await exchange.notifications()
        assert pairs(rows) == [("", gmc(elsewhere)), (gmc(one), gmc(here)), (gmc(two), "")]
        assert codes(rows) == ["1", "1", "1"]


async def test_new_placement_with_site_match(exchanges: Exchanges) -> None:
    """A new placement at the site of the current trainee, in any letter case: one type 1 that names both."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        current, coming = exchange.person(), exchange.person()
        await exchange.place(post, current, -30, 39, siteCode="rx101")
        await exchange.notifications()
        await exchange.place(post, coming, 40, 200, siteCode="RX101")
        assert pairs(await exchange.notifications()) == [(gmc(current), gmc(coming))]


async def test_new_placement_without_site_match(exchanges: Exchanges) -> None:
    """A new placement at another site, or where neither site is known: one type 1 that names only the new trainee."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        current, elsewhere = exchange.person(), exchange.person()
        await exchange.place(post, current, -30, 39)
        await exchange.notifications()
        await exchange.place(post, elsewhere, 40, 200, siteCode="RX102")
        assert alone(await exchange.notifications()) == [gmc(elsewhere)]
        unknown = await exchange.open_position("EOE/RGT00/021/FY1/014", 2)
        await exchange.place(unknown, current, -30, 39, siteCode=None)
        await exchange.notifications()
        coming = exchange.person()
        await exchange.place(unknown, coming, 40, 200, siteCode=None)
        assert alone(await exchange.notifications()) == [gmc(coming)]


async def test_earliest_eligible_with_current(exchanges: Exchanges) -> None:
    """Who comes within 13 weeks is named beside the current trainee; where nobody does, nothing is told."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        current, coming = exchange.person(), exchange.person()
        await exchange.place(post, current, -30, 80)
        await exchange.place(post, coming, 92, 300)
        assert pairs(await exchange.notifications()) == [(gmc(current), "")]
        await exchange.begin(1)
        assert await exchange.notifications() == []
        await exchange.begin(2)
        assert pairs(await exchange.notifications()) == [(gmc(current), gmc(coming))]


async def test_earliest_eligible_without_current(exchanges: Exchanges) -> None:
    """Who comes within 13 weeks to an empty post is named alone."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        coming = exchange.person()
        await exchange.place(post, coming, 92, 300)
        await exchange.begin(2)
        assert pairs(await exchange.notifications()) == [("", gmc(coming))]
