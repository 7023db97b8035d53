"""TCS's vectors about what a notification says: who is told, with which names, hours, VPDs and bodies."""

from tests.vectors.exchange import NPN, Exchanges, codes, only


async def test_create_placement(exchanges: Exchanges) -> None:
    """An approved placement that starts in a month: exactly one type 1."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        await exchange.place(post, exchange.person(), 30, 200)
        assert codes(await exchange.notifications()) == ["1"]


async def test_n1_next_to_current_trainee(exchanges: Exchanges) -> None:
    """The leaver at half time and the starter at full time in one row, told before the change and not on its day.

    TCS writes this row on the day on which the starter begins; ESR then hears that the starter is now there (decision 31).
    """
    async with exchanges.open() as exchange:
        leaver = exchange.person(legalSurname="Specimen-Leaver", legalForenames="Testa")
        starter = exchange.person(legalSurname="Sample-Starter", legalForenames="Proba")
        post = await exchange.open_position(NPN)
        await exchange.place(post, leaver, -100, 9, wholeTimeEquivalent=0.5)
        await exchange.place(post, starter, 10, 200, wholeTimeEquivalent=1.0)
        row = only(await exchange.notifications(), "1")
        assert row["deaneryPostNumber"] == "EOE/RGT00/021/FY1/013"
        assert row["managingDeaneryBodyCode"] == "EOE"
        assert (row["currentLastName"], row["currentFirstName"]) == ("Specimen-Leaver", "Testa")
        assert (row["nextLastName"], row["nextFirstName"]) == ("Sample-Starter", "Proba")
        assert (row["currentGmc"], row["nextGmc"]) == ("7200001", "7200002")
        assert (row["currentHours"], row["hours"]) == ("0.5", "1.0")
        await exchange.begin(9)
        assert await exchange.notifications() == []
        await exchange.begin(10)
        began = only(await exchange.notifications(), "1")
        assert (began["currentLastName"], began["currentHours"], began["nextLastName"]) == (
            "Sample-Starter",
            "1.0",
            "",
        )


async def test_vpds_of_the_other_placements(exchanges: Exchanges) -> None:
    """The VPD of each trainee's other post, as ESR's own rows have it.

    TCS writes the name of its site (Site Surgery 01 and 02), which is no VPD; ESR refuses anything but three digits.
    """
    async with exchanges.open() as exchange:
        here = await exchange.open_position(NPN, 1, employingOrgVPDCode="1")
        there = await exchange.open_position("EOE/RGT00/021/FY1/014", 2, employingOrgVPDCode="2")
        moving = exchange.person()
        await exchange.place(here, moving, -100, 29)
        await exchange.place(there, moving, 30, 200)
        rows = {row["positionId"]: row for row in await exchange.notifications()}
        assert rows["1"]["currentVpdForNext"] == "002"
        assert rows["2"]["nextCurrentVpd"] == "001"


async def test_deanery_body_override(exchanges: Exchanges) -> None:
    """The managing body is the deanery that the position came from, whatever the post number begins with."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position("LDN/RGT00/021/FY1/013", deanery="KSS")
        await exchange.place(post, exchange.person(), -100, 100)
        row = only(await exchange.notifications(), "1")
        assert row["managingDeaneryBodyCode"] == "KSS"


async def test_wte_change_alone(exchanges: Exchanges) -> None:
    """Other hours of the current trainee: one type 1 with the new ones."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), -100, 100)
        assert only(await exchange.notifications(), "1")["currentHours"] == "1.0"
        await exchange.change(placement, wholeTimeEquivalent=0.6)
        rows = await exchange.notifications()
        assert codes(rows) == ["1"]
        assert rows[0]["currentHours"] == "0.6"


async def test_wte_of_current(exchanges: Exchanges) -> None:
    """Hours of the current trainee from a half to full time: type 1 with 1.0."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), -100, 100, wholeTimeEquivalent=0.5)
        await exchange.notifications()
        await exchange.change(placement, wholeTimeEquivalent=1.0)
        rows = await exchange.notifications()
        assert [(row["notificationTitleCode"], row["currentHours"]) for row in rows] == [("1", "1.0")]


async def test_wte_of_future(exchanges: Exchanges) -> None:
    """Other hours of the next trainee: type 1 with the new ones.

    TCS says nothing until they begin; here a type 1 that names them is made again when they change (decision 23).
    """
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        assert only(await exchange.notifications(), "1")["hours"] == "1.0"
        await exchange.change(placement, wholeTimeEquivalent=0.5)
        rows = await exchange.notifications()
        assert [(row["notificationTitleCode"], row["hours"]) for row in rows] == [("1", "0.5")]


async def test_is_eligible_for_changed_whole_time_equivalent(exchanges: Exchanges) -> None:
    """Hours where TIS had none before are a change; the same hours again are none."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), -100, 100, wholeTimeEquivalent=None)
        assert only(await exchange.notifications(), "1")["currentHours"] == ""
        await exchange.change(placement, wholeTimeEquivalent=0.8)
        assert only(await exchange.notifications(), "1")["currentHours"] == "0.8"
        await exchange.change(placement, wholeTimeEquivalent=0.8)
        assert await exchange.notifications() == []


async def test_whole_time_equivalent_above_one(exchanges: Exchanges) -> None:
    """TCS refuses more than full time with 400, so ESR keeps the hours that it has."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), -100, 100)
        await exchange.notifications()
        assert await exchange.enter("PUT", "placements", {**placement, "wholeTimeEquivalent": 1.2}) == 400
        await exchange.begin(1)
        assert await exchange.notifications() == []
