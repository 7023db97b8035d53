"""TCS's vectors about placements that are deleted: who is withdrawn, and who is then now and next."""

from tests.vectors.exchange import Exchanges, codes, gmc, only, pairs


async def test_delete_draft_placement(exchanges: Exchanges) -> None:
    """A draft is deleted: nothing."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        draft = await exchange.place(post, exchange.person(), 30, 200, lifecycleState="DRAFT")
        await exchange.delete(draft)
        assert await exchange.notifications() == []


async def test_delete_future_placement_having_no_current_placement(exchanges: Exchanges) -> None:
    """One of two next is deleted: types 1 and 2, reason 3, and the other one is next.

    Before the applicant was sent: nobody is withdrawn, ESR never heard of them.
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        gone, other = exchange.person(), exchange.person()
        deleted = await exchange.place(post, gone, 30, 200)
        await exchange.place(post, other, 40, 200)
        await exchange.notifications()
        await exchange.delete(deleted)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "2"]
        assert pairs(rows) == [("", gmc(other))]
        withdrawn = only(rows, "2")
        contact = gone["contactDetails"]
        assert withdrawn["withdrawnGmc"] == gmc(gone)
        assert withdrawn["withdrawnLastName"] == contact["legalSurname"]
        assert withdrawn["withdrawnFirstName"] == contact["legalForenames"]
        assert withdrawn["withdrawalReason"] == "3"
        assert withdrawn["postVacantAtNextRotation"] == "N"
        never_sent = await exchange.place(post, exchange.person(), 50, 200)
        await exchange.delete(never_sent)
        assert await exchange.notifications() == []


async def test_delete_future_placement_having_current_placement(exchanges: Exchanges) -> None:
    """The next one is deleted while somebody is there: types 1 and 2, and nobody is next, least of all the deleted one."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        current, gone = exchange.person(), exchange.person()
        await exchange.place(post, current, -30, 39)
        deleted = await exchange.place(post, gone, 40, 200)
        assert pairs(await exchange.notifications()) == [(gmc(current), gmc(gone))]
        await exchange.delete(deleted)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "2"]
        assert pairs(rows) == [(gmc(current), "")]
        withdrawn = only(rows, "2")
        assert (withdrawn["currentGmc"], withdrawn["withdrawnGmc"]) == (gmc(current), gmc(gone))
        assert withdrawn["withdrawalReason"] == "3"
        assert {row["postVacantAtNextRotation"] for row in rows} == {"Y"}


async def test_delete_future_placement_starting_after_3_months(exchanges: Exchanges) -> None:
    """A placement that starts in five months is deleted: nothing."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        far = await exchange.place(post, exchange.person(), 150, 300)
        assert await exchange.notifications() == []
        await exchange.delete(far)
        assert await exchange.notifications() == []
