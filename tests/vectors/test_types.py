"""TCS's vectors about types: of notifications (vacant post, new post), and of placements."""

from tests.vectors.exchange import NPN, Exchanges, codes, gmc, pairs


async def test_n3_vacant_posts(exchanges: Exchanges) -> None:
    """Two left a post yesterday: two rows, vacant, nobody next; a post where somebody stays is not vacant."""
    async with exchanges.open() as exchange:
        left, other = await exchange.open_post(), await exchange.open_post("EOE/RGT00/021/FY1/014")
        one, two, third, stays = (exchange.person() for _ in range(4))
        await exchange.place(left, one, -200, -1)
        await exchange.place(left, two, -100, -1)
        await exchange.place(other, third, -100, -1)
        await exchange.place(other, stays, -100, 0)
        await exchange.reconcile(left, 1)
        await exchange.reconcile(other, 2)
        rows = await exchange.notifications()
        vacant = [row for row in rows if row["positionId"] == "1"]
        assert (codes(vacant), pairs(vacant)) == (["1", "1"], [(gmc(one), ""), (gmc(two), "")])
        for row in vacant:
            assert row["postVacantAtNextRotation"] == "Y"
            assert (row["nextLastName"], row["nextFirstName"], row["nextStartDate"]) == ("", "", "")
        assert pairs(row for row in rows if row["positionId"] == "2") == [(gmc(stays), "")]
        await exchange.begin(2)
        assert [row for row in await exchange.notifications() if row["positionId"] == "1"] == []


async def test_type_5_new_post(exchanges: Exchanges) -> None:
    """A post is created: type 5 with its number and body, vacant.

    TCS writes it for every post; here for those that a position of ESR waits for, because a row names a position.
    """
    async with exchanges.open() as exchange:
        await exchange.reconcile(NPN)
        assert await exchange.notifications() == []
        await exchange.open_post(NPN)
        await exchange.open_post("EOE/RGT00/021/FY1/014")
        [row] = await exchange.notifications()
        assert row["notificationTitleCode"] == "5"
        assert row["deaneryPostNumber"] == "EOE/RGT00/021/FY1/013"
        assert row["managingDeaneryBodyCode"] == "EOE"
        assert row["postVacantAtNextRotation"] == "Y"


async def test_types_that_count(exchanges: Exchanges) -> None:
    """Seven types of placement count, in any letter case; the four out of programme do not."""
    counting = [
        "In post",
        "IN POST - ACTING UP",
        "In post - Extension",
        "Parental Leave",
        "Long-term sick",
        "Suspended",
        "Phased Return",
    ]
    async with exchanges.open() as exchange:
        post = await exchange.open_post()
        people = {kind: exchange.person() for kind in [*counting, "OOPC", "OOPE", "OOPR", "OOPT"]}
        for kind, person in people.items():
            await exchange.place(post, person, 30, 200, placementType=kind)
        await exchange.reconcile(post)
        told = sorted(("", gmc(people[kind])) for kind in counting)
        assert pairs(await exchange.notifications()) == told
