"""TCS's vectors about dates: when a placement comes into view, and what follows when its dates are changed."""

from datetime import date

from tests.vectors.exchange import Exchanges, codes, day, gmc, only, pairs

OTHER_NPN = "EOE/RGT00/021/FY1/014"


async def test_notification_period_ends_after_13_weeks(exchanges: Exchanges) -> None:
    """On 28 February 2020 the period ends with 28 May, the day before 29 May."""
    async with exchanges.open(first=date(2020, 2, 28)) as exchange:
        post = await exchange.open_position()
        inside, outside = exchange.person(), exchange.person()
        await exchange.place(post, inside, 90, 300, siteCode="RX101")
        await exchange.place(post, outside, 91, 300, siteCode="RX102")
        [row] = await exchange.notifications()
        assert (row["nextGmc"], row["nextStartDate"]) == (gmc(inside), "20200528")
        await exchange.begin(1)
        rows = await exchange.notifications()
        assert (gmc(outside), "20200529") in [(row["nextGmc"], row["nextStartDate"]) for row in rows]


async def test_create_placement_starting_after_3_months(exchanges: Exchanges) -> None:
    """A placement that starts in five months: nothing until it comes within 13 weeks."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        await exchange.place(post, exchange.person(), 150, 300)
        assert await exchange.notifications() == []
        await exchange.begin(60)
        assert codes(await exchange.notifications()) == ["1"]


async def test_n2_next_at_13_weeks(exchanges: Exchanges) -> None:
    """Who starts in 13 weeks gets one type 1, on the day after.

    TCS asks for exactly 13 weeks; the window for ESR is under 13 weeks, and a missed day is made up for (decision 31).
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        coming = exchange.person()
        await exchange.place(post, coming, 91, 300)
        assert await exchange.notifications() == []
        await exchange.begin(1)
        rows = await exchange.notifications()
        assert (codes(rows), pairs(rows)) == (["1"], [("", gmc(coming))])


async def test_n2_two_at_13_weeks_plus_others(exchanges: Exchanges) -> None:
    """Of four placements of a post the two that start in 13 weeks make two rows, on the day after.

    TCS names the current trainee beside both; here only beside the one at the same site that comes first.
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        current, first, second, later = (exchange.person() for _ in range(4))
        await exchange.place(post, current, -100, 80)
        await exchange.place(post, first, 91, 300)
        await exchange.place(post, second, 91, 300)
        await exchange.place(post, later, 120, 300)
        assert pairs(await exchange.notifications()) == [(gmc(current), "")]
        await exchange.begin(1)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "1"]
        assert pairs(rows) == [("", gmc(second)), (gmc(current), gmc(first))]


async def test_n2_after_95_days(exchanges: Exchanges) -> None:
    """Who starts in 95 days is not told."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        await exchange.place(post, exchange.person(), 95, 300)
        assert await exchange.notifications() == []
        await exchange.begin(1)
        assert await exchange.notifications() == []


async def test_update_current_placement_with_date_change(exchanges: Exchanges) -> None:
    """Another end of a current placement: types 1 and 4 with the new end and no hire date.

    Where ESR was never sent the applicant, type 1 alone: there is nobody whose dates ESR could change.
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        other_post = await exchange.open_position(OTHER_NPN, 2)
        placement = await exchange.place(post, exchange.person(), 30, 200)
        never_sent = await exchange.place(other_post, exchange.person(), -30, 200)
        await exchange.notifications()
        await exchange.begin(40)
        await exchange.notifications()
        await exchange.change(placement, end=260)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "4"]
        assert only(rows, "1")["currentEndDate"] == day(260)
        changed = only(rows, "4")
        assert (changed["changedHireDate"], changed["changedEndDate"]) == ("", day(260))
        assert changed["currentEndDate"] == ""
        await exchange.change(never_sent, end=260)
        assert codes(await exchange.notifications()) == ["1"]


async def test_update_future_placement_with_date_change(exchanges: Exchanges) -> None:
    """Other dates of a next placement: types 1 and 4 with the new hire and end dates.

    Before the applicant is sent, it goes with the new dates instead, and only type 1 is needed.
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        other_post = await exchange.open_position(OTHER_NPN, 2)
        placement = await exchange.place(post, exchange.person(), 30, 200)
        await exchange.notifications()
        await exchange.change(placement, 40, 260)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "4"]
        assert only(rows, "1")["nextStartDate"] == day(40)
        changed = only(rows, "4")
        assert (changed["changedHireDate"], changed["changedEndDate"]) == (day(40), day(260))
        not_sent = await exchange.place(other_post, exchange.person(), 30, 200)
        await exchange.change(not_sent, 40, 260)
        [applicant] = await exchange.applicants()
        assert (applicant["projectedHireDate"], applicant["projectedEndDate"]) == (day(40), day(260))
        assert codes(await exchange.notifications()) == ["1"]


async def test_update_future_placement_beyond_3_months(exchanges: Exchanges) -> None:
    """Other dates of a placement that starts in five months, and still does: nothing."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 150, 300)
        await exchange.change(placement, 160, 320)
        assert await exchange.notifications() == []


async def test_is_eligible_for_changed_dates_notification(exchanges: Exchanges) -> None:
    """A start five months ago becomes one a month ago: type 4, without a hire date because it is past.

    TCS sends a type 1 too; it would be equal to the one that ESR has, which says no start of a current trainee (decision 6).
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 400)
        await exchange.notifications()
        await exchange.begin(180)
        assert codes(await exchange.notifications()) == ["1"]
        await exchange.change(placement, start=150)
        rows = await exchange.notifications()
        assert codes(rows) == ["4"]
        assert (rows[0]["changedHireDate"], rows[0]["changedEndDate"]) == ("", day(400))


async def test_is_eligible_for_changed_dates_notification_false_if_same(exchanges: Exchanges) -> None:
    """A placement that is saved again with the same dates: nothing."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        await exchange.notifications()
        await exchange.change(placement, 30, 200)
        assert await exchange.notifications() == []


async def test_wte_and_date_change(exchanges: Exchanges) -> None:
    """Other hours together with other dates: types 1 and 4, both with the new hours."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        await exchange.notifications()
        await exchange.begin(40)
        await exchange.notifications()
        await exchange.change(placement, end=260, wholeTimeEquivalent=0.5)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "4"]
        assert {row["currentHours"] for row in rows} == {"0.5"}
        assert only(rows, "4")["changedEndDate"] == day(260)


async def test_close(exchanges: Exchanges) -> None:
    """A current placement is closed, so that it ended yesterday: types 1 and 4.

    TCS says nothing of it, so ESR would go on paying; here every change of what was sent is told (decision 23).
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        trainee = exchange.person()
        placement = await exchange.place(post, trainee, 30, 200)
        await exchange.notifications()
        await exchange.begin(40)
        await exchange.notifications()
        await exchange.change(placement, end=39)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "4"]
        left = only(rows, "1")
        assert (left["currentGmc"], left["currentEndDate"]) == (gmc(trainee), day(39))
        assert left["postVacantAtNextRotation"] == "Y"
        assert only(rows, "4")["changedEndDate"] == day(39)
