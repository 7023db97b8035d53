"""Each call of the client: what it sends, and what it makes of the answer."""

from datetime import UTC, date, datetime

import pytest
from tests.contract.scripted_tcs import Reply, asking

from tis_esr.tcs.models import Absence
from tis_esr.tcs.tcs_errors import TcsConflictError, TcsNotFoundError, TcsRefusedError
from tis_esr.tcs.transport import Counted

GONE = Reply(status=404)


async def test_posts_are_found_by_their_exact_number_first() -> None:
    posts = [{"id": 1, "nationalPostNumber": "EOE/1"}, {"id": 2, "nationalPostNumber": "eoe/1"}]
    async with asking(Reply(posts)) as (tcs, _):
        found = await tcs.posts_by_npn(["EOE/1", "eoe/1"])

    assert {npn: [post.id for post in posts] for npn, posts in found.items()} == {"EOE/1": [1], "eoe/1": [2]}


async def test_posts_are_found_in_another_case_else() -> None:
    posts = [{"id": 1, "nationalPostNumber": "Eoe/1"}, {"id": 2, "nationalPostNumber": "EOE/1 "}]
    async with asking(Reply(posts)) as (tcs, _):
        found = await tcs.posts_by_npn(["EOE/1", "EOE/2"])

    assert {npn: [post.id for post in posts] for npn, posts in found.items()} == {
        "EOE/1": [1, 2],
        "EOE/2": [],
    }


async def test_a_leading_blank_makes_another_post_number() -> None:
    async with asking(Reply([{"id": 1, "nationalPostNumber": " EOE/1"}])) as (tcs, _):
        found = await tcs.posts_by_npn(["EOE/1", " EOE/1"])

    assert {npn: len(posts) for npn, posts in found.items()} == {"EOE/1": 0, " EOE/1": 1}


async def test_a_post_tells_the_positions_linked_to_it() -> None:
    event = {
        "eventDateTime": "2022-04-04T11:21:00",
        "filename": "DE_EOE_RMC_20220404_00000123.DAT",
        "postId": 195127,
        "positionNumber": 32658411,
        "positionId": 7409177,
        "status": "RECONCILED",
    }
    async with asking(Reply({"id": 195127, "currentReconciledEvents": [event]})) as (tcs, script):
        post = await tcs.post(195127)

    assert script.paths == ["/tcs/api/posts/195127"]
    assert post
    assert post.current_reconciled_events
    assert post.current_reconciled_events[0].position_id == 7409177


async def test_a_placement_tells_what_was_sent_of_it() -> None:
    event = {
        "exportedAt": "2021-05-06T09:08:38.000+00:00",
        "filename": "DE_EOE_APP_20210506_00002690.DAT",
        "placementId": None,
        "positionNumber": 1111,
        "positionId": 2222,
        "status": "EXPORTED",
    }
    async with asking(Reply({"id": 5, "esrEvents": [event], "wholeTimeEquivalent": 0.80})) as (tcs, script):
        placement = await tcs.placement(5)

    assert script.paths == ["/tcs/api/placements/5"]
    assert placement
    assert placement.whole_time_equivalent == 0.8
    assert placement.esr_events
    assert placement.esr_events[0].exported_at == datetime(2021, 5, 6, 9, 8, 38, tzinfo=UTC)


async def test_what_tcs_does_not_have_is_none() -> None:
    async with asking(GONE) as (tcs, _):
        assert await tcs.post(1) is None
        assert await tcs.placement(1) is None
        assert await tcs.absence("77") is None
        assert await tcs.training_number(1) is None


async def test_people_are_asked_200_at_a_time_and_the_unknown_are_left_out() -> None:
    async with asking(Reply([{"id": 1}]), Reply([{"id": 300}]), concurrency=1) as (tcs, script):
        found = await tcs.people(range(1, 302))

    assert sorted(found) == [1, 300]
    assert [len(path.split(",")) for path in script.paths] == [200, 101]


async def test_people_are_found_by_gmc_number_all_of_them() -> None:
    details = [{"id": 10, "gmcNumber": "7000001"}, {"id": 11, "gmcNumber": "7000001"}]
    async with asking(Reply(details)) as (tcs, script):
        found = await tcs.people_by_gmc(["7000001", "7000002", " 7000001"])

    assert found == {"7000001": [10, 11], "7000002": [], " 7000001": [10, 11]}
    assert script.paths[0].startswith("/tcs/api/gmc-details/in/7000001,7000002")


