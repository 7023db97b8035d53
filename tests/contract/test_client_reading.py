"""What the client makes of answers that are not quite as agreed (incident A8, dirty data)."""

import pytest
from tests.contract.scripted_tcs import Reply, asking

from tis_esr.tcs.tcs_errors import TcsUnreadableError


async def test_unknown_fields_and_values_of_enumerations_are_no_trouble() -> None:
    placement = {"id": 5, "lifecycleState": "PAUSED", "placementType": "Space Leave", "novelty": {"a": [1]}}
    async with asking(Reply(placement)) as (tcs, _):
        found = await tcs.placement(5)

    assert found
    assert (found.lifecycle_state, found.placement_type) == ("PAUSED", "Space Leave")


async def test_nulls_and_missing_fields_are_none() -> None:
    person = {
        "id": 50,
        "contactDetails": None,
        "gmcDetails": {"id": 50, "gmcNumber": None, "gmcEndDate": None},
    }
    async with asking(Reply([person])) as (tcs, _):
        found = (await tcs.people([50]))[50]

    assert found.contact_details is None
    assert found.personal_details is None
    assert found.gmc_details
    assert found.gmc_details.gmc_number is None


async def test_a_date_that_is_none_costs_only_itself() -> None:
    people = [
        {"id": 50, "personalDetails": {"id": 50, "dateOfBirth": "+19900-01-01", "gender": "Female"}},
        {"id": 51, "personalDetails": {"id": 51, "dateOfBirth": "1990-02-03"}},
        {"id": 52, "personalDetails": {"id": 52, "dateOfBirth": "0000-00-00"}},
    ]
    async with asking(Reply(people)) as (tcs, _):
        found = await tcs.people([50, 51, 52])

    births = {
        person.id: person.personal_details and person.personal_details.date_of_birth
        for person in found.values()
    }
    assert {person_id: str(birth) for person_id, birth in births.items()} == {
        50: "None",
        51: "1990-02-03",
        52: "None",
    }
    assert found[50].personal_details
    assert found[50].personal_details.gender == "Female"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Welcome to nginx!</body></html>",
        b"",
        b'[{"id": 5',
        {"content": []},
        [{"name": "no id", "owner": number} for number in range(3)],
        [{"id": "five"}, {"id": "six"}, {"id": "seven"}],
        [{"id": number, "status": {"name": "CURRENT"}} for number in range(3)],
    ],
)
async def test_an_answer_that_is_not_tcss_is_unreadable_and_not_taken_for_no_posts(body: object) -> None:
    async with asking(Reply(body), attempts=2) as (tcs, script):
        with pytest.raises(TcsUnreadableError) as caught:
            await tcs.posts_by_npn(["EOE/1"])

    assert "GET /api/posts/in/{npns} answered 200, but not with a list of posts" in str(caught.value)
    assert len(script.requests) == 2


async def test_a_404_with_a_body_comes_from_something_before_tcs_and_is_not_taken_for_gone() -> None:
    proxy = Reply(b"404 page not found", status=404)
    async with asking(proxy, attempts=1) as (tcs, _):
        with pytest.raises(TcsUnreadableError, match="unexpected response 404"):
            await tcs.post(1)


async def test_a_404_for_a_list_says_that_this_is_not_tcss_address() -> None:
    async with asking(Reply(status=404), attempts=1) as (tcs, _):
        with pytest.raises(TcsUnreadableError, match="context path"):
            await tcs.posts_by_npn(["EOE/1"])


async def test_a_redirection_to_a_login_page_is_not_followed() -> None:
    async with asking(Reply(status=302, headers={"Location": "/login"}), attempts=1) as (tcs, script):
        with pytest.raises(TcsUnreadableError, match="unexpected response 302"):
            await tcs.post(1)

    assert script.paths == ["/tcs/api/posts/1"]
