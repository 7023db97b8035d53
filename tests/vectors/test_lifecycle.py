"""TCS's vectors about states: drafts and approved placements, exported placements, positions of a post."""

from tests.vectors.exchange import Exchanges, codes, day, only

DRAFT, APPROVED = {"lifecycleState": "DRAFT"}, {"lifecycleState": "APPROVED"}


async def test_create_draft_placement(exchanges: Exchanges) -> None:
    """A draft: neither an applicant nor a notification; approved for the first time: both."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200, **DRAFT)
        assert await exchange.applicants() == []
        assert await exchange.notifications() == []
        await exchange.change(placement, **APPROVED)
        assert len(await exchange.applicants()) == 1
        assert codes(await exchange.notifications()) == ["1"]


async def test_is_eligible_for_changed_dates_notification_false_if_draft(exchanges: Exchanges) -> None:
    """A placement goes back to draft with other dates: nothing."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        await exchange.notifications()
        await exchange.change(placement, 40, 260, **DRAFT)
        assert await exchange.notifications() == []


async def test_approved_to_draft_with_other_dates_to_approved(exchanges: Exchanges) -> None:
    """Dates are compared with what was approved last: three notifications altogether."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        rows = await exchange.notifications()
        await exchange.change(placement, 40, **DRAFT)
        rows += await exchange.notifications()
        await exchange.change(placement, **APPROVED)
        rows += await exchange.notifications()
        assert codes(rows) == ["1", "1", "4"]
        assert only(rows, "4")["changedHireDate"] == day(40)


async def test_approved_to_draft_changed_back_to_approved(exchanges: Exchanges) -> None:
    """Dates that are changed in the draft and changed back before it is approved: one notification altogether."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        rows = await exchange.notifications()
        await exchange.change(placement, 40, **DRAFT)
        rows += await exchange.notifications()
        await exchange.change(placement, 30, **APPROVED)
        rows += await exchange.notifications()
        assert codes(rows) == ["1"]


async def test_mark_placement_as_esr_exported(exchanges: Exchanges) -> None:
    """An applicant that was sent is entered in TIS with its file and position; where TIS has the placement no more, somebody is told."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        kept = await exchange.place(post, exchange.person(), 30, 200)
        gone = await exchange.place(post, exchange.person(), 31, 200)
        assert await exchange.enter("DELETE", f"placements/{gone['id']}") == 200
        assert len(await exchange.applicants()) == 2
        exchange.parked = [
            f"placement {gone['id']} was sent to ESR in DE_EOE_APP_20261124_00000008.DAT but is no longer in TIS"
        ]
        events = exchange.bench.tcs.store.placement_events
        assert events.keys() == {kept["id"]}
        [event] = events[kept["id"]]
        assert event["filename"] == "DE_EOE_APP_20261124_00000008.DAT"
        assert (event["positionId"], event["positionNumber"], event["status"]) == (1, 1001, "EXPORTED")


async def test_validate_npn_for_placement_exported_to_esr(exchanges: Exchanges) -> None:
    """Once its applicant was sent, TIS keeps a placement in its post."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        other = await exchange.open_post("EOE/RGT00/021/FY1/014")
        placement = await exchange.place(post, exchange.person(), 30, 200)
        moved = {**placement, "postId": other["id"], "nationalPostNumber": other["nationalPostNumber"]}
        assert await exchange.enter("PUT", "placements", moved) == 200
        assert await exchange.enter("PUT", "placements", placement) == 200
        await exchange.applicants()
        assert await exchange.enter("PUT", "placements", moved) == 400


async def test_post_esr_latest_event_view(exchanges: Exchanges) -> None:
    """Of two positions of a post one is deleted by ESR: TIS lists the other one."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position(position=1)
        await exchange.reconcile(post, 2)
        assert exchange.bench.tcs.listed(post["id"]) == [(1, 1001), (2, 1002)]
        await exchange.begin(1)
        await exchange.reconcile(post, 1, indicator="D")
        assert exchange.bench.tcs.listed(post["id"]) == [(2, 1002)]