async def test_numbers_that_are_nobodys_are_not_asked() -> None:
    async with asking(Reply([])) as (tcs, script):
        assert await tcs.people_by_gmc(["UNKNOWN", "N/A", "", "unknown"]) == {
            "UNKNOWN": [],
            "N/A": [],
            "": [],
            "unknown": [],
        }

    assert script.paths == []


async def test_people_are_found_by_gdc_number() -> None:
    async with asking(Reply([{"id": 12, "gdcNumber": "D12345"}])) as (tcs, script):
        assert await tcs.people_by_gdc(["d12345"]) == {"d12345": [12]}

    assert script.paths == ["/tcs/api/gdc-details/in/d12345"]


async def test_the_training_number_is_that_of_the_programme_that_starts_last() -> None:
    memberships = [
        {"programmeStartDate": "2019-08-07", "trainingNumber": {"trainingNumber": "EAN/FND/7000001/D"}},
        {"programmeStartDate": "2021-08-04", "trainingNumber": {"trainingNumber": "EAN/021/7000001/C"}},
        {"programmeStartDate": "2023-08-02", "trainingNumber": {"trainingNumber": None}},
        {"programmeStartDate": None, "trainingNumber": None},
    ]
    async with asking(Reply(memberships)) as (tcs, script):
        assert await tcs.training_number(50) == "EAN/021/7000001/C"

    assert script.paths == ["/tcs/api/trainee/50/programme-memberships"]


async def test_only_changed_details_and_the_person_are_sent() -> None:
    async with asking(Reply({"id": 50, "address1": "1 Example Street"})) as (tcs, script):
        await tcs.patch_contact_details(50, {"address1": "1 Example Street", "address2": ""})
        await tcs.patch_personal_details(50, {"gender": "Female"})

    assert [(r.method, r.path, r.body) for r in script.requests] == [
        ("PATCH", "/tcs/api/contact-details/50", {"id": 50, "address1": "1 Example Street", "address2": ""}),
        ("PATCH", "/tcs/api/personal-details/50", {"id": 50, "gender": "Female"}),
    ]
    assert script.requests[0].headers["Content-Type"] == "application/json"


async def test_an_unknown_person_is_refused_without_telling_what_was_sent() -> None:
    echo = Reply({"id": 50, "surname": "Specimen", "message": "Testa Specimen"}, status=400)
    async with asking(echo) as (tcs, _):
        with pytest.raises(TcsRefusedError) as caught:
            await tcs.patch_contact_details(50, {"surname": "Specimen"})

    assert "Specimen" not in str(caught.value)
    assert "PATCH /api/contact-details/{id} answered 400" in str(caught.value)


async def test_a_refusal_names_the_fields_and_not_their_values() -> None:
    body = {
        "message": "error.validation",
        "description": None,
        "fieldErrors": [
            {"objectName": "ContactDetailsDTO", "field": "title", "message": "title Specimen does not exist"},
            {"objectName": None, "field": None, "message": "text of a parser"},
        ],
    }
    async with asking(Reply(body, status=400)) as (tcs, _):
        with pytest.raises(TcsRefusedError) as caught:
            await tcs.patch_contact_details(50, {"title": "Specimen"})

    assert (caught.value.reason, caught.value.fields, caught.value.status) == (
        "error.validation",
        ("title",),
        400,
    )
    assert "Specimen" not in str(caught.value)


async def test_an_absence_is_found_by_esrs_id_and_its_version_kept_as_text() -> None:
    stored = {
        "id": 9,
        "absenceAttendanceId": "22/22",
        "startDate": "2020-01-01",
        "endDate": "2020-02-01",
        "durationInDays": 30,
        "personId": 9999,
        "amendedDate": "2020-01-16T21:58:58.15",
    }
    async with asking(Reply(stored)) as (tcs, script):
        absence = await tcs.absence("22/22")

    assert script.paths == ["/tcs/api/absence/absenceId/22%2F22"]
    assert absence == Absence(
        id=9,
        absence_attendance_id="22/22",
        start_date=date(2020, 1, 1),
        end_date=date(2020, 2, 1),
        duration_in_days=30,
        person_id=9999,
        amended_date="2020-01-16T21:58:58.15",
    )


async def test_an_absence_with_a_blank_id_is_not_asked_for() -> None:
    async with asking(GONE) as (tcs, script):
        assert await tcs.absence(" ") is None

    assert script.paths == []


async def test_a_new_absence_is_sent_without_an_id_and_200_means_stored() -> None:
    async with asking(Reply({"id": 9, "absenceAttendanceId": "2222", "personId": 9999})) as (tcs, script):
        new = Absence(absence_attendance_id="2222", person_id=9999, start_date=date(2020, 1, 1))
        assert (await tcs.create_absence(new)).id == 9

    request = script.requests[0]
    assert (request.method, request.path) == ("POST", "/tcs/api/absence")
    assert request.body == {
        "id": None,
        "absenceAttendanceId": "2222",
        "personId": 9999,
        "startDate": "2020-01-01",
        "endDate": None,
        "durationInDays": None,
        "amendedDate": None,
    }


async def test_a_changed_absence_carries_its_id_and_explicit_nulls() -> None:
    async with asking(Reply({"id": 9})) as (tcs, script):
        await tcs.patch_absence(
            9, {"endDate": None, "startDate": date(2020, 1, 2), "amendedDate": "2020-01-16T21:58"}
        )

    request = script.requests[0]
    assert (request.method, request.path) == ("PATCH", "/tcs/api/absence/9")
    assert request.body == {
        "id": 9,
        "endDate": None,
        "startDate": "2020-01-02",
        "amendedDate": "2020-01-16T21:58",
    }


async def test_a_stale_absence_is_a_conflict_and_not_tried_again() -> None:
    async with asking(Reply({"message": "error.concurrencyFailure"}, status=409)) as (tcs, script):
        with pytest.raises(TcsConflictError, match="Read the record again"):
            await tcs.patch_absence(9, {"amendedDate": "2020-01-16T21:58:58.15"})

    assert len(script.requests) == 1


async def test_an_absence_that_is_gone_can_not_be_changed() -> None:
    async with asking(GONE) as (tcs, _):
        with pytest.raises(TcsNotFoundError):
            await tcs.patch_absence(9, {"amendedDate": "2020-01-16T21:58:58.15"})


async def test_events_are_appended_and_false_says_that_the_record_is_gone() -> None:
    exported = {
        "exportedAt": datetime.fromisoformat("2021-05-06T09:08:38"),
        "filename": "F",
        "positionNumber": 1,
        "positionId": 2,
    }
    changed = {
        "eventDateTime": "2022-04-04T11:21:00",
        "positionNumber": 1,
        "positionId": 2,
        "status": "DELETED",
    }
    nested = Reply({"id": 1, "placement": {"id": 5, "post": {"id": 7, "placementHistory": None}}})
    async with asking(nested, Reply({"postId": None}), GONE) as (tcs, script):
        assert await tcs.post_esr_exported(5, exported) is True
        assert await tcs.post_esr_changed(7, changed) is True
        assert await tcs.post_esr_exported(6, exported) is False
        assert await tcs.post_esr_changed(8, changed) is False

    assert [(r.method, r.path) for r in script.requests] == [
        ("POST", "/tcs/api/placements/5/esr-exported"),
        ("POST", "/tcs/api/posts/7/esr-changed"),
        ("POST", "/tcs/api/placements/6/esr-exported"),
        ("POST", "/tcs/api/posts/8/esr-changed"),
    ]
    assert script.requests[0].body["exportedAt"] == "2021-05-06T09:08:38"


async def test_calls_are_counted_by_endpoint_and_outcome() -> None:
    async with asking(Reply({"id": 1}), GONE, Reply(status=503), Reply({"id": 2})) as (tcs, _):
        await tcs.post(1)
        await tcs.post(2)
        await tcs.post(3)

    assert tcs.stats == {
        Counted("GET", "/api/posts/{id}", "ok"): 2,
        Counted("GET", "/api/posts/{id}", "not_found"): 1,
        Counted("GET", "/api/posts/{id}", "repeated"): 1,
    }
